//! One peer's side of one transaction, on `fabric-ledger`'s simulator.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    convert::Infallible,
};

use bytes::Bytes;
use fabric_ledger::{
    simulate::{SimulateError, Simulator},
    state::MemoryState,
    validate::Party,
};

use super::{CHANNEL, Ledger, endorser, node::Node, reads::Open};
use crate::peer::{
    HistoryPage, Invocation, PageRequest, Peer, PeerError, QueryPage, Response, Write,
};

/// Keys or writes in one request, where a peer takes several.
const BATCH_MAX: usize = 1_000;

/// Where a transaction runs: the peer, and for whom.
pub(super) struct Scene<'l> {
    pub(super) ledger: &'l Ledger,
    pub(super) node: &'l Node,
    pub(super) client: Party,
    /// Requests of the chaincode that was called first.
    pub(super) requests: Cell<usize>,
}

pub(super) type Simulation<'l> = RefCell<Simulator<'l, MemoryState>>;

/// A peer that answers the chaincode which is last in `stack`; those before it called it.
pub(super) struct SimulatedPeer<'a, 'l> {
    pub(super) scene: &'a Scene<'l>,
    pub(super) simulator: &'a Simulation<'l>,
    invocation: &'a Invocation,
    stack: Vec<&'l str>,
    pub(super) open: Vec<Open>,
    /// Whether the read-write set shows that the chaincode's definition was read.
    definition_read: bool,
}

impl<'a, 'l> SimulatedPeer<'a, 'l> {
    pub(super) fn new(
        scene: &'a Scene<'l>,
        simulator: &'a Simulation<'l>,
        invocation: &'a Invocation,
        stack: Vec<&'l str>,
    ) -> Self {
        Self {
            scene,
            simulator,
            invocation,
            stack,
            open: Vec::new(),
            definition_read: false,
        }
    }

    pub(super) fn namespace(&self) -> &'l str {
        self.stack.last().copied().unwrap_or_default()
    }

    /// Counts requests of the chaincode under test.
    pub(super) fn ask(&self, requests: usize) {
        if self.stack.len() == 1 {
            let counted = &self.scene.requests;
            counted.set(counted.get() + requests);
        }
    }

    /// Requests for so many keys or writes.
    fn batches(&self, entries: usize) -> usize {
        match self.scene.ledger.batching {
            true => entries.div_ceil(BATCH_MAX),
            false => entries,
        }
    }

    /// Whether the client may use a collection, which a peer looks up in the definition.
    pub(super) fn check(&mut self, what: Use, collection: &str) -> Result<(), PeerError> {
        let name = self.namespace();
        if !self.definition_read {
            self.definition_read = true;
            let mut simulator = self.simulator.borrow_mut();
            for key in fabric_ledger::lifecycle::definition_keys(name) {
                simulator.get(fabric_ledger::lifecycle::NAMESPACE, &key)?;
            }
        }
        let installed = self.scene.ledger.installed.get(name);
        let access = installed
            .and_then(|installed| installed.definition.access(collection, &self.scene.client))
            .ok_or_else(|| {
                refused(format!(
                    "collection {CHANNEL}/{name}/{collection} could not be found (name it in \
                     Ledger::with_collection)"
                ))
            })?;
        let (what, allowed) = match what {
            Use::Read => ("read", access.read),
            Use::Write => ("write", access.write),
            Use::Hash => return Ok(()),
        };
        allowed.then_some(()).ok_or_else(|| {
            refused(format!(
                "tx creator does not have {what} access permission on privatedata in \
                 chaincodeName:{name} collectionName: {collection}"
            ))
        })
    }

    fn write(&mut self, write: Write) -> Result<(), PeerError> {
        let (Write::Put { collection, .. }
        | Write::Delete { collection, .. }
        | Write::Purge { collection, .. }
        | Write::PutMetadata { collection, .. }) = &write;
        let is_public = collection.is_empty();
        if !is_public {
            self.check(Use::Write, &collection.clone())?;
        }
        let namespace = self.namespace();
        let mut simulator = self.simulator.borrow_mut();
        Ok(match write {
            Write::Put { key, value, .. } if is_public => simulator.put(namespace, &key, value),
            Write::Put {
                collection,
                key,
                value,
            } => simulator.put_private(namespace, &collection, &key, value),
            Write::Delete { key, .. } if is_public => simulator.delete(namespace, &key),
            Write::Delete { collection, key } => {
                simulator.delete_private(namespace, &collection, &key)
            }
            Write::Purge { .. } if is_public => {
                return Err(refused("only applicable for private data"));
            }
            Write::Purge { collection, key } => {
                simulator.purge_private(namespace, &collection, &key)
            }
            Write::PutMetadata {
                collection,
                key,
                name,
                value,
            } => {
                let entries = BTreeMap::from([(name, Bytes::from(value))]);
                match is_public {
                    true => simulator.put_metadata(namespace, &key, entries),
                    false => simulator.put_private_metadata(namespace, &collection, &key, entries),
                }
            }
        }?)
    }

    /// Runs chaincode of another channel, of which nothing is recorded.
    fn call_elsewhere(
        &self,
        channel: &str,
        name: &str,
        invocation: &Invocation,
    ) -> Result<Response, PeerError> {
        let ledger = self.scene.ledger.channels.get(channel);
        let ledger = ledger.ok_or_else(|| refused(format!("there is no channel {channel}")))?;
        let own = ledger.nodes.get(&self.scene.node.msp_id);
        let node = own.ok_or_else(|| {
            let msp_id = &self.scene.node.msp_id;
            refused(format!("the peer of {msp_id} is not on channel {channel}"))
        })?;
        let scene = Scene {
            ledger,
            node,
            client: self.scene.client.clone(),
            requests: Cell::new(0),
        };
        Ok(endorser::simulate(&scene, name, invocation).0)
    }
}

