//! One transaction of the probe: its operations become messages, the peer's messages answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use fabric_protos::peer::{
    ChaincodeEvent, ChaincodeId, ChaincodeInput, ChaincodeMessage, ChaincodeProposalPayload,
    ChaincodeSpec, Proposal, Response, chaincode_message::Type,
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::data::Data;
use super::gates::Gates;
use super::request::{self, Kind};
use super::script::{Answer, Op};
use super::stream::{Outgoing, message};

/// Differs with every call, as no chaincode's result may.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// One transaction in the chaincode.
pub(super) struct Transaction {
    pub(super) call: ChaincodeMessage,
    pub(super) outgoing: Outgoing,
    pub(super) answers: mpsc::Receiver<ChaincodeMessage>,
    pub(super) gates: Arc<Gates>,
    pub(super) close: CancellationToken,
}

/// What the script has led to so far.
#[derive(Default)]
struct Progress {
    answers: Vec<Answer>,
    event: Option<ChaincodeEvent>,
    response: Option<(i32, String, Option<Data>)>,
    /// The peer's names of queries, and what their rows are.
    queries: Vec<(String, Kind)>,
}

/// What comes after an operation.
enum Then {
    Answer(Answer),
    /// No response.
    End,
}

impl Transaction {
    /// Runs the script and responds.
    pub(super) async fn run(mut self) {
        let input = ChaincodeInput::decode(self.call.payload.clone()).unwrap_or_default();
        let first = input.args.first().cloned().unwrap_or_default();
        let script: Vec<Op> = match serde_json::from_slice(&first) {
            Ok(script) => script,
            Err(error) => {
                let refusal = Response {
                    status: 500,
                    message: format!("the first argument is no script: {error}"),
                    ..Default::default()
                };
                return self.send(message(Type::Completed, &refusal)).await;
            }
        };
        let mut progress = Progress::default();
        for op in &script {
            match self.step(op, &input, &mut progress).await {
                Then::Answer(answer) => progress.answers.push(answer),
                Then::End => return,
            }
        }
        self.complete(progress).await;
    }

    async fn complete(&self, progress: Progress) {
        let answers = serde_json::to_vec(&progress.answers).unwrap_or_default();
        let (status, text, payload) = progress.response.unwrap_or((200, String::new(), None));
        let response = Response {
            status,
            message: text,
            payload: payload.map_or(answers, |Data(payload)| payload).into(),
        };
        let mut completed = message(Type::Completed, &response);
        completed.chaincode_event = progress.event;
        self.send(completed).await;
    }

    async fn step(&mut self, op: &Op, input: &ChaincodeInput, progress: &mut Progress) -> Then {
        Then::Answer(match op {
            Op::Event { name, payload } => {
                progress.event = Some(ChaincodeEvent {
                    event_name: name.clone(),
                    payload: payload.0.clone().into(),
                    ..Default::default()
                });
                Answer::Done
            }
            Op::Respond {
                status,
                message,
                payload,
            } => {
                progress.response = Some((*status, message.clone(), payload.clone()));
                Answer::Done
            }
            Op::Await(gate) => {
                self.gates.wait(gate).await;
                Answer::Done
            }
            Op::Tell { r#type, payload } => {
                self.send(raw(*r#type, payload)).await;
                Answer::Done
            }
            Op::Count => {
                let number = COUNTER.fetch_add(1, Ordering::Relaxed).to_string();
                Answer::Value(Data(number.into_bytes()))
            }
            Op::Transient(name) => Answer::Value(self.transient(name)),
            Op::Call => {
                let call = format!("{} arguments, init {}", input.args.len(), input.is_init);
                Answer::Value(Data(call.into_bytes()))
            }
            Op::CloseStream => {
                self.close.cancel();
                return Then::End;
            }
            Op::Silence => return Then::End,
            op => self.ask(op, progress).await,
        })
    }

    /// Sends a request and reads its answer.
    async fn ask(&mut self, op: &Op, progress: &mut Progress) -> Answer {
        let Some((request, kind)) = encode(op, &progress.queries) else {
            return Answer::Error(Data::from("not a request"));
        };
        self.send(request).await;
        let Some(answer) = self.answers.recv().await else {
            return Answer::Error(Data::from("no answer: the stream has ended"));
        };
        if answer.r#type() != Type::Response {
            return Answer::Error(Data(answer.payload.into()));
        }
        match request::read(kind, answer.payload) {
            Ok((answer, query)) => {
                let opened = !matches!(op, Op::Next(_) | Op::Close(_));
                progress
                    .queries
                    .extend(query.filter(|_| opened).map(|id| (id, kind)));
                answer
            }
            Err(error) => Answer::Error(Data(format!("undecodable answer: {error}").into_bytes())),
        }
    }

    fn transient(&self, name: &str) -> Data {
        let signed = self.call.proposal.clone().unwrap_or_default();
        let proposal = Proposal::decode(signed.proposal_bytes).unwrap_or_default();
        let payload = ChaincodeProposalPayload::decode(proposal.payload).unwrap_or_default();
        let value = payload.transient_map.get(name).cloned().unwrap_or_default();
        Data(value.into())
    }

    async fn send(&self, mut message: ChaincodeMessage) {
        message.txid.clone_from(&self.call.txid);
        message.channel_id.clone_from(&self.call.channel_id);
        // The stream may have ended meanwhile.
        let _ = self.outgoing.send(message).await;
    }
}

/// The message of an operation, and what its answer will be.
fn encode(op: &Op, queries: &[(String, Kind)]) -> Option<(ChaincodeMessage, Kind)> {
    let open = |number: &usize| queries.get(*number).cloned().unwrap_or_default();
    Some(match op {
        Op::Raw { r#type, payload } => (raw(*r#type, payload), Kind::Value),
        Op::Next(number) => {
            let (id, kind) = open(number);
            (request::next(id), kind)
        }
        Op::Close(number) => {
            let (id, kind) = open(number);
            (request::close(id), kind)
        }
        Op::Invoke {
            chaincode,
            channel,
            args,
        } => {
            let name = match channel.as_str() {
                "" => chaincode.clone(),
                channel => format!("{chaincode}/{channel}"),
            };
            let args = args.iter().map(|Data(arg)| Bytes::from(arg.clone()));
            let spec = ChaincodeSpec {
                chaincode_id: Some(ChaincodeId {
                    name,
                    ..Default::default()
                }),
                input: Some(ChaincodeInput {
                    args: args.collect(),
                    ..Default::default()
                }),
                ..Default::default()
            };
            (message(Type::InvokeChaincode, &spec), Kind::Called)
        }
        op => request::encode(op)?,
    })
}

fn raw(r#type: i32, payload: &Data) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type,
        payload: payload.0.clone().into(),
        ..Default::default()
    }
}
