//! The peer's side of the stream: it dials, registers, sends transactions, answers from a map.
//!
//! It keeps Fabric's rules and notes every breach: a second request of a transaction in flight, a
//! batch that was not negotiated, a request after the end, a second terminal message.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use fabric_protos::{
    common::{ChannelHeader, Header, SignatureHeader},
    msp::SerializedIdentity,
    peer::{
        ChaincodeAdditionalParams, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec,
        ChaincodeMessage, ChaincodeProposalPayload, ChaincodeSpec, Proposal, Response,
        SignedProposal, chaincode_message::Type,
    },
};
use prost::Message;
use tokio::sync::{mpsc, oneshot, watch};
use tonic::{Status, Streaming};

use crate::{mock_ledger::MockLedger, raw_peer::RawPeer};

/// Longer than anything here takes, shorter than a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const CHANNEL: &str = "mychannel";

/// What READY offers.
pub(crate) const BATCHES: ChaincodeAdditionalParams = ChaincodeAdditionalParams {
    use_write_batch: true,
    max_size_write_batch: 1_000,
    use_get_multiple_keys: true,
    max_size_get_multiple_keys: 1_000,
};

/// A connected peer.
pub(crate) struct MockPeer {
    sender: mpsc::Sender<ChaincodeMessage>,
    shared: Arc<Shared>,
    reader: tokio::task::JoinHandle<Option<Status>>,
}

struct Shared {
    sender: mpsc::Sender<ChaincodeMessage>,
    offer: Option<ChaincodeAdditionalParams>,
    ledger: Mutex<MockLedger>,
    book: Mutex<Book>,
    /// Replies go out while this is true.
    open: watch::Sender<bool>,
    /// Counts requests, so that tests can wait for one.
    requests: watch::Sender<usize>,
}

#[derive(Default)]
struct Book {
    in_flight: HashSet<String>,
    waiting: HashMap<String, Vec<oneshot::Sender<ChaincodeMessage>>>,
    requests: Vec<(String, Type)>,
    breaches: Vec<String>,
}

impl MockPeer {
    /// Connects and finishes the handshake.
    pub(crate) async fn ready(
        address: SocketAddr,
        offer: Option<ChaincodeAdditionalParams>,
    ) -> Self {
        let mut raw = RawPeer::connect(address).await;
        let register = raw.next().await.unwrap().unwrap();
        assert_eq!(register.r#type(), Type::Register);
        let id = ChaincodeId::decode(register.payload).unwrap();
        assert_eq!(id.name, crate::server::ID);
        raw.send(message(Type::Registered, "", Vec::new())).await;
        let payload = offer.map(|offer| offer.encode_to_vec()).unwrap_or_default();
        raw.send(message(Type::Ready, "", payload)).await;
        Self::take_over(raw, offer)
    }

    fn take_over(raw: RawPeer, offer: Option<ChaincodeAdditionalParams>) -> Self {
        let shared = Arc::new(Shared {
            sender: raw.sender.clone(),
            offer,
            ledger: Mutex::default(),
            book: Mutex::default(),
            open: watch::Sender::new(true),
            requests: watch::Sender::new(0),
        });
        let reader = tokio::spawn(Arc::clone(&shared).read(raw.incoming));
        Self {
            sender: raw.sender,
            shared,
            reader,
        }
    }

    /// Sends a transaction; the answer comes later.
    pub(crate) async fn begin(
        &self,
        id: &str,
        args: &[&str],
    ) -> oneshot::Receiver<ChaincodeMessage> {
        self.begin_with(transaction(id, args)).await
    }

    pub(crate) async fn begin_with(
        &self,
        message: ChaincodeMessage,
    ) -> oneshot::Receiver<ChaincodeMessage> {
        let (sender, receiver) = oneshot::channel();
        let id = message.txid.clone();
        self.shared
            .book
            .lock()
            .unwrap()
            .waiting
            .entry(id)
            .or_default()
            .push(sender);
        self.send(message).await;
        receiver
    }

    /// Sends a transaction and waits for its terminal message.
    pub(crate) async fn run(&self, id: &str, args: &[&str]) -> ChaincodeMessage {
        terminal(self.begin(id, args).await).await
    }

    /// Sends a transaction, waits, and reads the contract's answer.
    pub(crate) async fn answer(&self, id: &str, args: &[&str]) -> Response {
        completed(&self.run(id, args).await)
    }

    pub(crate) async fn send(&self, message: ChaincodeMessage) {
        self.sender.send(message).await.unwrap();
    }

    /// Holds replies back, until `release`.
    pub(crate) fn hold(&self) {
        self.shared.open.send_replace(false);
    }

    pub(crate) fn release(&self) {
        self.shared.open.send_replace(true);
    }

    /// Waits until so many requests have come.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        let reached = requests.wait_for(|requests| *requests >= count);
        tokio::time::timeout(PATIENCE, reached)
            .await
            .expect("the requests never came")
            .unwrap();
    }

    pub(crate) fn ledger<T>(&self, act: impl FnOnce(&mut MockLedger) -> T) -> T {
        act(&mut self.shared.ledger.lock().unwrap())
    }

    /// The kinds of request that a transaction made.
    pub(crate) fn requests(&self, id: &str) -> Vec<Type> {
        let book = self.shared.book.lock().unwrap();
        book.requests
            .iter()
            .filter(|(of, _)| of == id)
            .map(|(_, kind)| *kind)
            .collect()
    }

    /// Every rule was kept.
    #[track_caller]
    pub(crate) fn assert_rules_kept(&self) {
        assert_eq!(
            self.shared.book.lock().unwrap().breaches,
            Vec::<String>::new()
        );
    }

