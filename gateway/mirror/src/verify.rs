//! Checks a mirror against itself: the chain of its blocks, its state against what was written, its
//! sums against the caps. Reads only.

use std::fmt;

use asset_store::{Block, Store, StoreError};
use futures::TryStreamExt as _;

/// Enough to see what is wrong; a broken schema could have millions.
const FINDINGS_MAX: u32 = 100;

/// Something that cannot be, unless somebody wrote to the database by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A block is missing.
    Gap {
        /// The number that should come.
        expected: u64,
        /// The number that comes, if any.
        found: Option<u64>,
    },
    /// A block does not name the one before it.
    PreviousHash {
        /// The block.
        block: u64,
    },
    /// The checkpoint is not the last block.
    Checkpoint,
    /// An entry of the state is not what the last write of its key left.
    State {
        /// `namespace/collection/key`, the key in hexadecimal.
        entry: String,
    },
    /// A balance is not the sum of its notes.
    Balance {
        /// Of which token.
        token: String,
        /// Whose.
        account: String,
        /// What it says.
        recorded: String,
        /// What its notes add up to.
        summed: String,
    },
    /// The notes of a token do not add up to its cap.
    Supply {
        /// Which token.
        token: String,
        /// Its cap.
        cap: String,
        /// What circulates.
        circulating: String,
        /// What does not.
        unissued: String,
    },
}

/// The outcome of [`verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Blocks looked at.
    pub blocks: u64,
    /// Tokens whose notes were added up.
    pub tokens: usize,
    /// What is wrong; empty for a good mirror.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Verifies a schema. Run it while no mirror writes, or again if it finds something while one does.
///
/// # Errors
/// The database's own.
pub async fn verify(store: &Store) -> Result<Verification, StoreError> {
    let mut findings = Vec::new();
    let blocks = chain(store, &mut findings).await?;
    let states = store.state_differences(FINDINGS_MAX).await?;
    findings.extend(states.into_iter().map(|entry| Finding::State { entry }));
    let balances = store.balance_differences().await?;
    findings.extend(balances.into_iter().map(|difference| Finding::Balance {
        token: difference.token,
        account: difference.account,
        recorded: difference.recorded,
        summed: difference.summed,
    }));
    let supplies = store.supplies().await?;
    let inexact = supplies.iter().filter(|supply| !supply.is_exact());
    findings.extend(inexact.map(|supply| Finding::Supply {
        token: supply.token.to_string(),
        cap: supply.cap.to_string(),
        circulating: supply.circulating.to_string(),
        unissued: supply.unissued.to_string(),
    }));
    Ok(Verification {
        blocks,
        tokens: supplies.len(),
        findings,
    })
}

async fn chain(store: &Store, findings: &mut Vec<Finding>) -> Result<u64, StoreError> {
    let mut blocks = store.blocks();
    let mut last: Option<Block> = None;
    let mut count = 0;
    while let Some(block) = blocks.try_next().await? {
        let expected = last.as_ref().map_or(0, |last| last.number + 1);
        if block.number != expected {
            findings.push(Finding::Gap {
                expected,
                found: Some(block.number),
            });
        } else if block.previous_hash != last.map_or_else(Vec::new, |last| last.header_hash) {
            findings.push(Finding::PreviousHash {
                block: block.number,
            });
        }
        count += 1;
        last = Some(block);
    }
    let checkpoint = store.checkpoint().await?;
    let agrees = match (&checkpoint, &last) {
        (Some(checkpoint), Some(last)) => {
            checkpoint.block == last.number
                && checkpoint.header_hash == last.header_hash
                && checkpoint.commit_hash == last.commit_hash
        }
        (None, None) => true,
        _ => false,
    };
    if !agrees {
        findings.push(Finding::Checkpoint);
    }
    Ok(count)
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap {
                expected,
                found: Some(found),
            } => {
                write!(
                    formatter,
                    "block {found} follows where block {expected} should"
                )
            }
            Self::Gap {
                expected,
                found: None,
            } => write!(formatter, "block {expected} is missing"),
            Self::PreviousHash { block } => {
                write!(
                    formatter,
                    "block {block} does not follow block {}",
                    block.saturating_sub(1)
                )
            }
            Self::Checkpoint => formatter.write_str("the checkpoint is not the last block"),
            Self::State { entry } => {
                write!(
                    formatter,
                    "state entry {entry} is not what was last written"
                )
            }
            Self::Balance {
                token,
                account,
                recorded,
                summed,
            } => write!(
                formatter,
                "{account} has {summed} {token} in notes, but a balance of {recorded}"
            ),
            Self::Supply {
                token,
                cap,
                circulating,
                unissued,
            } => write!(
                formatter,
                "{token}: {circulating} circulating and {unissued} unissued are not the cap {cap}"
            ),
        }
    }
}
