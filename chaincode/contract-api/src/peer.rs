//! The seam between a contract and whatever keeps the ledger: what a peer must answer.
//!
//! The shim implements [`Peer`] over a peer's stream, `testing::Ledger` over memory. Nothing here
//! knows of wire formats, threads or runtimes, and nothing here validates keys or values: the layer
//! above does so before a request leaves.

use std::collections::BTreeMap;

/// What chaincode is, to the process that serves it: one invocation in, one response out.
///
/// Implemented by every [`Contract`](crate::Contract) and by [`Contracts`](crate::Contracts).
/// An implementation calls [`Peer::flush`] itself, at most once, and only where it then returns a
/// status below [`Response::STATUS_ERROR`].
pub trait Chaincode: Send + Sync + 'static {
    /// Runs one invocation. May block on `peer`. A panic is the caller's matter: it is one failed
    /// transaction.
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response;
}

/// One transaction's view of the ledger, as a peer gives it.
///
/// A peer admits one request per transaction at a time, which `&mut self` states. Reads return the
/// state before the transaction: a peer does not show a transaction its own writes. Where a
/// `collection` is asked for, the empty string means the public state.
pub trait Peer {
    /// Reads the values of `keys`, in the order of `keys`; `None` is an absent key.
    /// One request where the peer offers it and the collection is public, else one per key.
    /// Private data that the peer should hold and does not is an error, not `None`.
    fn get(&mut self, collection: &str, keys: &[String])
    -> Result<Vec<Option<Vec<u8>>>, PeerError>;

    /// Reads several private values in one request where the peer offers it, else one per key.
    /// Unlike [`Peer::get`], a peer then does not check that what it holds is what the chain has a
    /// hash of: data that it misses reads as `None`, data that it holds an older version of reads
    /// as that, and a transaction that read either is invalid at commit.
    fn get_private_unchecked(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError>;

    /// Reads keys from `start` (inclusive) to `end` (exclusive); an empty `end` is open.
    /// `start` is sent as it is. With a `page` the peer refuses any write in the same transaction.
    fn range(
        &mut self,
        collection: &str,
        start: &str,
        end: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError>;

    /// Runs a rich query (CouchDB's selector language); `page` as in [`Peer::range`].
    fn query(
        &mut self,
        collection: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError>;

    /// Fetches the next batch of a range or rich query whose page said [`QueryPage::has_more`].
    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError>;

    /// Reads the committed changes of a key, newest first.
    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError>;

    /// Fetches the next batch of a history whose page said [`HistoryPage::has_more`].
    fn history_next(&mut self, id: &str) -> Result<HistoryPage, PeerError>;

    /// Gives up a range, query or history before its end. Not needed at a transaction's end.
    fn query_close(&mut self, id: &str) -> Result<(), PeerError>;

    /// Reads the hash of a private value; `None` where there is no such key.
    fn private_hash(&mut self, collection: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError>;

    /// Reads a key's metadata (`VALIDATION_PARAMETER` is its endorsement policy).
    fn metadata(
        &mut self,
        collection: &str,
        key: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, PeerError>;

    /// Calls another chaincode. An empty `channel` is the transaction's own. The callee's answer is
    /// a [`Response`] whatever its status; [`PeerError`] is for a call that got no answer.
    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, PeerError>;

    /// Sends all writes of the transaction, in the order given, and waits until the peer took them.
    /// Called at most once, as the last request. An implementation cuts batches as negotiated.
    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError>;
}

/// One change that a transaction makes. `collection` is empty for the public state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// Sets a value. It is never empty: a peer takes an empty value for a deletion.
    Put {
        /// Private collection, or empty.
        collection: String,
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
    },
    /// Removes a key.
    Delete {
        /// Private collection, or empty.
        collection: String,
        /// The key.
        key: String,
    },
    /// Removes a private key and its history.
    Purge {
        /// Private collection.
        collection: String,
        /// The key.
        key: String,
    },
    /// Sets one metadata entry of a key (`VALIDATION_PARAMETER` is its endorsement policy).
    PutMetadata {
        /// Private collection, or empty.
        collection: String,
        /// The key.
        key: String,
        /// The entry's name.
        name: String,
        /// The entry's value.
        value: Vec<u8>,
    },
}

/// A page of a paginated range or query: how many rows at most, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows wanted, at most.
    pub size: u32,
    /// [`QueryPage::bookmark`] of the page before; empty for the first page.
    pub bookmark: String,
}

/// A key with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValue {
    /// The key as stored: composite keys in their joined form.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// One batch of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryPage {
    /// The peer's name for the open query, for [`Peer::query_next`].
    pub id: String,
    /// The rows, in key order for ranges.
    pub items: Vec<KeyValue>,
    /// Whether [`Peer::query_next`] has more to give. Never true for a paginated request.
    pub has_more: bool,
    /// Where the next page begins, for a paginated request; empty at the end.
    pub bookmark: String,
}

/// One committed change of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyModification {
    /// The transaction that made it.
    pub transaction_id: String,
    /// The value written; empty for a deletion.
    pub value: Vec<u8>,
    /// The transaction's own timestamp.
    pub timestamp: Timestamp,
    /// Whether the key was deleted.
    pub is_delete: bool,
}

/// One batch of a key's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The peer's name for the open query, for [`Peer::history_next`].
    pub id: String,
    /// The changes, newest first.
    pub items: Vec<KeyModification>,
    /// Whether [`Peer::history_next`] has more to give.
    pub has_more: bool,
}

