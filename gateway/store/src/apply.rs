//! Writes one batch: facts, state, projections and checkpoint, all or nothing.

use crate::{Batch, Checkpoint, Store, StoreError};
use crate::{
    account, balance, block, checkpoint, event, note, state, token, transaction, transfer, write,
};

impl Store {
    /// Writes `batch` in one database transaction and returns the new checkpoint.
    ///
    /// The checkpoint's row is locked first, so that writers take turns, and compared with
    /// [`Batch::after`], so that a writer whose view is out of date changes nothing. Listeners of
    /// [`Store::listen_channel`] hear of the commit once.
    ///
    /// # Errors
    /// [`StoreError::CheckpointMoved`], [`StoreError::OutOfOrder`], or the database's own. After
    /// an error of the connection the batch may be written or not: read the checkpoint.
    pub async fn apply(&self, batch: &Batch) -> Result<Checkpoint, StoreError> {
        let reached = batch.checkpoint()?;
        let mut database = self.pool().begin().await?;
        let connection = &mut *database;
        let found = checkpoint::lock(connection).await?;
        if found != batch.after {
            return Err(StoreError::CheckpointMoved {
                expected: batch.after.clone().map(Box::new),
                found: found.map(Box::new),
            });
        }
        block::append(connection, &batch.blocks).await?;
        transaction::append(connection, &batch.transactions).await?;
        write::append(connection, &batch.writes).await?;
        event::append(connection, &batch.events).await?;
        state::fold(connection, &batch.states, reached.block).await?;
        token::replace(connection, &batch.tokens).await?;
        account::replace(connection, &batch.accounts).await?;
        // Balances compare the notes' old amounts with their new ones: they come first.
        balance::adjust(connection, &batch.notes).await?;
        note::replace(connection, &batch.notes).await?;
        transfer::append(connection, &batch.transfers).await?;
        checkpoint::advance(connection, batch.after.as_ref(), &reached).await?;
        checkpoint::notify(connection, self.listen_channel(), &reached).await?;
        database.commit().await?;
        Ok(reached)
    }

    /// The name on which PostgreSQL notifies of each batch; the payload is the block's number.
    /// A notification only wakes: read from your own cursor.
    #[must_use]
    pub fn listen_channel(&self) -> String {
        format!("{}_block", self.schema())
    }
}
