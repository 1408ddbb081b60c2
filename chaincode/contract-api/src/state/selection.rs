//! Many states at once: all of a kind, or those under an index's entries.

use std::{collections::VecDeque, fmt, marker::PhantomData};

use super::{State, StateId, index_type, record};
use crate::{
    error::LedgerError,
    key::{Key, KeyError, KeyRange},
    page::{Page, Paged},
    query::Query,
    range::{Range, Row},
    reader::Reader,
};

/// States that an index leads to are read so many at a time, in one request where the peer offers
/// it: as many as a peer's batch of rows.
const READ_AHEAD: usize = 100;

/// Which states: made by the functions that `derive(State)` writes, `all` and one per index.
pub struct Selection<T> {
    object_type: String,
    prefix: Vec<String>,
    /// How many attributes of an index's key stand before the state's own.
    index_parts: Option<usize>,
    state: PhantomData<fn() -> T>,
}

impl<T: State> Selection<T> {
    /// All states of the kind, in order of their keys.
    pub fn all() -> Self {
        Self {
            object_type: T::KIND.to_owned(),
            prefix: Vec::new(),
            index_parts: None,
            state: PhantomData,
        }
    }

    /// Those whose entry in an index begins with these attributes; `parts` is how many the index
    /// has.
    pub fn index(index: &str, parts: usize, prefix: Vec<String>) -> Self {
        Self {
            object_type: index_type::<T>(index),
            prefix,
            index_parts: Some(parts),
            state: PhantomData,
        }
    }

    fn range(&self) -> Result<KeyRange, KeyError> {
        KeyRange::composite(&self.object_type, &self.prefix)
    }
}

/// The states of some rows, in their order; with `parts`, of an index's rows.
fn read<T: State>(
    reader: &Reader<'_>,
    parts: Option<usize>,
    rows: Vec<Row>,
) -> Result<Vec<T>, LedgerError> {
    let Some(parts) = parts else {
        let decode = |row: Row| Ok(record::decode(&row.key, &row.value)?.value);
        return rows.into_iter().map(decode).collect();
    };
    let ids = rows
        .iter()
        .map(|row| id_of(&row.key, parts))
        .collect::<Result<Vec<StateId<T>>, _>>()?;
    let states = reader.get_many(&ids)?;
    let found = states.into_iter().zip(rows);
    let found = found.map(|(state, row)| state.ok_or(LedgerError::IndexEntry { key: row.key }));
    found.collect()
}

impl<T> fmt::Debug for Selection<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{:?}", self.object_type, self.prefix)
    }
}

/// The state that an index's entry leads to.
fn id_of<T: State>(entry: &Key, parts: usize) -> Result<StateId<T>, LedgerError> {
    let attributes = entry.split().map(|(_, attributes)| attributes);
    let own = attributes
        .as_ref()
        .and_then(|attributes| attributes.get(parts..));
    let own = own.ok_or_else(|| LedgerError::IndexEntry { key: entry.clone() })?;
    Ok(StateId::of_parts(
        own.iter().map(|part| (*part).to_owned()).collect(),
    ))
}

/// The states of a selection, read as they are asked for.
pub struct Selected<'r, 'p, T> {
    reader: &'r Reader<'p>,
    index_parts: Option<usize>,
    rows: Range<'r>,
    read: VecDeque<T>,
    failed: bool,
}

impl<T: State> Selected<'_, '_, T> {
    fn read_ahead(&mut self) -> Result<(), LedgerError> {
        let ahead = match self.index_parts {
            Some(_) => READ_AHEAD,
            None => 1,
        };
        let rows = self.rows.by_ref().take(ahead).collect::<Result<_, _>>()?;
        self.read = read(self.reader, self.index_parts, rows)?.into();
        Ok(())
    }
}

impl<T: State> Iterator for Selected<'_, '_, T> {
    type Item = Result<T, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty()
            && !self.failed
            && let Err(error) = self.read_ahead()
        {
            self.failed = true;
            return Some(Err(error));
        }
        self.read.pop_front().map(Ok)
    }
}

impl<'p> Reader<'p> {
    /// The states of a selection, own writes among them. In a transaction the run of keys is
    /// checked again at commit: a state that came or went since makes the transaction invalid.
    pub fn select<T: State>(
        &self,
        selection: &Selection<T>,
    ) -> Result<Selected<'_, 'p, T>, LedgerError> {
        let rows = self.range(&selection.range()?)?;
        Ok(Selected {
            reader: self,
            index_parts: selection.index_parts,
            rows,
            read: VecDeque::new(),
            failed: false,
        })
    }
}

impl Query<'_> {
    /// One page of a selection. Its bookmark resumes this selection only.
    pub fn select_page<T: State>(
        &self,
        selection: &Selection<T>,
        page: &Page,
    ) -> Result<Paged<T>, LedgerError> {
        let Paged { items, bookmark } = self.page(&selection.range()?, page)?;
        let items = read(self, selection.index_parts, items)?;
        Ok(Paged { items, bookmark })
    }
}
