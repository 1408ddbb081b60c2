//! A block whose bytes, data hash and place in the chain have been checked. Pure.

use bytes::Bytes;
use fabric_ledger::ValidationCode;
use fabric_ledger::block::{DecodedBlock, decode_bytes};

use crate::MirrorError;

/// Hexadecimal, for people.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A block that follows the one before it and holds what its header says.
#[derive(Debug)]
pub(crate) struct CheckedBlock {
    pub(crate) decoded: DecodedBlock,
    pub(crate) codes: Vec<ValidationCode>,
    pub(crate) size_bytes: usize,
}

impl CheckedBlock {
    pub(crate) fn number(&self) -> u64 {
        self.decoded.number
    }

    /// The channel that the block's first transaction names.
    pub(crate) fn channel(&self) -> Option<&str> {
        let header = self.decoded.transactions.first()?.header.as_ref()?;
        Some(&header.channel)
    }
}

/// Checks one block after the other.
#[derive(Debug)]
pub(crate) struct ChainCheck {
    number_next: u64,
    previous_hash: Vec<u8>,
}

impl ChainCheck {
    /// Expects block `number_next`, after a block with this header hash (empty before block 0).
    pub(crate) fn new(number_next: u64, previous_hash: Vec<u8>) -> Self {
        Self {
            number_next,
            previous_hash,
        }
    }

    pub(crate) fn check(&mut self, bytes: Bytes) -> Result<CheckedBlock, MirrorError> {
        let expected = self.number_next;
        let size_bytes = bytes.len();
        let decoded =
            decode_bytes(bytes).map_err(|source| MirrorError::Undecodable { expected, source })?;
        let block = decoded.number;
        if block != expected {
            return Err(MirrorError::OutOfOrder {
                expected,
                found: block,
            });
        }
        if !decoded.data_hash_matches() {
            return Err(MirrorError::DataHash { block });
        }
        if *decoded.previous_hash != *self.previous_hash {
            return Err(MirrorError::PreviousHash {
                block,
                expected: hexadecimal(&self.previous_hash),
                found: hexadecimal(&decoded.previous_hash),
            });
        }
        let codes = decoded.codes().ok_or(MirrorError::NotValidated { block })?;
        self.number_next += 1;
        self.previous_hash = decoded.header_hash.to_vec();
        Ok(CheckedBlock {
            decoded,
            codes,
            size_bytes,
        })
    }
}
