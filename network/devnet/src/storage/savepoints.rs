//! Savepoints: states of the ledger that it can be taken back to.

use std::sync::PoisonError;

use super::{Reading, Storage, StorageError, View};

impl Storage {
    /// Keeps the present state, whatever is committed later; gives the number to restore it by. The
    /// file keeps every page of it until it is forgotten.
    pub(crate) fn save(&self) -> Result<u64, StorageError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        let savepoint = transaction.persistent_savepoint()?;
        transaction.commit()?;
        Ok(savepoint)
    }

    /// Takes the ledger back to a savepoint, and forgets those that were made after it. When this
    /// returns, what was committed since is gone for good.
    pub(crate) fn restore(&self, savepoint: u64) -> Result<(), StorageError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        let savepoint = transaction.get_persistent_savepoint(savepoint)?;
        transaction.restore_savepoint(&savepoint)?;
        transaction.commit()?;
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let generation = view.generation() + 1;
        *view = View::new(Reading::open(&self.database)?.into(), generation);
        Ok(())
    }

    /// Forgets a savepoint; one that is not there is no mistake.
    pub(crate) fn forget(&self, savepoint: u64) -> Result<(), StorageError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        transaction.delete_persistent_savepoint(savepoint)?;
        transaction.commit()?;
        Ok(())
    }

    /// All savepoints.
    pub(crate) fn savepoints(&self) -> Result<Vec<u64>, StorageError> {
        let transaction = self.database.begin_write()?;
        let savepoints = transaction.list_persistent_savepoints()?.collect();
        transaction.abort()?;
        Ok(savepoints)
    }
}
