//! The connection pool of one schema.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection};

use crate::StoreError;

/// One writer and a few readers at a time: more connections only make a server slower.
const CONNECTIONS_MAX: u32 = 8;
/// How long a caller waits for a connection before it hears that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// PostgreSQL cuts identifiers at 63 bytes; a rebuild appends a suffix.
const SCHEMA_BYTES_MAX: usize = 48;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The database of one mirrored channel. Cloning shares the pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    options: PgConnectOptions,
    schema: String,
}

impl Store {
    /// Connects to the database at `url` and uses the tables of `schema` (see [`Store::migrate`]).
    ///
    /// # Errors
    /// [`StoreError::Address`], [`StoreError::Schema`], or a server that does not answer.
    pub async fn connect(url: &str, schema: &str) -> Result<Self, StoreError> {
        if !is_schema_name(schema) {
            return Err(StoreError::Schema {
                schema: schema.to_owned(),
            });
        }
        if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(StoreError::Address(None));
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Address(Some(error)))?
            .application_name("selvedge")
            .options([("search_path", schema)]);
        // The pool goes on trying until its timeout and then hides why it could not connect.
        PgConnection::connect_with(&options).await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.clone());
        Ok(Self {
            pool,
            options,
            schema: schema.to_owned(),
        })
    }

    /// Creates the schema and its tables, or brings them to this version.
    ///
    /// # Errors
    /// [`StoreError::Migrate`] for tables of a newer version or of another program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // The name was checked: lower-case letters, digits and '_'.
        let create = format!(r#"CREATE SCHEMA IF NOT EXISTS "{}""#, self.schema);
        if !self.has_schema().await? {
            sqlx::raw_sql(sqlx::AssertSqlSafe(create))
                .execute(&self.pool)
                .await?;
        }
        MIGRATOR.run(&self.pool).await?;
        Ok(())
    }

    /// Makes sure that the tables are those of this version.
    ///
    /// # Errors
    /// [`StoreError::Version`] where they are not.
    pub async fn check_version(&self) -> Result<(), StoreError> {
        let expected = MIGRATOR.iter().map(|migration| migration.version).max();
        let expected = expected.unwrap_or_default();
        let made = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        let found = if made.fetch_one(&self.pool).await? {
            sqlx::query_scalar(
                "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success",
            )
            .fetch_one(&self.pool)
            .await?
        } else {
            0
        };
        if found == expected {
            Ok(())
        } else {
            Err(StoreError::Version { expected, found })
        }
    }

    /// Whether [`Store::migrate`] has been here.
    ///
    /// # Errors
    /// A server that does not answer.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar("SELECT to_regclass('checkpoint') IS NOT NULL");
        Ok(found.fetch_one(&self.pool).await?)
    }

    /// The schema that holds the tables.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    async fn has_schema(&self) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(&self.schema);
        Ok(found.fetch_one(&self.pool).await?)
    }
}

fn is_schema_name(schema: &str) -> bool {
    schema.len() <= SCHEMA_BYTES_MAX
        && schema.starts_with(|first: char| first.is_ascii_lowercase())
        && schema
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
