//! Who may write: one mirror per schema, by an advisory lock that ends with its connection.

use sqlx::{Connection as _, PgConnection};

use crate::{Store, StoreError};

/// Held by the one mirror that writes. Dropping it, or losing its connection, gives it up.
///
/// It keeps two mirrors from doing the same work; what keeps them from doing harm is that
/// [`Store::apply`] compares the checkpoint.
#[derive(Debug)]
pub struct Leadership {
    connection: PgConnection,
}

impl Store {
    /// Takes the lead where nobody has it.
    ///
    /// The lock lives on a connection of its own, outside the pool: where a pooler stands between
    /// here and the server, give this program a direct address.
    ///
    /// # Errors
    /// The database's own.
    pub async fn lead(&self) -> Result<Option<Leadership>, StoreError> {
        let mut connection = PgConnection::connect_with(self.options()).await?;
        let is_leader: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
                .bind(self.lock_name())
                .fetch_one(&mut connection)
                .await?;
        Ok(is_leader.then_some(Leadership { connection }))
    }

    /// Whether some mirror holds the lead.
    ///
    /// # Errors
    /// The database's own.
    pub async fn has_leader(&self) -> Result<bool, StoreError> {
        // An advisory lock's key of 64 bits is shown as two halves.
        let found = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted \
             AND objsubid = 1 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0))",
        )
        .bind(self.lock_name());
        Ok(found.fetch_one(self.pool()).await?)
    }

    fn lock_name(&self) -> String {
        format!("selvedge mirror of schema {}", self.schema())
    }
}

impl Leadership {
    /// Fails where the connection, and with it the lead, is lost.
    ///
    /// # Errors
    /// The database's own.
    pub async fn confirm(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.ping().await?)
    }

    /// Gives the lead to whoever waits for it.
    ///
    /// # Errors
    /// The database's own; the lead is given up all the same.
    pub async fn resign(mut self) -> Result<(), StoreError> {
        // The server notices the end of a connection a little later than the client.
        sqlx::query("SELECT pg_advisory_unlock_all()")
            .execute(&mut self.connection)
            .await?;
        Ok(self.connection.close().await?)
    }
}
