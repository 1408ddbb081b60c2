//! The ledger as a contract's thread sees it: each call is a request on the stream, and its reply.
//!
//! Reads of private data are never combined: the peer's combined read skips a check of theirs and
//! gives missing data as absent.

use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Instant,
};

use bytes::Bytes;
use fabric_contract_api_rust::peer::{
    HistoryPage, PageRequest, Peer, PeerError, QueryPage, Response, Write,
};
use fabric_protos::peer::{
    GetHistoryForKey, GetQueryResult, GetState, GetStateByRange, GetStateMetadata,
    GetStateMultiple, GetStateMultipleResult, QueryStateClose, QueryStateNext, StateMetadataResult,
    chaincode_message::Type,
};
use prost::Message;

use crate::{
    budget::Overdrawn,
    calls,
    exchange::{Exchange, NotSent, Reply},
    handshake::Capabilities,
    message::{PAYLOAD_BYTES_MAX, TransactionKey},
    pages,
    runtime::Runtime,
    writes,
};

/// A transaction's peer, at the other end of the stream.
#[derive(Debug)]
pub(crate) struct StreamPeer {
    key: TransactionKey,
    exchange: Arc<Exchange>,
    replies: Receiver<Reply>,
    capabilities: Capabilities,
    deadline: Instant,
    runtime: Arc<Runtime>,
    spoiled: Cell<Option<Spoiled>>,
}

/// What makes an endorsement impossible, whatever the contract makes of the error that it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoiled {
    /// The peer may hold some of the writes and not others.
    Writes,
    /// There was no memory for it on this peer: another one may well endorse it.
    Memory,
}

impl StreamPeer {
    pub(crate) fn new(
        key: TransactionKey,
        exchange: Arc<Exchange>,
        replies: Receiver<Reply>,
        capabilities: Capabilities,
        deadline: Instant,
        runtime: Arc<Runtime>,
    ) -> Self {
        Self {
            key,
            exchange,
            replies,
            capabilities,
            deadline,
            runtime,
            spoiled: Cell::new(None),
        }
    }

    /// What the transaction cannot be endorsed for.
    pub(crate) fn spoiled(&self) -> Option<Spoiled> {
        self.spoiled.get()
    }

    /// Sends a request and waits for its reply, no longer than the transaction may take.
    fn ask(&self, kind: Type, request: &impl Message) -> Result<Bytes, PeerError> {
        self.ask_encoded(kind, request.encode_to_vec())
    }

    fn ask_encoded(&self, kind: Type, request: Vec<u8>) -> Result<Bytes, PeerError> {
        if request.len() > PAYLOAD_BYTES_MAX {
            return Err(PeerError::Refused {
                message: "the request is larger than the 100 MiB that a peer accepts".to_owned(),
            });
        }
        if Instant::now() >= self.deadline {
            return Err(overdue());
        }
        self.exchange
            .request(self.key.message(kind, request))
            .map_err(|reason| self.not_sent(reason))?;
        self.runtime.metrics.request(kind);
        let left = self.deadline.saturating_duration_since(Instant::now());
        let reply = self
            .replies
            .recv_timeout(left)
            .map_err(|missing| match missing {
                RecvTimeoutError::Timeout => overdue(),
                RecvTimeoutError::Disconnected => gone("the transaction or its stream has ended"),
            })?
            .map_err(|overdrawn| self.overdrawn(overdrawn))?;
        match reply.r#type() {
            Type::Response => Ok(reply.payload),
            _ => Err(PeerError::Refused {
                message: String::from_utf8_lossy(&reply.payload).into_owned(),
            }),
        }
    }

    fn not_sent(&self, reason: NotSent) -> PeerError {
        match reason {
            NotSent::Busy => gone("an earlier request of the transaction has no reply yet"),
            NotSent::Ended => gone("the transaction or its stream has ended"),
            NotSent::Overdrawn(overdrawn) => self.overdrawn(overdrawn),
        }
    }

    fn overdrawn(&self, overdrawn: Overdrawn) -> PeerError {
        if overdrawn == Overdrawn::Total {
            self.spoiled.set(Some(Spoiled::Memory));
        }
        PeerError::Refused {
            message: overdrawn.to_string(),
        }
    }

    fn get_one(&self, collection: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError> {
        let value = self.ask(Type::GetState, &get_state(collection, key))?;
        Ok(present(value))
    }

    /// Several keys of the public state, or of a collection, in one request.
    fn get_several(
        &self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let request = GetStateMultiple {
            keys: keys.to_vec(),
            collection: collection.to_owned(),
        };
        let reply: GetStateMultipleResult =
            decode(self.ask(Type::GetStateMultiple, &request)?, "values")?;
        if reply.values.len() != keys.len() {
            let (values, keys) = (reply.values.len(), keys.len());
            return Err(malformed(format!("{values} values for {keys} keys")));
        }
        Ok(reply.values.into_iter().map(present).collect())
    }
}

