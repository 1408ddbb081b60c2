//! The seal of a block: a SHA-256 over all its rows, which continues the seal of the block before.
//!
//! Fabric's hashes do not cover everything that the mirror keeps (ids, times, events, the metadata of
//! keys). The mirror takes the seal while it holds the proved block, so that a row that is changed
//! afterwards is found without the block. It is no signature: who changes rows can seal them again,
//! and is found out by the peer's blocks alone.

use asset_store::{Block, Event, Transaction, WriteFact, storable};
use sha2::{Digest as _, Sha256};

/// Says what is hashed, and in which form.
const FORM: &[u8] = b"selvedge mirror seal 1";

/// The rows of one block.
pub(crate) struct Rows<'r, Transactions, Writes> {
    pub(crate) block: &'r Block,
    pub(crate) transactions: Transactions,
    /// With each write's place among those of its transaction.
    pub(crate) writes: Writes,
    pub(crate) events: &'r [Event],
}

/// What the seal of block 0 continues.
pub(crate) fn beginning(channel: &str, chaincode: &str) -> Vec<u8> {
    let mut hash = Hash::new();
    hash.text(channel);
    hash.text(chaincode);
    hash.end()
}

/// The seal of a block.
pub(crate) fn seal<'r, Transactions, Writes>(
    previous: &[u8],
    rows: Rows<'r, Transactions, Writes>,
) -> Vec<u8>
where
    Transactions: ExactSizeIterator<Item = &'r Transaction>,
    Writes: ExactSizeIterator<Item = (u32, &'r WriteFact)>,
{
    let mut hash = Hash::new();
    hash.bytes(previous);
    hash.block(rows.block);
    hash.count(rows.transactions.len());
    rows.transactions.for_each(|row| hash.transaction(row));
    hash.count(rows.writes.len());
    rows.writes.for_each(|(item, row)| hash.write(item, row));
    hash.count(rows.events.len());
    rows.events.iter().for_each(|row| hash.event(row));
    hash.end()
}

/// Each write with its place among those of its transaction.
pub(crate) fn numbered(writes: &[WriteFact]) -> impl ExactSizeIterator<Item = (u32, &WriteFact)> {
    let mut last = None;
    writes.iter().map(move |write| {
        let item = match last {
            Some((position, item)) if position == write.position => item + 1,
            _ => 0,
        };
        last = Some((write.position, item));
        (item, write)
    })
}

/// Every part has its length or a fixed one, so that different rows never give the same bytes.
struct Hash(Sha256);

impl Hash {
    fn new() -> Self {
        let mut hash = Self(Sha256::new());
        hash.bytes(FORM);
        hash
    }

    fn end(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        if text.contains('\0') {
            self.bytes(storable(text).as_bytes());
        } else {
            self.bytes(text.as_bytes());
        }
    }

    fn optional<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.0.update([u8::from(value.is_some())]);
        if let Some(value) = value {
            some(self, value);
        }
    }

    fn block(&mut self, row: &Block) {
        self.number(row.number);
        self.bytes(&row.header_hash);
        self.bytes(&row.previous_hash);
        self.bytes(&row.data_hash);
        self.optional(row.commit_hash.as_deref(), Self::bytes);
        self.number(row.transaction_count.into());
        self.number(row.size_bytes);
    }

    fn transaction(&mut self, row: &Transaction) {
        self.number(row.position.block);
        self.number(row.position.index.into());
        self.text(&row.transaction_id);
        self.number(i64::from(row.kind).cast_unsigned());
        self.number(row.code.into());
        self.optional(row.chaincode.as_deref(), Self::text);
        let seconds = row.client_time_seconds.map(i64::cast_unsigned);
        self.optional(seconds, Self::number);
        self.optional(row.malformation.as_deref(), Self::text);
    }

    fn write(&mut self, item: u32, row: &WriteFact) {
        self.number(row.position.block);
        self.number(row.position.index.into());
        self.number(item.into());
        self.text(&row.id.namespace);
        self.text(&row.id.collection);
        self.bytes(&row.id.key);
        self.optional(row.value.as_deref(), Self::bytes);
        self.optional(row.metadata.as_deref(), Self::bytes);
        self.optional(row.expires_in, Self::number);
    }

    fn event(&mut self, row: &Event) {
        self.number(row.position.block);
        self.number(row.position.index.into());
        self.text(&row.chaincode);
        self.text(&row.name);
        self.bytes(&row.payload);
    }
}
