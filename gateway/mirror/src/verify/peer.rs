//! Holds the rows of each block against the block itself, as a peer gives it out.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::time::Duration;

use asset_store::{Block, Event, RecordedWrite, StateId, Transaction, WriteFact};
use bytes::Bytes;
use fabric_ledger::Version;
use fabric_ledger::state::{ExpiringKey, MemoryState, State, UpdateBatch, VersionedValue};
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::block::{ChainCheck, CheckedBlock};
use crate::facts::{self, metadata};
use crate::prior::expiries;
use crate::seal::numbered;
use crate::verify::chain::{BlockRows, write_key};
use crate::verify::finding::{Difference, Findings, Proof};
use crate::{BlockSource, MirrorError, SourceError};

/// A peer that has the block gives it at once; one that has not would never answer.
const BLOCK_WAIT: Duration = Duration::from_secs(30);

/// A peer's chain from block 0 on.
pub(crate) struct PeerChain {
    blocks: BoxStream<'static, Result<Bytes, SourceError>>,
    check: ChainCheck,
    number_next: u64,
    metadata: Metadata,
    channel: Option<String>,
    /// Its block 0 is not the mirror's: what follows has nothing to do with it.
    is_another: bool,
}

/// The metadata of the keys that have some, and the block that drops the key.
type Metadata = HashMap<StateId, (Bytes, Option<u64>)>;

impl PeerChain {
    pub(crate) fn new(source: &dyn BlockSource) -> Self {
        Self {
            blocks: source.blocks(0),
            check: ChainCheck::new(0, Vec::new()),
            number_next: 0,
            metadata: Metadata::new(),
            channel: None,
            is_another: false,
        }
    }

    /// The channel that the peer's block 0 names, once it was read.
    pub(crate) fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// Holds the rows of a block against the peer's block of this number.
    pub(crate) async fn compare(
        &mut self,
        rows: BlockRows<'_>,
        definitions: &MemoryState,
        findings: &mut Findings,
    ) -> Result<(), MirrorError> {
        while !self.is_another && self.number_next <= rows.block.number {
            let number = self.number_next;
            let next = tokio::time::timeout(BLOCK_WAIT, self.blocks.next()).await;
            let bytes = next.ok().flatten();
            let bytes = bytes.ok_or(MirrorError::PeerBehind { block: number })??;
            let block = self.check.check(bytes)?;
            self.number_next += 1;
            if number == 0 {
                self.channel = Some(block.channel().unwrap_or_default().to_owned());
                let header_hash = block.decoded.header_hash;
                self.is_another = rows.block.number == 0 && rows.block.header_hash != header_hash;
            }
            if number == rows.block.number {
                self.compare_block(&block, rows, definitions, findings);
            } else {
                let key = number.to_string();
                findings.add("block", key, Difference::Missing, Proof::Peer);
            }
        }
        Ok(())
    }

    fn compare_block(
        &mut self,
        block: &CheckedBlock,
        rows: BlockRows<'_>,
        definitions: &MemoryState,
        findings: &mut Findings,
    ) {
        let claimed = block.decoded.commit_hash.as_ref();
        let header = facts::header(block, claimed.map(|hash| hash.to_vec()));
        compare_header(&header, rows.block, findings);
        compare_transactions(&facts::transactions(block), rows, findings);
        compare_events(&facts::events(block), rows, findings);
        let recorded = by_key(rows.writes);
        let told = |index| Told {
            index,
            recorded: &recorded,
            metadata: &self.metadata,
            block: block.number(),
        };
        let (updates, writes) = facts::updates(block, told, definitions);
        compare_writes(&writes, &recorded, findings);
        self.keep_metadata(&updates);
    }

    fn keep_metadata(&mut self, updates: &UpdateBatch) {
        let expiries = expiries(&updates.expiring);
        for (namespace, updates) in &updates.namespaces {
            let public = updates.public.iter();
            let public = public.map(|(key, update)| ("", key.as_bytes(), update));
            let private = updates.collections.iter().flat_map(|(name, updates)| {
                let updates = updates.iter();
                updates.map(move |(key, update)| (name.as_str(), key.as_ref(), update))
            });
            for (collection, key, update) in public.chain(private) {
                let id = id(namespace, collection, key);
                let expires_in = expiries.get(&id).copied();
                match metadata(update) {
                    Some(_) => {
                        let kept = (update.metadata.clone(), expires_in);
                        self.metadata.insert(id, kept);
                    }
                    None => {
                        self.metadata.remove(&id);
                    }
                }
            }
        }
    }
}

fn id(namespace: &str, collection: &str, key: &[u8]) -> StateId {
    StateId {
        namespace: namespace.to_owned(),
        collection: collection.to_owned(),
        key: key.to_vec(),
    }
}

type ByKey<'r> = BTreeMap<(u32, &'r StateId), &'r RecordedWrite>;

fn by_key(writes: &[RecordedWrite]) -> ByKey<'_> {
    let writes = writes.iter();
    writes
        .map(|row| ((row.write.position.index, &row.write.id), row))
        .collect()
}

/// The state before one transaction of a block, as far as its writes depend on it.
///
/// Metadata is kept from the peer's blocks. A value matters only to a transaction that writes nothing
/// but metadata: it leaves the value that was there, so that its row has it, and the commit hash,
/// which is the peer's, covers that row. Where the key was absent there is no row.
struct Told<'r> {
    index: u32,
    recorded: &'r ByKey<'r>,
    metadata: &'r Metadata,
    block: u64,
}

