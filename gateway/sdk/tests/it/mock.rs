//! A peer that answers by script, keeps what it was asked, and counts the calls that are open.

mod flaky;
mod server;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fabric_gateway_sdk::{Endpoint, Gateway, Identity, Network};
use fabric_protos::{common, gateway, orderer, peer};
use futures::stream::{self, BoxStream, StreamExt as _};
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

pub(crate) const DELIVER_WITH_PRIVATE_DATA: &str = "/protos.Deliver/DeliverWithPrivateData";

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
    chain: watch::Sender<Vec<Bytes>>,
    commits_submitted: AtomicBool,
    forgets_messages: AtomicBool,
    flaky: Mutex<Option<flaky::Flaky>>,
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
            chain: watch::Sender::new(chain.iter().map(sample::encode).collect()),
            commits_submitted: AtomicBool::new(false),
            forgets_messages: AtomicBool::new(false),
            flaky: Mutex::default(),
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
            .commit_stream(false)
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

    /// Takes back what was queued for a method.
    pub(crate) fn forget_answers(&self, method: &str) {
        self.script.answers.lock().unwrap().remove(method);
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

    /// Adds a block with these transactions and verdicts.
    pub(crate) fn append(&self, transactions: &[(&str, u8)]) {
        self.script.append(transactions);
    }

    /// From now on each transaction that is submitted is in a block of its own at once.
    pub(crate) fn commit_submitted(&self) {
        self.script.commits_submitted.store(true, Ordering::Relaxed);
    }

    /// From now on only the methods of calls are kept, not their messages.
    pub(crate) fn forget_messages(&self) {
        self.script.forgets_messages.store(true, Ordering::Relaxed);
    }

    /// Calls that are open.
    pub(crate) fn open_calls(&self) -> usize {
        *self.script.open.borrow()
    }

    /// Waits until so many calls of a method have come.
    pub(crate) async fn wait_for_calls(&self, method: &str, count: usize) {
        let mut open = self.script.open.subscribe();
        let reached = async {
            while self.calls(method).len() < count {
                open.changed().await.unwrap();
            }
        };
        let reached = tokio::time::timeout(DEADLINE, reached).await;
        assert!(
            reached.is_ok(),
            "{} calls of {method}",
            self.calls(method).len()
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
    fn answer(
        &self,
        method: &str,
        message: &Bytes,
        limit: Option<String>,
    ) -> BoxStream<'static, Result<Bytes, Status>> {
        let call = Call {
            method: method.to_owned(),
            message: match self.forgets_messages.load(Ordering::Relaxed) {
                true => Bytes::new(),
                false => message.clone(),
            },
            limit,
        };
        self.calls.lock().unwrap().push(call);
        self.open.send_modify(|_| {});
        let told = self
            .answers
            .lock()
            .unwrap()
            .get_mut(method)
            .and_then(VecDeque::pop_front);
        if told.is_none() && method == SUBMIT && self.commits_submitted.load(Ordering::Relaxed) {
            let request = gateway::SubmitRequest::decode(message.clone()).unwrap();
            self.append(&[(&request.transaction_id, 0)]);
        }
        let told = told.or_else(|| self.flaky_answer(method, message));
        match told.unwrap_or_else(|| usual(method, message)) {
            Answer::Send(messages, end) => end.after(stream::iter(messages).boxed()),
            Answer::Serve(count, end) => self.serve(method, message, count, end),
        }
    }

    fn append(&self, transactions: &[(&str, u8)]) {
        let envelopes = transactions
            .iter()
            .map(|(id, _)| sample::envelope(id, None));
        let (envelopes, codes): (Vec<_>, Vec<_>) = envelopes
            .zip(transactions.iter().map(|(_, code)| *code))
            .unzip();
        self.chain.send_modify(|chain| {
            let block = sample::block(chain.len() as u64, envelopes, &codes);
            chain.push(sample::encode(&block));
        });
    }

    /// Blocks from where the request begins; those to come too, if the call never ends.
    fn serve(
        &self,
        method: &str,
        message: &Bytes,
        count: usize,
        end: End,
    ) -> BoxStream<'static, Result<Bytes, Status>> {
        let (start, stop) = seek(&common::Envelope::decode(message.clone()).unwrap());
        let follows = matches!(end, End::Never);
        let newest = self.chain.borrow().len().saturating_sub(1) as u64;
        let start = start.unwrap_or(newest);
        let stop = stop.unwrap_or(newest);
        let (method, chain) = (method.to_owned(), self.chain.subscribe());
        let blocks = stream::unfold((chain, start), move |(mut chain, next)| {
            let method = method.clone();
            async move {
                if next > stop {
                    return None;
                }
                let place = usize::try_from(next).ok()?;
                let has_next = |chain: &Vec<Bytes>| place < chain.len();
                if !has_next(&chain.borrow()) && !follows {
                    return None;
                }
                let block = chain.wait_for(has_next).await.ok()?[place].clone();
                Some((delivered(&method, &block), (chain, next + 1)))
            }
        });
        end.after(blocks.take(count).boxed())
    }
}

impl End {
    fn after(
        self,
        messages: BoxStream<'static, Bytes>,
    ) -> BoxStream<'static, Result<Bytes, Status>> {
        let messages = messages.map(Ok);
        match self {
            Self::Well => messages.boxed(),
            Self::With(status) => messages.chain(stream::iter([Err(status)])).boxed(),
            Self::Never => messages.chain(stream::pending()).boxed(),
        }
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

fn delivered(method: &str, block: &Bytes) -> Bytes {
    let block = common::Block::decode(block.clone()).unwrap();
    let kind = match method {
        DELIVER_FILTERED => peer::deliver_response::Type::FilteredBlock(sample::filtered(&block)),
        DELIVER_WITH_PRIVATE_DATA => {
            peer::deliver_response::Type::BlockAndPrivateData(sample::with_private_data(block))
        }
        _ => peer::deliver_response::Type::Block(block),
    };
    peer::DeliverResponse { r#type: Some(kind) }
        .encode_to_vec()
        .into()
}