/// Why a peer did not answer a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The peer answered with an error of its own; the text is the peer's.
    #[error("the peer refused the request: {message}")]
    Refused {
        /// The peer's text.
        message: String,
    },
    /// The stream to the peer ended, or the transaction's time is up.
    #[error("the peer cannot be asked any more: {message}")]
    Gone {
        /// What happened.
        message: String,
    },
    /// The peer's answer makes no sense.
    #[error("the peer's answer cannot be read: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
}

/// A moment as Fabric writes it. It is the submitting client's clock, the same on every peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanoseconds: i32,
}

/// Who signed the proposal. Already checked by the peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creator {
    /// The organisation's MSP id.
    pub msp_id: String,
    /// The identity's bytes as in the proposal: an X.509 certificate in PEM.
    pub certificate_pem: Vec<u8>,
}

/// Which of the peer's two messages started the invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvocationKind {
    /// An ordinary transaction.
    #[default]
    Transaction,
    /// The first one of a chaincode whose definition asks for initialisation.
    Initialization,
}

/// What a peer tells about the transaction that it wants simulated.
///
/// Fill in what is known and take the rest from `Invocation::default()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The channel.
    pub channel: String,
    /// The transaction id: 64 hexadecimal digits.
    pub transaction_id: String,
    /// The proposal's timestamp.
    pub timestamp: Timestamp,
    /// Function name, then its arguments. Bytes of any kind.
    pub args: Vec<Vec<u8>>,
    /// Data that is not recorded in the transaction.
    pub transient: BTreeMap<String, Vec<u8>>,
    /// Who signed the proposal.
    pub creator: Creator,
    /// SHA-256 of nonce, creator and epoch: ties other signed data to this proposal.
    pub binding: Vec<u8>,
    /// What the peer's decorators added.
    pub decorations: BTreeMap<String, Vec<u8>>,
    /// What the creator signed. Every peer gives it; only an invocation made up for a test has none.
    pub signed_proposal: Option<SignedProposal>,
    /// Transaction or initialisation.
    pub kind: InvocationKind,
}

impl Invocation {
    /// The function's name and the other arguments, where all of them are text (Go's
    /// `GetFunctionAndParameters`); `None` where one is not UTF-8 or there is no function.
    pub fn function_and_parameters(&self) -> Option<(&str, Vec<&str>)> {
        let mut texts = self.args.iter().map(|arg| std::str::from_utf8(arg).ok());
        let function = texts.next()??;
        Some((function, texts.collect::<Option<_>>()?))
    }

    /// All arguments one after the other (Go's `GetArgsSlice`).
    pub fn args_joined(&self) -> Vec<u8> {
        self.args.concat()
    }

    /// Whether this is the very call that its creator signed, and not one that other chaincode
    /// makes in the course of it: a peer names the same creator for both.
    pub fn is_direct(&self) -> bool {
        self.signed_proposal
            .as_ref()
            .is_some_and(|signed| signed.args == self.args)
    }
}

/// What the creator of a transaction signed, as the peer received and checked it.
///
/// In a chaincode that other chaincode called, it is still the outermost call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedProposal {
    /// The encoded `protos.Proposal`.
    pub proposal: Vec<u8>,
    /// The creator's signature over [`SignedProposal::proposal`].
    pub signature: Vec<u8>,
    /// The creator as signed: an encoded `msp.SerializedIdentity`.
    pub creator: Vec<u8>,
    /// What makes the transaction id unique.
    pub nonce: Vec<u8>,
    /// Always 0 today; part of [`Invocation::binding`].
    pub epoch: u64,
    /// The name of the chaincode that the creator called.
    pub chaincode: String,
    /// The arguments that the creator signed: the function's name, then the others.
    pub args: Vec<Vec<u8>>,
}

/// What chaincode answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// As in HTTP: 200 is success, from 400 on the transaction is not endorsed.
    pub status: i32,
    /// Empty on success; on failure the JSON of a [`Failure`](crate::Failure).
    pub message: String,
    /// The result. A gateway drops it where the status says failure.
    pub payload: Vec<u8>,
    /// The one event of the transaction.
    pub event: Option<ChaincodeEvent>,
}

impl Response {
    /// The status of success.
    pub const STATUS_OK: i32 = 200;
    /// The lowest status that a peer does not endorse.
    pub const STATUS_ERROR: i32 = 400;

    /// Success with a result and without an event.
    pub fn ok(payload: Vec<u8>) -> Self {
        Self {
            status: Self::STATUS_OK,
            payload,
            ..Self::default()
        }
    }

    /// Failure with a text for the client.
    pub fn error(status: i32, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            ..Self::default()
        }
    }

    /// Whether a peer endorses it.
    pub fn is_ok(&self) -> bool {
        self.status < Self::STATUS_ERROR
    }
}

/// The one event that a transaction may carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChaincodeEvent {
    /// The name that clients filter by.
    pub name: String,
    /// The payload.
    pub payload: Vec<u8>,
}
