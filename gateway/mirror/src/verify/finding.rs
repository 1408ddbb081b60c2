//! What a verification found wrong, and by what.

use std::collections::BTreeMap;
use std::fmt;

/// Enough of each table to see what is wrong; a broken schema could have millions.
const FINDINGS_PER_TABLE_MAX: usize = 20;
/// A value may have megabytes.
const TEXT_CHARS_MAX: usize = 96;

/// A row that cannot be so, unless somebody wrote to the database by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In which table.
    pub table: &'static str,
    /// Which row, by its key.
    pub key: String,
    /// What is wrong with it.
    pub difference: Difference,
    /// What it was held against.
    pub proof: Proof,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is not there.
    Missing,
    /// It should not be there.
    Unexpected,
    /// A column has another value.
    Column {
        /// The column.
        column: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// What a row follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// Blocks, transactions and writes are counted without gaps.
    Numbering,
    /// A header's hash, of its number and hashes.
    Header,
    /// The block before.
    BlockBefore,
    /// The commit hash, of the codes and writes of the block.
    CommitHash,
    /// The seal, of all rows of the block.
    Seal,
    /// Invalid transactions write and announce nothing.
    Codes,
    /// How long private data lives, by the definition of its collection.
    Collection,
    /// The events of the block.
    Events,
    /// The last write of each key.
    Writes,
    /// The sum of the notes.
    Notes,
    /// Block 0.
    FirstBlock,
    /// The last block.
    LastBlock,
    /// The block as the peer has it.
    Peer,
}

/// Findings as they are collected: all are counted, some of each table are kept.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    count_by_table: BTreeMap<&'static str, usize>,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        table: &'static str,
        key: impl Into<String>,
        difference: Difference,
        proof: Proof,
    ) {
        let count = self.count_by_table.entry(table).or_default();
        *count += 1;
        if *count <= FINDINGS_PER_TABLE_MAX {
            self.kept.push(Finding {
                table,
                key: key.into(),
                difference,
                proof,
            });
        }
    }

    /// Adds a finding where a column is not as it should be.
    pub(crate) fn compare<T: Shown + PartialEq + ?Sized>(
        &mut self,
        row: (&'static str, impl Into<String>),
        column: &'static str,
        expected: &T,
        found: &T,
        proof: Proof,
    ) {
        if expected != found {
            let difference = Difference::column(column, &expected.shown(), &found.shown());
            self.add(row.0, row.1, difference, proof);
        }
    }

    /// Whether anything was found in a table.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.count_by_table.contains_key(table)
    }

    pub(crate) fn count(&self) -> usize {
        self.count_by_table.values().sum()
    }

    pub(crate) fn into_kept(self) -> Vec<Finding> {
        self.kept
    }
}

impl Difference {
    pub(crate) fn column(column: &'static str, expected: &str, found: &str) -> Self {
        Self::Column {
            column,
            expected: short(expected),
            found: short(found),
        }
    }
}

/// A value for people.
pub(crate) trait Shown {
    fn shown(&self) -> String;
}

impl Shown for [u8] {
    fn shown(&self) -> String {
        crate::block::hexadecimal(self)
    }
}

impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        self.as_slice().shown()
    }
}

impl Shown for str {
    fn shown(&self) -> String {
        self.to_owned()
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        self.clone()
    }
}

macro_rules! shown_as_number {
    ($($number:ty),*) => {$(
        impl Shown for $number {
            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
shown_as_number!(u64, u32, i64, i32, i16, u8);

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "NULL".to_owned(), T::shown)
    }
}

/// The beginning of a long text, and how long it is.
fn short(text: &str) -> String {
    let count = text.chars().count();
    if count <= TEXT_CHARS_MAX {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(TEXT_CHARS_MAX).collect();
    format!("{beginning}… ({count} characters)")
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            table, key, proof, ..
        } = self;
        match &self.difference {
            Difference::Missing => {
                write!(
                    formatter,
                    "{table} {key} is missing; it follows from {proof}"
                )
            }
            Difference::Unexpected => {
                write!(
                    formatter,
                    "{table} {key} is there; it does not follow from {proof}"
                )
            }
            Difference::Column {
                column,
                expected,
                found,
            } => write!(
                formatter,
                "{table} {key}: {column} is {found}; by {proof} it is {expected}"
            ),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Numbering => "the numbering of blocks, transactions and writes",
            Self::Header => "number, previous hash and data hash of the header",
            Self::BlockBefore => "the block before",
            Self::CommitHash => "the codes and writes of the block",
            Self::Seal => "the block's rows in block, transaction, write and event",
            Self::Codes => "the validation codes",
            Self::Collection => "the definition of the collection",
            Self::Events => "the events of the block",
            Self::Writes => "the writes",
            Self::Notes => "the sum of the notes",
            Self::FirstBlock => "block 0",
            Self::LastBlock => "the last block",
            Self::Peer => "the peer's block",
        })
    }
}
