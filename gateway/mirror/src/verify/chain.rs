//! Verifies the chain's rows block by block: each against its own hashes and the block before, and
//! against the peer's block where there is a peer.

use std::convert::Infallible;

use asset_store::{
    Block, Channel, Event, Record, RecordedTransaction, RecordedWrite, StateId, WriteFact,
};
use bytes::Bytes;
use fabric_ledger::block::header_hash_of;
use fabric_ledger::commit::{commit_hash, expire};
use fabric_ledger::state::{MemoryState, Update, UpdateBatch};
use fabric_ledger::{ValidationCode, Version, lifecycle};

use crate::facts::expiry;
use crate::prior::expiries;
use crate::projection;
use crate::seal::{self, seal};
use crate::verify::finding::{Difference, Findings, Proof};
use crate::verify::record::compare_records;

/// All rows of one block.
#[derive(Clone, Copy)]
pub(crate) struct BlockRows<'r> {
    pub(crate) block: &'r Block,
    pub(crate) transactions: &'r [RecordedTransaction],
    pub(crate) writes: &'r [RecordedWrite],
    pub(crate) events: &'r [Event],
    pub(crate) transfers: &'r [Record],
}

/// What the next block continues: what the rows of the block before say, so that one wrong hash is
/// found at its block and not at all that follow.
struct Before {
    header_hash: Vec<u8>,
    commit_hash: Option<Vec<u8>>,
    seal: Vec<u8>,
}

/// Verifies one block after the other.
pub(crate) struct ChainVerification {
    chaincode: String,
    number_next: u64,
    /// `None` after a gap.
    before: Option<Before>,
    /// The definitions of chaincodes, which say how long private data lives.
    definitions: MemoryState,
}

impl ChainVerification {
    /// Begins before block 0 of a channel.
    pub(crate) fn new(channel: Option<&Channel>) -> Self {
        let (name, chaincode) = channel.map_or(("", ""), |row| (&row.name, &row.chaincode));
        Self {
            chaincode: chaincode.to_owned(),
            number_next: 0,
            before: Some(Before {
                header_hash: Vec::new(),
                commit_hash: None,
                seal: seal::beginning(name, chaincode),
            }),
            definitions: MemoryState::new(),
        }
    }

    /// The definitions as they were before the next block.
    pub(crate) fn definitions(&self) -> &MemoryState {
        &self.definitions
    }

    /// Verifies the next block.
    pub(crate) fn block(&mut self, rows: BlockRows<'_>, findings: &mut Findings) {
        let block = rows.block;
        let number = block.number;
        while self.number_next < number && self.before.is_some() {
            // One finding for a gap, however long.
            findings.add(
                "block",
                self.number_next.to_string(),
                Difference::Missing,
                Proof::Numbering,
            );
            self.before = None;
        }
        let before = self.before.take();
        header(block, before.as_ref(), findings);
        transactions(rows, findings);
        writes(rows, findings);
        self.commit_hash(rows, before.as_ref(), findings);
        if let Some(before) = &before {
            let sealed = seal(
                &before.seal,
                seal::Rows {
                    block,
                    transactions: rows.transactions.iter().map(|row| &row.transaction),
                    writes: rows.writes.iter().map(|row| (row.item, &row.write)),
                    events: rows.events,
                },
            );
            let row = ("block", number.to_string());
            findings.compare(row, "seal", &sealed, &block.seal, Proof::Seal);
        }
        events(rows, findings);
        self.transfers(rows, findings);
        self.number_next = number.saturating_add(1);
        self.before = Some(Before {
            header_hash: block.header_hash.clone(),
            commit_hash: block.commit_hash.clone(),
            seal: block.seal.clone(),
        });
    }

    /// The net updates that the writes are, the commit hash over them, and when they expire.
    fn commit_hash(
        &mut self,
        rows: BlockRows<'_>,
        before: Option<&Before>,
        findings: &mut Findings,
    ) {
        let block = rows.block;
        let mut updates = updates(rows, findings);
        let Ok(()) = expire(block.number, &self.definitions, &mut updates) as Result<_, Infallible>;
        let expiries = expiries(&updates.expiring);
        for row in rows.writes {
            let expected = expiry(&expiries, &row.write);
            let found = row.write.expires_in;
            let key = ("write", write_key(row));
            findings.compare(key, "expires_in", &expected, &found, Proof::Collection);
        }
        if let Some(before) = before
            && (block.number > 0 || block.commit_hash.is_some())
        {
            let codes: Vec<_> = rows
                .transactions
                .iter()
                .map(|row| ValidationCode::from_byte(row.transaction.code))
                .collect();
            let previous = before.commit_hash.as_deref().unwrap_or_default();
            let expected = Some(commit_hash(&codes, &updates, previous).to_vec());
            let row = ("block", block.number.to_string());
            let found = &block.commit_hash;
            findings.compare(row, "commit_hash", &expected, found, Proof::CommitHash);
        }
        updates
            .namespaces
            .retain(|name, _| name == lifecycle::NAMESPACE);
        for updates in updates.namespaces.values_mut() {
            updates.collections.clear();
        }
        updates.expiring.clear();
        self.definitions.apply(&updates);
    }

