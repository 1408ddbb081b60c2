//! Copies of a ledger, table by table: into a file for a dump, out of one into memory.

use redb::{Key, ReadOnlyTable, ReadableTable as _, Table, Value};

use super::{Storage, StorageError, View, tables::Writing};

impl Storage {
    /// Fills an empty ledger with everything that a view shows.
    pub(crate) fn fill(&self, from: &View) -> Result<(), StorageError> {
        let transaction = self.database.begin_write()?;
        Writing::open(&transaction)?.fill(from.tables())?;
        transaction.commit()?;
        self.refresh()
    }
}

/// Copies all rows of a table.
pub(super) fn copy<K: Key + 'static, V: Value + 'static>(
    from: &ReadOnlyTable<K, V>,
    into: &mut Table<'_, K, V>,
) -> Result<(), StorageError> {
    for row in from.iter()? {
        let (key, value) = row?;
        into.insert(key.value(), value.value())?;
    }
    Ok(())
}