impl StreamPeer {
    fn get_chunks(
        &self,
        collection: &str,
        keys: &[String],
        keys_max: usize,
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let mut values = Vec::with_capacity(keys.len());
        for keys in keys.chunks(keys_max) {
            values.extend(self.get_several(collection, keys)?);
        }
        Ok(values)
    }
}

impl Peer for StreamPeer {
    fn get(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        match self.capabilities.get_multiple_max {
            Some(keys_max) if collection.is_empty() && keys.len() > 1 => {
                self.get_chunks(collection, keys, keys_max)
            }
            _ => keys
                .iter()
                .map(|key| self.get_one(collection, key))
                .collect(),
        }
    }

    fn get_private_unchecked(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        match self.capabilities.get_multiple_max {
            Some(keys_max) if !keys.is_empty() => self.get_chunks(collection, keys, keys_max),
            _ => self.get(collection, keys),
        }
    }

    fn range(
        &mut self,
        collection: &str,
        start: &str,
        end: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        let request = GetStateByRange {
            start_key: start.to_owned(),
            end_key: end.to_owned(),
            collection: collection.to_owned(),
            metadata: pages::metadata(page)?,
        };
        pages::query(self.ask(Type::GetStateByRange, &request)?)
    }

    fn query(
        &mut self,
        collection: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        let request = GetQueryResult {
            query: query.to_owned(),
            collection: collection.to_owned(),
            metadata: pages::metadata(page)?,
        };
        pages::query(self.ask(Type::GetQueryResult, &request)?)
    }

    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        pages::query(self.ask(Type::QueryStateNext, &QueryStateNext { id: id.to_owned() })?)
    }

    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        let request = GetHistoryForKey {
            key: key.to_owned(),
        };
        pages::history(self.ask(Type::GetHistoryForKey, &request)?)
    }

    fn history_next(&mut self, id: &str) -> Result<HistoryPage, PeerError> {
        pages::history(self.ask(Type::QueryStateNext, &QueryStateNext { id: id.to_owned() })?)
    }

    fn query_close(&mut self, id: &str) -> Result<(), PeerError> {
        self.ask(
            Type::QueryStateClose,
            &QueryStateClose { id: id.to_owned() },
        )
        .map(drop)
    }

    fn private_hash(&mut self, collection: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError> {
        self.ask(Type::GetPrivateDataHash, &get_state(collection, key))
            .map(present)
    }

    fn metadata(
        &mut self,
        collection: &str,
        key: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, PeerError> {
        let request = GetStateMetadata {
            key: key.to_owned(),
            collection: collection.to_owned(),
        };
        let reply: StateMetadataResult =
            decode(self.ask(Type::GetStateMetadata, &request)?, "metadata")?;
        Ok(reply
            .entries
            .into_iter()
            .map(|entry| (entry.metakey, entry.value.into()))
            .collect())
    }

    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, PeerError> {
        let request = calls::request(name, channel, args);
        calls::response(self.ask(Type::InvokeChaincode, &request)?)
    }

    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError> {
        let flushed = self.send_writes(writes);
        if flushed.is_err() && self.spoiled.get().is_none() {
            self.spoiled.set(Some(Spoiled::Writes));
        }
        flushed
    }
}

impl StreamPeer {
    fn send_writes(&self, writes: Vec<Write>) -> Result<(), PeerError> {
        writes.iter().try_for_each(writes::check)?;
        let Some(records_max) = self.capabilities.write_batch_max else {
            for write in writes {
                let (kind, request) = writes::single(write)?;
                self.ask_encoded(kind, request)?;
            }
            return Ok(());
        };
        let records = writes
            .into_iter()
            .map(writes::record)
            .collect::<Result<Vec<_>, _>>()?;
        for batch in writes::batches(records, records_max) {
            self.ask(Type::WriteBatchState, &batch)?;
        }
        Ok(())
    }
}

/// Decodes a reply's payload.
pub(crate) fn decode<M: Message + Default>(bytes: Bytes, what: &str) -> Result<M, PeerError> {
    M::decode(bytes).map_err(|error| malformed(format!("{what}: {error}")))
}

pub(crate) fn malformed(message: String) -> PeerError {
    PeerError::Malformed { message }
}

fn get_state(collection: &str, key: &str) -> GetState {
    GetState {
        key: key.to_owned(),
        collection: collection.to_owned(),
    }
}

/// A peer has no empty values: empty stands for absent.
fn present(value: Bytes) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.into())
}

fn gone(message: &str) -> PeerError {
    PeerError::Gone {
        message: message.to_owned(),
    }
}

fn overdue() -> PeerError {
    gone("the transaction's time is up")
}
