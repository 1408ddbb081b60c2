//! The Merkle tree over the results of a range query, which stands for them where they are many.
//!
//! (Fabric: core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go)

use bytes::Bytes;
use fabric_protos::kvrwset;
use prost::Message;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{RangeResults, Read};

/// The degree that peers use: up to this many results are recorded as they are.
pub const MERKLE_DEGREE: u32 = 50;

/// The highest level of a Merkle tree over range query results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MerkleSummary {
    /// Nodes of a level that are left as they are; more become a node of the next level.
    pub max_degree: u32,
    /// The level of the hashes; leaves are on level 1.
    pub max_level: u32,
    /// The hashes of that level.
    #[serde(serialize_with = "crate::hex_text::list")]
    pub max_level_hashes: Vec<Bytes>,
}

/// Takes the results of a range query one by one and keeps what a read-write set records of them.
#[derive(Clone, Debug)]
pub struct RangeResultsBuilder {
    max_degree: usize,
    pending: Vec<Read>,
    /// `levels[0]` is level 1.
    levels: Vec<Vec<Bytes>>,
}

impl Default for RangeResultsBuilder {
    fn default() -> Self {
        Self::new(MERKLE_DEGREE)
    }
}

impl RangeResultsBuilder {
    /// A builder of a given degree; at least 2, as a tree of degree 1 never ends.
    #[must_use]
    pub fn new(max_degree: u32) -> Self {
        Self {
            max_degree: usize::try_from(max_degree).unwrap_or(usize::MAX).max(2),
            pending: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// Adds the next result.
    pub fn push(&mut self, read: Read) {
        self.pending.push(read);
        if self.pending.len() > self.max_degree {
            self.hash_pending();
        }
    }

    /// What is to be recorded of all results.
    #[must_use]
    pub fn finish(mut self) -> RangeResults {
        if self.levels.is_empty() {
            return match self.pending.is_empty() {
                true => RangeResults::Unrecorded,
                false => RangeResults::Reads(self.pending),
            };
        }
        if !self.pending.is_empty() {
            self.hash_pending();
        }
        RangeResults::Merkle(self.close())
    }

    fn hash_pending(&mut self) {
        let reads = kvrwset::QueryReads {
            kv_reads: std::mem::take(&mut self.pending)
                .into_iter()
                .map(Into::into)
                .collect(),
        };
        self.add_leaf(hash(&[reads.encode_to_vec().into()]));
    }

    /// Adds a leaf, and a node to each level whose lower level has become full by it.
    fn add_leaf(&mut self, leaf: Bytes) {
        let mut node = leaf;
        for index in 0.. {
            if self.levels.len() == index {
                self.levels.push(Vec::new());
            }
            let Some(level) = self.levels.get_mut(index) else {
                return;
            };
            level.push(node);
            if level.len() <= self.max_degree {
                return;
            }
            node = hash(level);
            level.clear();
        }
    }

    /// Carries what is left on lower levels up to the highest.
    fn close(mut self) -> MerkleSummary {
        let mut highest = self.levels.pop().unwrap_or_default();
        let mut max_level = self.levels.len() + 1;
        let mut carried: Option<Bytes> = None;
        for mut level in self.levels {
            level.extend(carried.take());
            carried = match level.len() {
                0 => None,
                1 => level.pop(),
                _ => Some(hash(&level)),
            };
        }
        highest.extend(carried);
        if highest.len() > self.max_degree {
            highest = vec![hash(&highest)];
            max_level += 1;
        }
        MerkleSummary {
            max_degree: u32::try_from(self.max_degree).unwrap_or(u32::MAX),
            max_level: u32::try_from(max_level).unwrap_or(u32::MAX),
            max_level_hashes: highest,
        }
    }
}

fn hash(nodes: &[Bytes]) -> Bytes {
    let mut hasher = Sha256::new();
    for node in nodes {
        hasher.update(node);
    }
    Bytes::copy_from_slice(&hasher.finalize())
}