/// What a chaincode wants with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
    Hash,
}

impl Peer for SimulatedPeer<'_, '_> {
    fn get(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let is_public = collection.is_empty();
        self.ask(match is_public {
            true => self.batches(keys.len()),
            false => keys.len(),
        });
        if !is_public && !keys.is_empty() {
            self.check(Use::Read, collection)?;
        }
        let namespace = self.namespace();
        let mut simulator = self.simulator.borrow_mut();
        let mut read = |key: &String| match is_public {
            true => simulator.get(namespace, key),
            false => simulator.get_private(namespace, collection, key),
        };
        let values = keys
            .iter()
            .map(|key| Ok(read(key)?.map(|value| value.to_vec())));
        values.collect()
    }

    fn get_private_unchecked(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        if !self.scene.ledger.batching {
            return self.get(collection, keys);
        }
        self.ask(self.batches(keys.len()));
        self.check(Use::Read, collection)?;
        let mut simulator = self.simulator.borrow_mut();
        let keys = keys.iter().map(String::as_str);
        let values = simulator.get_private_multiple(self.namespace(), collection, keys)?;
        Ok(values
            .into_iter()
            .map(|value| value.map(|value| value.to_vec()))
            .collect())
    }

    fn range(
        &mut self,
        collection: &str,
        start: &str,
        end: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.open_range(collection, [start, end], page)
    }

    fn query(
        &mut self,
        collection: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.open_query(collection, query, page)
    }

    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        self.next_rows(id)
    }

    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        self.open_history(key)
    }

    fn history_next(&mut self, id: &str) -> Result<HistoryPage, PeerError> {
        self.next_changes(id)
    }

    fn query_close(&mut self, _: &str) -> Result<(), PeerError> {
        self.ask(1);
        Ok(())
    }

    fn private_hash(&mut self, collection: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError> {
        self.ask(1);
        self.check(Use::Hash, collection)?;
        let mut simulator = self.simulator.borrow_mut();
        let hash = simulator.get_private_hash(self.namespace(), collection, key)?;
        Ok(hash.map(|hash| hash.to_vec()))
    }

    fn metadata(
        &mut self,
        collection: &str,
        key: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, PeerError> {
        self.ask(1);
        if !collection.is_empty() {
            self.check(Use::Read, collection)?;
        }
        let mut simulator = self.simulator.borrow_mut();
        let metadata = match collection.is_empty() {
            true => simulator.metadata(self.namespace(), key)?,
            false => simulator.private_metadata(self.namespace(), collection, key)?,
        };
        Ok(metadata
            .into_iter()
            .map(|(name, value)| (name, value.to_vec()))
            .collect())
    }

    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, PeerError> {
        self.ask(1);
        let invocation = Invocation {
            args: args.to_vec(),
            ..self.invocation.clone()
        };
        if !(channel.is_empty() || channel == CHANNEL) {
            return self.call_elsewhere(channel, name, &invocation);
        }
        if self.stack.contains(&name) {
            let id = &self.invocation.transaction_id;
            return Err(refused(format!("txid: {id}({CHANNEL}) exists")));
        }
        let Some((name, called)) = self.scene.ledger.installed.get_key_value(name) else {
            return Err(refused(format!("there is no chaincode {name}")));
        };
        endorser::look_up(self.simulator, name);
        let mut stack = self.stack.clone();
        stack.push(name);
        let mut peer = SimulatedPeer::new(self.scene, self.simulator, &invocation, stack);
        let response = endorser::guarded(&*called.chaincode, &invocation, &mut peer);
        Ok(Response {
            event: None,
            ..response
        })
    }

    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError> {
        self.ask(self.batches(writes.len()));
        writes.into_iter().try_for_each(|write| self.write(write))
    }
}

pub(super) fn refused(message: impl Into<String>) -> PeerError {
    PeerError::Refused {
        message: message.into(),
    }
}

impl From<SimulateError<Infallible>> for PeerError {
    fn from(error: SimulateError<Infallible>) -> Self {
        refused(error.to_string())
    }
}