impl Told<'_> {
    fn entry(&self, id: &StateId) -> Option<VersionedValue> {
        let row = self.recorded.get(&(self.index, id))?;
        let metadata = self.metadata.get(id).filter(|(_, expires_in)| {
            // The commit of that block drops the key; its transactions still see it.
            expires_in.is_none_or(|expires_in| self.block <= expires_in)
        });
        Some(VersionedValue {
            value: Bytes::copy_from_slice(row.write.value.as_deref().unwrap_or_default()),
            metadata: metadata.map_or_else(Bytes::new, |(metadata, _)| metadata.clone()),
            version: Version::new(0, 0),
        })
    }
}

impl State for Told<'_> {
    type Error = Infallible;

    fn get(&self, namespace: &str, key: &str) -> Result<Option<VersionedValue>, Infallible> {
        Ok(self.entry(&id(namespace, "", key.as_bytes())))
    }

    fn range(
        &self,
        _namespace: &str,
        _start: &str,
        _end: &str,
        _limit: usize,
    ) -> Result<Vec<(String, VersionedValue)>, Infallible> {
        Ok(Vec::new())
    }

    fn get_hashed(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Option<VersionedValue>, Infallible> {
        Ok(self.entry(&id(namespace, collection, key_hash)))
    }

    fn expiring(&self, _block_number: u64) -> Result<Vec<ExpiringKey>, Infallible> {
        Ok(Vec::new())
    }
}

fn compare_header(expected: &Block, found: &Block, findings: &mut Findings) {
    let row = || ("block", expected.number.to_string());
    let (one, other, by) = (expected, found, Proof::Peer);
    findings.compare(
        row(),
        "header_hash",
        &one.header_hash,
        &other.header_hash,
        by,
    );
    findings.compare(
        row(),
        "previous_hash",
        &one.previous_hash,
        &other.previous_hash,
        by,
    );
    findings.compare(row(), "data_hash", &one.data_hash, &other.data_hash, by);
    findings.compare(
        row(),
        "commit_hash",
        &one.commit_hash,
        &other.commit_hash,
        by,
    );
    let (count, claimed) = (&one.transaction_count, &other.transaction_count);
    findings.compare(row(), "transaction_count", count, claimed, by);
    findings.compare(row(), "size_bytes", &one.size_bytes, &other.size_bytes, by);
}

fn compare_transactions(expected: &[Transaction], rows: BlockRows<'_>, findings: &mut Findings) {
    let key = |row: &Transaction| format!("{}/{}", row.position.block, row.position.index);
    let found = rows.transactions.iter().map(|row| &row.transaction);
    let mut found: BTreeMap<_, _> = found.map(|row| (row.position.index, row)).collect();
    for one in expected {
        let Some(other) = found.remove(&one.position.index) else {
            findings.add("transaction", key(one), Difference::Missing, Proof::Peer);
            continue;
        };
        let (row, by) = (|| ("transaction", key(one)), Proof::Peer);
        let id = asset_store::storable(&one.transaction_id);
        findings.compare(row(), "transaction_id", &id, &other.transaction_id, by);
        findings.compare(row(), "kind", &one.kind, &other.kind, by);
        findings.compare(row(), "code", &one.code, &other.code, by);
        let chaincode = one.chaincode.as_deref().map(asset_store::storable);
        findings.compare(row(), "chaincode", &chaincode, &other.chaincode, by);
        let (time, claimed) = (&one.client_time_seconds, &other.client_time_seconds);
        findings.compare(row(), "client_time_seconds", time, claimed, by);
        let malformation = one.malformation.as_deref().map(asset_store::storable);
        findings.compare(
            row(),
            "malformation",
            &malformation,
            &other.malformation,
            by,
        );
    }
    for extra in found.values() {
        findings.add(
            "transaction",
            key(extra),
            Difference::Unexpected,
            Proof::Peer,
        );
    }
}

fn compare_events(expected: &[Event], rows: BlockRows<'_>, findings: &mut Findings) {
    let key = |row: &Event| format!("{}/{}", row.position.block, row.position.index);
    let found = rows.events.iter();
    let mut found: BTreeMap<_, _> = found.map(|row| (row.position.index, row)).collect();
    for one in expected {
        let Some(other) = found.remove(&one.position.index) else {
            findings.add("event", key(one), Difference::Missing, Proof::Peer);
            continue;
        };
        let (row, by) = (|| ("event", key(one)), Proof::Peer);
        let chaincode = asset_store::storable(&one.chaincode);
        findings.compare(row(), "chaincode", &chaincode, &other.chaincode, by);
        let name = asset_store::storable(&one.name);
        findings.compare(row(), "name", &name, &other.name, by);
        findings.compare(row(), "payload", &one.payload, &other.payload, by);
    }
    for extra in found.values() {
        findings.add("event", key(extra), Difference::Unexpected, Proof::Peer);
    }
}

fn compare_writes(expected: &[WriteFact], recorded: &ByKey<'_>, findings: &mut Findings) {
    let mut found = recorded.clone();
    for (item, one) in numbered(expected) {
        let position = one.position;
        let key = format!("{}/{}/{item}", position.block, position.index);
        let Some(other) = found.remove(&(position.index, &one.id)) else {
            findings.add("write", key, Difference::Missing, Proof::Peer);
            continue;
        };
        let (row, by) = (|| ("write", key.clone()), Proof::Peer);
        findings.compare(row(), "position", &item, &other.item, by);
        let other = &other.write;
        findings.compare(row(), "value", &one.value, &other.value, by);
        findings.compare(row(), "metadata", &one.metadata, &other.metadata, by);
        findings.compare(row(), "expires_in", &one.expires_in, &other.expires_in, by);
    }
    for extra in found.values() {
        findings.add(
            "write",
            write_key(extra),
            Difference::Unexpected,
            Proof::Peer,
        );
    }
}