    /// Waits for the other side to end the stream, this side still connected.
    pub(crate) async fn ended(self) -> Option<Status> {
        tokio::time::timeout(PATIENCE, self.reader)
            .await
            .expect("the stream never ended")
            .unwrap()
    }
}

impl Shared {
    async fn read(self: Arc<Self>, mut incoming: Streaming<ChaincodeMessage>) -> Option<Status> {
        loop {
            match incoming.message().await {
                Ok(Some(message)) => self.take(message),
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    }

    fn take(self: &Arc<Self>, message: ChaincodeMessage) {
        let mut book = self.book.lock().unwrap();
        match message.r#type() {
            Type::Completed | Type::Error => book.end(message),
            kind => {
                book.request(&message, kind, self.offer);
                drop(book);
                self.requests.send_modify(|requests| *requests += 1);
                tokio::spawn(Arc::clone(self).reply(message));
            }
        }
    }

    async fn reply(self: Arc<Self>, request: ChaincodeMessage) {
        let _ = self.open.subscribe().wait_for(|open| *open).await;
        let (kind, payload) = self.ledger.lock().unwrap().answer(&request);
        self.book.lock().unwrap().in_flight.remove(&request.txid);
        let _ = self
            .sender
            .send(message(kind, &request.txid, payload))
            .await;
    }
}

impl Book {
    fn request(
        &mut self,
        message: &ChaincodeMessage,
        kind: Type,
        offer: Option<ChaincodeAdditionalParams>,
    ) {
        let offer = offer.unwrap_or_default();
        let allowed = match kind {
            Type::WriteBatchState => offer.use_write_batch,
            Type::GetStateMultiple => offer.use_get_multiple_keys,
            _ => true,
        };
        if !allowed {
            self.breach(message, "was not negotiated");
        }
        if message.channel_id != CHANNEL {
            self.breach(message, "is on no channel of ours");
        }
        if !self.waiting.contains_key(&message.txid) {
            self.breach(message, "comes after the end");
        }
        if !self.in_flight.insert(message.txid.clone()) {
            self.breach(message, "is a second request in flight");
        }
        self.requests.push((message.txid.clone(), kind));
    }

    fn end(&mut self, message: ChaincodeMessage) {
        let Some(mut waiting) = self.waiting.remove(&message.txid) else {
            return self.breach(&message, "is a terminal message too many");
        };
        let id = message.txid.clone();
        if let Some(first) = waiting.pop() {
            let _ = first.send(message);
        }
        if !waiting.is_empty() {
            self.waiting.insert(id, waiting);
        }
    }

    fn breach(&mut self, message: &ChaincodeMessage, rule: &str) {
        self.breaches.push(format!(
            "{} of {} {rule}",
            message.r#type().as_str_name(),
            message.txid
        ));
    }
}

pub(crate) fn message(kind: Type, id: &str, payload: Vec<u8>) -> ChaincodeMessage {
    ChaincodeMessage {
        r#type: kind.into(),
        payload: payload.into(),
        txid: id.to_owned(),
        channel_id: CHANNEL.to_owned(),
        ..ChaincodeMessage::default()
    }
}

/// A TRANSACTION as a peer sends it, with a signed proposal.
pub(crate) fn transaction(id: &str, args: &[&str]) -> ChaincodeMessage {
    let args = args
        .iter()
        .map(|arg| arg.as_bytes().to_vec().into())
        .collect();
    let input = ChaincodeInput {
        args,
        ..ChaincodeInput::default()
    };
    ChaincodeMessage {
        proposal: Some(signed_proposal(id, &input)),
        ..message(Type::Transaction, id, input.encode_to_vec())
    }
}

fn signed_proposal(id: &str, input: &ChaincodeInput) -> SignedProposal {
    let creator = SerializedIdentity {
        mspid: "Org1MSP".into(),
        id_bytes: "a certificate".into(),
    };
    let channel_header = ChannelHeader {
        channel_id: CHANNEL.into(),
        tx_id: id.into(),
        timestamp: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 5,
        }),
        epoch: 3,
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader {
        creator: creator.encode_to_vec().into(),
        nonce: "a nonce".into(),
    };
    let header = Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    };
    let spec = ChaincodeSpec {
        chaincode_id: Some(ChaincodeId {
            name: "bonds".into(),
            ..ChaincodeId::default()
        }),
        input: Some(input.clone()),
        ..ChaincodeSpec::default()
    };
    let invocation = ChaincodeInvocationSpec {
        chaincode_spec: Some(spec),
    };
    let payload = ChaincodeProposalPayload {
        input: invocation.encode_to_vec().into(),
        transient_map: BTreeMap::from([("pin".into(), "1234".into())]),
    };
    let proposal = Proposal {
        header: header.encode_to_vec().into(),
        payload: payload.encode_to_vec().into(),
        ..Proposal::default()
    };
    SignedProposal {
        proposal_bytes: proposal.encode_to_vec().into(),
        signature: "signed".into(),
    }
}

pub(crate) async fn terminal(answer: oneshot::Receiver<ChaincodeMessage>) -> ChaincodeMessage {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .expect("no terminal message came")
        .unwrap()
}

/// The contract's answer in a COMPLETED message.
#[track_caller]
pub(crate) fn completed(message: &ChaincodeMessage) -> Response {
    let text = String::from_utf8_lossy(&message.payload);
    assert_eq!(message.r#type(), Type::Completed, "{text}");
    Response::decode(message.payload.clone()).unwrap()
}

/// The text of an ERROR message.
#[track_caller]
pub(crate) fn error_text(message: &ChaincodeMessage) -> String {
    assert_eq!(message.r#type(), Type::Error, "{message:?}");
    String::from_utf8(message.payload.to_vec()).unwrap()
}
