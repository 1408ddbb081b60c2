//! What verification found in a block.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::block::DecodedBlock;
use crate::code::ValidationCode;

/// What verification found in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockReport {
    /// The block's number.
    pub number: u64,
    /// How many transactions have which code: the peer's, where it gave any.
    #[serde(serialize_with = "counts")]
    pub counts: BTreeMap<ValidationCode, usize>,
    /// Whether the header has the hash of the data.
    pub data_hash: HashCheck,
    /// Whether the header has the hash of the previous header.
    pub previous_hash: HashCheck,
    /// Whether the peer's commit hash is ours.
    pub commit_hash: CommitHashCheck,
    /// Whether the ordering service signed.
    pub orderer_signatures: SignatureCheck,
    /// Each transaction.
    pub transactions: Vec<TransactionReport>,
    /// What the block must carry.
    pub evidence: Evidence,
}

/// What blocks must carry beside their data, according to where they come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// From a peer: the orderer's signatures, a code per transaction, the commit hash.
    #[default]
    Validated,
    /// From the ordering service: its signatures alone.
    Ordered,
}

/// A transaction's codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransactionReport {
    /// Its place in the block.
    pub index: usize,
    /// Its id; empty where it has none.
    pub transaction_id: String,
    /// The code that follows from the rules.
    pub ours: ValidationCode,
    /// The code in the block's metadata; `None` where no peer has validated.
    pub peers: Option<ValidationCode>,
}

/// A hash that must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HashCheck {
    /// As computed.
    Ok,
    /// Another.
    Mismatch,
}

/// The peer's commit hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitHashCheck {
    /// As computed.
    Ok,
    /// The block carries none, as block 0 and what comes from the ordering service.
    None,
    /// Another.
    Mismatch {
        /// As the rules have it.
        #[serde(serialize_with = "crate::hex_text::serialize")]
        computed: [u8; 32],
        /// As the block has it.
        #[serde(serialize_with = "crate::hex_text::serialize")]
        found: Bytes,
    },
}

/// The ordering service's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureCheck {
    /// They satisfy the channel's policy.
    Ok,
    /// There are none, as in block 0.
    None,
    /// They do not.
    Bad,
}

/// Something wrong in a block; its text names block and transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Problem {
    /// The data is not what the header says.
    DataHash {
        /// The block.
        block: u64,
    },
    /// The block does not follow the one before it.
    PreviousHash {
        /// The block.
        block: u64,
    },
    /// State, codes or an earlier commit hash differ from the peer's.
    CommitHash {
        /// The block.
        block: u64,
    },
    /// The block has no commit hash.
    NoCommitHash {
        /// The block.
        block: u64,
    },
    /// The ordering service did not sign this.
    OrdererSignatures {
        /// The block.
        block: u64,
    },
    /// The block has no signature of the ordering service.
    NoOrdererSignatures {
        /// The block.
        block: u64,
    },
    /// The block does not have one code per transaction.
    NoCodes {
        /// The block.
        block: u64,
    },
    /// The peer's code is not what follows from the rules.
    Code {
        /// The block.
        block: u64,
        /// The transaction.
        transaction: TransactionReport,
    },
}

impl HashCheck {
    pub(super) fn new(matches: bool) -> Self {
        match matches {
            true => Self::Ok,
            false => Self::Mismatch,
        }
    }
}

impl CommitHashCheck {
    pub(super) fn new(found: Option<&Bytes>, computed: [u8; 32]) -> Self {
        match found {
            None => Self::None,
            Some(found) if **found == computed => Self::Ok,
            Some(found) => Self::Mismatch {
                computed,
                found: found.clone(),
            },
        }
    }
}

