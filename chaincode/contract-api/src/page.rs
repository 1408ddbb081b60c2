//! Pages as contract functions take and return them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{error::LedgerError, range::Row};

/// Most rows of one page: a page is held in memory and travels in one message.
pub const PAGE_ROWS_MAX: u32 = 1_000;

/// Which page a caller wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Rows, 1 to [`PAGE_ROWS_MAX`].
    pub size: u32,
    /// `bookmark` of the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<String>,
}

impl Page {
    /// The first page.
    pub fn first(size: u32) -> Self {
        Self {
            size,
            bookmark: None,
        }
    }

    /// The page after another one.
    pub fn after(size: u32, bookmark: impl Into<String>) -> Self {
        Self {
            size,
            bookmark: Some(bookmark.into()),
        }
    }
}

/// One page, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; absent after the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<String>,
}

impl Paged<Row> {
    /// The rows' values, read as JSON.
    pub fn json<T: DeserializeOwned>(self) -> Result<Paged<T>, LedgerError> {
        let items = self.items.iter().map(Row::json).collect::<Result<_, _>>()?;
        Ok(Paged {
            items,
            bookmark: self.bookmark,
        })
    }
}
