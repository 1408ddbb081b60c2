//! How far a schema's mirror has come, as the database tells it.

use asset_store::{Checkpoint, Store, StoreError};

/// The state of a schema's mirror, whoever runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The schema.
    pub schema: String,
    /// The channel that it mirrors, once it does.
    pub channel: Option<String>,
    /// The last block written, proved.
    pub checkpoint: Option<Checkpoint>,
    /// Transactions written, valid or not.
    pub transactions: u64,
    /// Valid transactions written.
    pub valid_transactions: u64,
    /// Whether a mirror is running.
    pub has_leader: bool,
}

/// Reads the state of a schema's mirror.
///
/// # Errors
/// The database's own.
pub async fn status(store: &Store) -> Result<Status, StoreError> {
    let (transactions, valid_transactions) = store.transaction_counts().await?;
    Ok(Status {
        schema: store.schema().to_owned(),
        channel: store.channel().await?.map(|channel| channel.name),
        checkpoint: store.checkpoint().await?,
        transactions,
        valid_transactions,
        has_leader: store.has_leader().await?,
    })
}
