//! A peer that answers by script, keeps what it was asked, and counts the calls that are open.

mod server;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fabric_gateway_sdk::{Endpoint, Gateway, Identity, Network};
use fabric_protos::{common, gateway, orderer, peer};
use prost::Message;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tonic::{Code, Status};

use crate::sample;

pub(crate) const EVALUATE: &str = "/gateway.Gateway/Evaluate";
pub(crate) const ENDORSE: &str = "/gateway.Gateway/Endorse";
pub(crate) const SUBMIT: &str = "/gateway.Gateway/Submit";
pub(crate) const COMMIT_STATUS: &str = "/gateway.Gateway/CommitStatus";
pub(crate) const CHAINCODE_EVENTS: &str = "/gateway.Gateway/ChaincodeEvents";
pub(crate) const PROCESS_PROPOSAL: &str = "/protos.Endorser/ProcessProposal";
pub(crate) const DELIVER: &str = "/protos.Deliver/Deliver";
pub(crate) const DELIVER_FILTERED: &str = "/protos.Deliver/DeliverFiltered";

/// Long enough for a loaded machine; reached only by a failing test.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A mock peer that listens until it is dropped. It has a runtime of its own, so that its end
/// breaks its connections.
pub(crate) struct Mock {
    address: SocketAddr,
    script: Arc<Script>,
    runtime: Option<Runtime>,
}

/// What a mock peer has been told and asked.
pub(crate) struct Script {
    answers: Mutex<HashMap<&'static str, VecDeque<Answer>>>,
    calls: Mutex<Vec<Call>>,
    chain: Vec<Bytes>,
    open: watch::Sender<usize>,
}

/// A call as the mock peer saw it.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) message: Bytes,
    pub(crate) limit: Option<String>,
}

/// What the mock peer does with a call.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Sends these messages.
    Send(Vec<Bytes>, End),
    /// Sends so many blocks of its chain from where the request begins.
    Serve(usize, End),
}

/// How a call ends.
#[derive(Clone)]
pub(crate) enum End {
    Well,
    With(Status),
    Never,
}

impl Answer {
    pub(crate) fn message(message: &impl Message) -> Self {
        Self::Send(vec![message.encode_to_vec().into()], End::Well)
    }

    pub(crate) fn status(code: Code, message: &str) -> Self {
        Self::Send(Vec::new(), End::With(Status::new(code, message)))
    }

    pub(crate) fn never() -> Self {
        Self::Send(Vec::new(), End::Never)
    }

    /// The verdict on a transaction.
    pub(crate) fn verdict(code: i32) -> Self {
        Self::message(&gateway::CommitStatusResponse {
            result: code,
            block_number: 7,
        })
    }
}

impl Mock {
    pub(crate) async fn start() -> Self {
        Self::with_chain(&[]).await
    }

