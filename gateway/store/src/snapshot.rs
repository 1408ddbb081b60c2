//! One state of the whole database, read on several connections at the same time, while a mirror may
//! go on writing. Rows come as they are, whatever somebody made of them by hand.

mod chain;
mod record;
mod state;
mod sums;

use sqlx::{Postgres, Transaction};

use crate::{Store, StoreError};

pub use chain::{RecordedCheckpoint, RecordedTransaction, RecordedWrite};
pub use record::{ACCOUNTS, NOTES, Record, RecordTable, TOKENS, TRANSFERS};
pub use state::RecordedState;
pub use sums::{BalanceDifference, SupplyDifference};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A state of the database that stays as it is. Dropping it ends it.
#[derive(Debug)]
pub struct Snapshot {
    store: Store,
    name: String,
    // Readers can join as long as this transaction is open.
    _transaction: Transaction<'static, Postgres>,
}

/// A connection that sees its snapshot.
#[derive(Debug)]
pub struct Reader {
    transaction: Transaction<'static, Postgres>,
}

impl Store {
    /// The database as it is now.
    ///
    /// # Errors
    /// The database's own.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let mut transaction = self.pool().begin_with(BEGIN).await?;
        let name = sqlx::query_scalar("SELECT pg_export_snapshot()")
            .fetch_one(&mut *transaction)
            .await?;
        Ok(Snapshot {
            store: self.clone(),
            name,
            _transaction: transaction,
        })
    }
}

impl Snapshot {
    /// Another connection on this state.
    ///
    /// # Errors
    /// The database's own.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        let mut transaction = self.store.pool().begin_with(BEGIN).await?;
        // The name is PostgreSQL's own; the statement takes no parameters.
        let join = format!("SET TRANSACTION SNAPSHOT '{}'", self.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(join))
            .execute(&mut *transaction)
            .await?;
        Ok(Reader { transaction })
    }
}
