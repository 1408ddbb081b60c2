//! The version of a key: which transaction last wrote it. Never a wall-clock time.

use serde::Serialize;

/// Block and transaction that last wrote a key; orders as the chain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Version {
    /// Number of the block.
    pub block_number: u64,
    /// Index of the transaction in its block.
    pub transaction_number: u64,
}

impl Version {
    /// The version that transaction `transaction_number` of block `block_number` gives to what it writes.
    #[must_use]
    pub const fn new(block_number: u64, transaction_number: u64) -> Self {
        Self {
            block_number,
            transaction_number,
        }
    }

    /// The form in snapshots and commit hashes: both numbers as order-preserving varints.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(18);
        push_ordered_varint(&mut bytes, self.block_number);
        push_ordered_varint(&mut bytes, self.transaction_number);
        bytes
    }

    /// Reads what [`Version::to_bytes`] writes; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (block_number, rest) = take_ordered_varint(bytes)?;
        let (transaction_number, rest) = take_ordered_varint(rest)?;
        rest.is_empty()
            .then_some(Self::new(block_number, transaction_number))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.block_number, self.transaction_number)
    }
}

/// One byte with the count of significant bytes, then these, most significant first.
/// (Fabric: common/ledger/util/util.go)
fn push_ordered_varint(bytes: &mut Vec<u8>, number: u64) {
    let big_endian = number.to_be_bytes();
    let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
    let significant = big_endian.get(zeros..).unwrap_or_default();
    bytes.push(u8::try_from(significant.len()).unwrap_or(8));
    bytes.extend_from_slice(significant);
}

fn take_ordered_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let length = usize::from(*length);
    if length > 8 || rest.len() < length {
        return None;
    }
    let (significant, rest) = rest.split_at(length);
    let number = significant
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    Some((number, rest))
}