    /// A mock peer with these blocks.
    pub(crate) async fn with_chain(chain: &[common::Block]) -> Self {
        let script = Arc::new(Script {
            answers: Mutex::default(),
            calls: Mutex::default(),
            chain: chain
                .iter()
                .map(|block| block.encode_to_vec().into())
                .collect(),
            open: watch::Sender::new(0),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let address = runtime
            .spawn(server::serve(Arc::clone(&script)))
            .await
            .unwrap();
        Self {
            address,
            script,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::tls(self.url(), sample::organization().tls_authority_pem()).unwrap()
    }

    pub(crate) fn gateway(&self, identity: impl Into<Identity>) -> Gateway {
        Gateway::builder(identity)
            .endpoint(self.endpoint())
            .connect_lazy()
            .unwrap()
    }

    pub(crate) fn network(&self) -> Network {
        self.gateway(sample::user()).network(sample::CHANNEL)
    }

    /// Queues what to do with the next call of a method; without it, calls go well.
    pub(crate) fn then(&self, method: &'static str, answer: Answer) {
        self.script
            .answers
            .lock()
            .unwrap()
            .entry(method)
            .or_default()
            .push_back(answer);
    }

    /// The calls of a method so far.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        let calls = self.script.calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| call.method == method)
            .cloned()
            .collect()
    }

    /// The messages of a method's calls so far.
    pub(crate) fn requests<M: Message + Default>(&self, method: &str) -> Vec<M> {
        self.calls(method)
            .iter()
            .map(|call| M::decode(call.message.clone()).unwrap())
            .collect()
    }

    /// The first blocks that the calls of a stream's method asked for.
    pub(crate) fn starts(&self, method: &str) -> Vec<u64> {
        let seeks = self
            .requests::<common::Envelope>(method)
            .into_iter()
            .map(|envelope| seek(&envelope).0);
        seeks.flatten().collect()
    }

    /// Waits until so many calls are open.
    pub(crate) async fn wait_for_open_calls(&self, count: usize) {
        let mut open = self.script.open.subscribe();
        let reached = tokio::time::timeout(DEADLINE, open.wait_for(|open| *open == count)).await;
        assert!(
            reached.is_ok(),
            "{} calls are open, {count} were awaited",
            *self.script.open.borrow()
        );
    }

    /// Stops listening and breaks all connections.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Script {
    /// What to do with a call: as told, or else well.
    fn answer(&self, method: &str, message: &Bytes, limit: Option<String>) -> (Vec<Bytes>, End) {
        let call = Call {
            method: method.to_owned(),
            message: message.clone(),
            limit,
        };
        self.calls.lock().unwrap().push(call);
        let told = self
            .answers
            .lock()
            .unwrap()
            .get_mut(method)
            .and_then(VecDeque::pop_front);
        match told.unwrap_or_else(|| usual(method, message)) {
            Answer::Send(messages, end) => (messages, end),
            Answer::Serve(count, end) => self.serve(method, message, count, end),
        }
    }

    fn serve(&self, method: &str, message: &Bytes, count: usize, end: End) -> (Vec<Bytes>, End) {
        let (start, stop) = seek(&common::Envelope::decode(message.clone()).unwrap());
        let newest = self.chain.len().saturating_sub(1) as u64;
        let (start, stop) = (start.unwrap_or(newest), stop.unwrap_or(newest));
        let due = self
            .chain
            .iter()
            .skip_while(|block| number(block) < start)
            .take_while(|block| number(block) <= stop);
        let messages: Vec<Bytes> = due
            .take(count)
            .map(|block| delivered(method, block))
            .collect();
        (messages, end)
    }
}

fn usual(method: &str, message: &Bytes) -> Answer {
    match method {
        EVALUATE => Answer::message(&gateway::EvaluateResponse {
            result: Some(peer::Response {
                status: 200,
                payload: sample::RESULT.into(),
                ..Default::default()
            }),
        }),
        ENDORSE => Answer::message(&sample::endorsed(
            &gateway::EndorseRequest::decode(message.clone()).unwrap(),
        )),
        SUBMIT => Answer::message(&gateway::SubmitResponse {}),
        COMMIT_STATUS => Answer::verdict(0),
        CHAINCODE_EVENTS => Answer::never(),
        _ => Answer::Serve(usize::MAX, End::Never),
    }
}

/// First and last block of a request; `None` stands for the newest.
fn seek(envelope: &common::Envelope) -> (Option<u64>, Option<u64>) {
    let payload = common::Payload::decode(envelope.payload.clone()).unwrap();
    let seek = orderer::SeekInfo::decode(payload.data).unwrap();
    let number = |position: Option<orderer::SeekPosition>| match position
        .and_then(|position| position.r#type)
    {
        Some(orderer::seek_position::Type::Specified(specified)) => Some(specified.number),
        _ => None,
    };
    (number(seek.start), number(seek.stop))
}

fn number(block: &Bytes) -> u64 {
    common::Block::decode(block.clone())
        .unwrap()
        .header
        .unwrap()
        .number
}

fn delivered(method: &str, block: &Bytes) -> Bytes {
    let block = common::Block::decode(block.clone()).unwrap();
    let kind = match method {
        DELIVER_FILTERED => peer::deliver_response::Type::FilteredBlock(sample::filtered(&block)),
        _ => peer::deliver_response::Type::Block(block),
    };
    peer::DeliverResponse { r#type: Some(kind) }
        .encode_to_vec()
        .into()
}