    fn transfers(&self, rows: BlockRows<'_>, findings: &mut Findings) {
        let transactions: Vec<_> = rows
            .transactions
            .iter()
            .map(|row| row.transaction.clone())
            .collect();
        let expected = projection::transfers(rows.events, &transactions, &self.chaincode);
        let expected: Vec<Record> = expected.iter().map(transfer).collect();
        compare_records(
            &asset_store::TRANSFERS,
            &expected,
            rows.transfers.to_vec(),
            Proof::Events,
            findings,
        );
    }
}

fn header(block: &Block, before: Option<&Before>, findings: &mut Findings) {
    let row = || ("block", block.number.to_string());
    let hash = header_hash_of(block.number, &block.previous_hash, &block.data_hash).to_vec();
    findings.compare(
        row(),
        "header_hash",
        &hash,
        &block.header_hash,
        Proof::Header,
    );
    if let Some(before) = before {
        let (expected, found) = (&before.header_hash, &block.previous_hash);
        findings.compare(row(), "previous_hash", expected, found, Proof::BlockBefore);
    }
}

fn transactions(rows: BlockRows<'_>, findings: &mut Findings) {
    let count = u32::try_from(rows.transactions.len()).unwrap_or(u32::MAX);
    let block = ("block", rows.block.number.to_string());
    let claimed = &rows.block.transaction_count;
    findings.compare(
        block,
        "transaction_count",
        &count,
        claimed,
        Proof::Numbering,
    );
    for (expected, row) in (0..).zip(rows.transactions) {
        let transaction = &row.transaction;
        let key = || {
            let position = transaction.position;
            (
                "transaction",
                format!("{}/{}", position.block, position.index),
            )
        };
        let index = &transaction.position.index;
        findings.compare(key(), "index", &expected, index, Proof::Numbering);
        let code = i16::from(transaction.code);
        findings.compare(key(), "code", &code, &row.code, Proof::CommitHash);
    }
}

fn is_valid(rows: BlockRows<'_>, index: u32) -> bool {
    let found = usize::try_from(index).ok();
    let found = found.and_then(|index| rows.transactions.get(index));
    found.is_some_and(|row| row.code == 0)
}

pub(crate) fn write_key(row: &RecordedWrite) -> String {
    let position = row.write.position;
    format!("{}/{}/{}", position.block, position.index, row.item)
}

fn writes(rows: BlockRows<'_>, findings: &mut Findings) {
    let mut next = (0, 0);
    for row in rows.writes {
        let index = row.write.position.index;
        if !is_valid(rows, index) {
            findings.add(
                "write",
                write_key(row),
                Difference::Unexpected,
                Proof::Codes,
            );
        }
        if next.0 != index {
            next = (index, 0);
        }
        let key = ("write", write_key(row));
        findings.compare(key, "position", &next.1, &row.item, Proof::Numbering);
        next.1 = row.item.saturating_add(1);
    }
}

fn events(rows: BlockRows<'_>, findings: &mut Findings) {
    for event in rows.events {
        let position = event.position;
        if !is_valid(rows, position.index) {
            let key = format!("{}/{}", position.block, position.index);
            findings.add("event", key, Difference::Unexpected, Proof::Codes);
        }
    }
}

/// The net updates of a block, as its writes tell them: the last one of a key wins.
fn updates(rows: BlockRows<'_>, findings: &mut Findings) -> UpdateBatch {
    let mut updates = UpdateBatch::default();
    for row in rows.writes {
        let WriteFact { position, id, .. } = &row.write;
        let update = Update {
            value: row.write.value.as_deref().map(Bytes::copy_from_slice),
            metadata: Bytes::new(),
            version: Version::new(position.block, position.index.into()),
        };
        let StateId {
            namespace,
            collection,
            key,
        } = id;
        if !collection.is_empty() {
            let key_hash = Bytes::copy_from_slice(key);
            updates.insert_hashed(namespace, collection, key_hash, update);
        } else if let Ok(key) = std::str::from_utf8(key) {
            updates.insert(namespace, key, update);
        } else {
            // Fabric's public keys are texts.
            findings.add(
                "write",
                write_key(row),
                Difference::Unexpected,
                Proof::CommitHash,
            );
        }
    }
    updates
}

fn transfer(transfer: &asset_store::Transfer) -> Record {
    let position = transfer.position;
    vec![
        Some(position.block.to_string()),
        Some(position.index.to_string()),
        Some(transfer.item.to_string()),
        Some(transfer.transaction_id.clone()),
        Some(transfer.token.as_str().to_owned()),
        Some(transfer.from.as_str().to_owned()),
        Some(transfer.to.as_str().to_owned()),
        Some(transfer.amount.to_string()),
        transfer.memo.as_ref().map(|memo| memo.as_str().to_owned()),
        Some(transfer.request_id.as_str().to_owned()),
    ]
}