impl BlockReport {
    pub(super) fn new(
        block: &DecodedBlock,
        ours: &[ValidationCode],
        orderer_signatures: SignatureCheck,
        previous_hash: HashCheck,
        commit_hash: CommitHashCheck,
        evidence: Evidence,
    ) -> Self {
        let peers = block.codes();
        let mut counts = BTreeMap::new();
        for code in peers.as_deref().unwrap_or(ours) {
            *counts.entry(*code).or_default() += 1;
        }
        let transactions = block.transactions.iter().zip(ours);
        Self {
            number: block.number,
            counts,
            data_hash: HashCheck::new(block.data_hash_matches()),
            previous_hash,
            commit_hash,
            orderer_signatures,
            transactions: transactions
                .map(|(transaction, ours)| TransactionReport {
                    index: transaction.index,
                    transaction_id: transaction.transaction_id().to_owned(),
                    ours: *ours,
                    peers: peers
                        .as_ref()
                        .and_then(|peers| peers.get(transaction.index).copied()),
                })
                .collect(),
            evidence,
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems().is_empty()
    }

    /// Whether the peer gave a code to each transaction.
    #[must_use]
    pub fn has_codes(&self) -> bool {
        let mut transactions = self.transactions.iter();
        transactions.all(|transaction| transaction.peers.is_some())
    }

    /// All that is wrong.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let block = self.number;
        let mut problems = Vec::new();
        if self.data_hash == HashCheck::Mismatch {
            problems.push(Problem::DataHash { block });
        }
        if self.previous_hash == HashCheck::Mismatch {
            problems.push(Problem::PreviousHash { block });
        }
        // Nobody signs block 0, and no peer keeps a commit hash of it.
        let first = block == 0;
        match self.commit_hash {
            CommitHashCheck::Mismatch { .. } => problems.push(Problem::CommitHash { block }),
            CommitHashCheck::None if self.evidence == Evidence::Validated && !first => {
                problems.push(Problem::NoCommitHash { block });
            }
            CommitHashCheck::None | CommitHashCheck::Ok => {}
        }
        match self.orderer_signatures {
            SignatureCheck::Bad => problems.push(Problem::OrdererSignatures { block }),
            SignatureCheck::None if !first => problems.push(Problem::NoOrdererSignatures { block }),
            SignatureCheck::None | SignatureCheck::Ok => {}
        }
        if self.evidence == Evidence::Validated && !self.has_codes() {
            problems.push(Problem::NoCodes { block });
        }
        let transactions = self.transactions.iter();
        problems.extend(
            transactions
                .filter(|transaction| {
                    transaction
                        .peers
                        .is_some_and(|code| code != transaction.ours)
                })
                .map(|transaction| Problem::Code {
                    block,
                    transaction: transaction.clone(),
                }),
        );
        problems
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataHash { block } => {
                write!(
                    f,
                    "block {block}: the data hash in the header is not that of the data"
                )
            }
            Self::PreviousHash { block } => {
                write!(
                    f,
                    "block {block}: the previous hash is not that of the block before"
                )
            }
            Self::CommitHash { block } => {
                write!(
                    f,
                    "block {block}: the peer's commit hash is not the one computed"
                )
            }
            Self::NoCommitHash { block } => {
                write!(f, "block {block}: the peer's commit hash is missing")
            }
            Self::NoOrdererSignatures { block } => write!(
                f,
                "block {block}: the ordering service's signatures are missing"
            ),
            Self::NoCodes { block } => {
                write!(f, "block {block}: the peer's validation codes are missing")
            }
            Self::OrdererSignatures { block } => {
                write!(
                    f,
                    "block {block}: the ordering service's signatures do not hold"
                )
            }
            Self::Code { block, transaction } => write!(
                f,
                "block {block}, transaction {} ({}): the peer says {}, the rules say {}",
                transaction.index,
                transaction.transaction_id,
                transaction.peers.unwrap_or(ValidationCode::NOT_VALIDATED),
                transaction.ours
            ),
        }
    }
}

impl fmt::Display for HashCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Mismatch => "MISMATCH",
        })
    }
}

impl fmt::Display for CommitHashCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::None => "none",
            Self::Mismatch { .. } => "MISMATCH",
        })
    }
}

impl fmt::Display for SignatureCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::None => "none",
            Self::Bad => "BAD",
        })
    }
}

fn counts<S: Serializer>(
    counts: &BTreeMap<ValidationCode, usize>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(code, count)| (code.to_string(), count)))
}
