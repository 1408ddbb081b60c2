//! One peer's side of one transaction, on `fabric-ledger`'s simulator.

use std::{cell::RefCell, collections::BTreeMap, convert::Infallible};

use bytes::Bytes;
use fabric_ledger::{
    simulate::{RangeId, RangePage, SimulateError, Simulator},
    state::MemoryState,
};

use super::{CHANNEL, Ledger, endorser};
use crate::peer::{
    HistoryPage, Invocation, KeyValue, PageRequest, Peer, PeerError, QueryPage, Response, Write,
};

/// Rows of one batch, as a peer sends them.
const BATCH_ROWS: usize = 100;

/// A peer that answers the chaincode which is last in `stack`; those before it called it.
pub(super) struct SimulatedPeer<'a, 's> {
    ledger: &'s Ledger,
    simulator: &'a RefCell<Simulator<'s, MemoryState>>,
    invocation: &'a Invocation,
    stack: Vec<&'s str>,
    ranges: Vec<RangeId>,
}

impl<'a, 's> SimulatedPeer<'a, 's> {
    pub(super) fn new(
        ledger: &'s Ledger,
        simulator: &'a RefCell<Simulator<'s, MemoryState>>,
        invocation: &'a Invocation,
        stack: Vec<&'s str>,
    ) -> Self {
        Self {
            ledger,
            simulator,
            invocation,
            stack,
            ranges: Vec::new(),
        }
    }

    fn namespace(&self) -> &'s str {
        self.stack.last().copied().unwrap_or_default()
    }

    fn next_batch(&mut self, index: usize) -> Result<QueryPage, PeerError> {
        let range = self
            .ranges
            .get(index)
            .ok_or_else(|| refused("the query is not open"))?;
        let page = self
            .simulator
            .borrow_mut()
            .next_page(*range, BATCH_ROWS)
            .map_err(PeerError::from)?;
        let RangePage { results, has_more } = page;
        Ok(QueryPage {
            id: index.to_string(),
            items: rows(results),
            has_more,
            ..Default::default()
        })
    }

    fn write(&mut self, write: Write) -> Result<(), PeerError> {
        let namespace = self.namespace();
        let mut simulator = self.simulator.borrow_mut();
        match write {
            Write::Put {
                collection,
                key,
                value,
            } if collection.is_empty() => simulator.put(namespace, &key, value),
            Write::Put {
                collection,
                key,
                value,
            } => simulator.put_private(namespace, &collection, &key, value),
            Write::Delete { collection, key } if collection.is_empty() => {
                simulator.delete(namespace, &key)
            }
            Write::Delete { collection, key } => {
                simulator.delete_private(namespace, &collection, &key)
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
                match collection.is_empty() {
                    true => simulator.put_metadata(namespace, &key, entries),
                    false => simulator.put_private_metadata(namespace, &collection, &key, entries),
                }
            }
        }
        .map_err(PeerError::from)
    }
}

impl Peer for SimulatedPeer<'_, '_> {
    fn get(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        let namespace = self.namespace();
        let mut simulator = self.simulator.borrow_mut();
        let mut read = |key: &String| match collection.is_empty() {
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
        let mut simulator = self.simulator.borrow_mut();
        let keys = keys.iter().map(String::as_str);
        let values = simulator.get_private_multiple(self.namespace(), collection, keys);
        Ok(values
            .map_err(PeerError::from)?
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
        if !collection.is_empty() {
            return Err(refused("ranges of private collections are not simulated"));
        }
        let Some(page) = page else {
            let range = self
                .simulator
                .borrow_mut()
                .open_range(self.namespace(), start, end);
            self.ranges.push(range);
            return self.next_batch(self.ranges.len() - 1);
        };
        let start = if page.bookmark.is_empty() {
            start
        } else {
            &page.bookmark
        };
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let mut simulator = self.simulator.borrow_mut();
        let (results, bookmark) = simulator
            .bookmarked_page(self.namespace(), start, end, size)
            .map_err(PeerError::from)?;
        Ok(QueryPage {
            items: rows(results),
            bookmark,
            ..QueryPage::default()
        })
    }

    fn query(&mut self, _: &str, _: &str, _: Option<PageRequest>) -> Result<QueryPage, PeerError> {
        Err(refused("ExecuteQuery not supported for leveldb"))
    }

    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        let index = id.parse().map_err(|_| refused("the query is not open"))?;
        self.next_batch(index)
    }

    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        let key = (self.namespace().to_owned(), key.to_owned());
        let items = self.ledger.history.get(&key).cloned().unwrap_or_default();
        Ok(HistoryPage {
            items,
            ..HistoryPage::default()
        })
    }

    fn history_next(&mut self, _: &str) -> Result<HistoryPage, PeerError> {
        Err(refused("the query is not open"))
    }

    fn query_close(&mut self, _: &str) -> Result<(), PeerError> {
        Ok(())
    }

    fn private_hash(&mut self, collection: &str, key: &str) -> Result<Option<Vec<u8>>, PeerError> {
        let mut simulator = self.simulator.borrow_mut();
        let hash = simulator.get_private_hash(self.namespace(), collection, key);
        hash.map(|hash| hash.map(|hash| hash.to_vec()))
            .map_err(PeerError::from)
    }

    fn metadata(
        &mut self,
        collection: &str,
        key: &str,
    ) -> Result<BTreeMap<String, Vec<u8>>, PeerError> {
        let mut simulator = self.simulator.borrow_mut();
        let metadata = match collection.is_empty() {
            true => simulator.metadata(self.namespace(), key),
            false => simulator.private_metadata(self.namespace(), collection, key),
        };
        let entries = metadata.map_err(PeerError::from)?.into_iter();
        Ok(entries
            .map(|(name, value)| (name, value.to_vec()))
            .collect())
    }

    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        args: &[Vec<u8>],
    ) -> Result<Response, PeerError> {
        if !(channel.is_empty() || channel == CHANNEL) {
            return Err(refused(format!("there is no channel {channel}")));
        }
        if self.stack.contains(&name) {
            return Err(refused(format!(
                "txid {} exists",
                self.invocation.transaction_id
            )));
        }
        let Some((name, chaincode)) = self.ledger.chaincodes.get_key_value(name) else {
            return Err(refused(format!("there is no chaincode {name}")));
        };
        let invocation = Invocation {
            args: args.to_vec(),
            ..self.invocation.clone()
        };
        let mut stack = self.stack.clone();
        stack.push(name);
        let mut peer = SimulatedPeer::new(self.ledger, self.simulator, &invocation, stack);
        let response = endorser::guarded(&**chaincode, &invocation, &mut peer);
        Ok(Response {
            event: None,
            ..response
        })
    }

    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError> {
        writes.into_iter().try_for_each(|write| self.write(write))
    }
}

fn rows(results: Vec<fabric_ledger::simulate::KeyValue>) -> Vec<KeyValue> {
    let row = |row: fabric_ledger::simulate::KeyValue| KeyValue {
        key: row.key,
        value: row.value.to_vec(),
    };
    results.into_iter().map(row).collect()
}

fn refused(message: impl Into<String>) -> PeerError {
    PeerError::Refused {
        message: message.into(),
    }
}

impl From<SimulateError<Infallible>> for PeerError {
    fn from(error: SimulateError<Infallible>) -> Self {
        refused(error.to_string())
    }
}
