//! The mirror's database, as the commands take it.

use anyhow::Context as _;
use asset_store::Store;
use clap::Args;

/// Where the mirror's tables are.
#[derive(Args, Debug, Clone)]
pub(crate) struct Database {
    /// PostgreSQL, as postgres://user:password@host:port/name.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database: String,
    /// Schema of the tables; another channel needs another one.
    #[arg(long, default_value = "selvedge")]
    schema: String,
}

impl Database {
    pub(crate) async fn connect(&self) -> anyhow::Result<Store> {
        let store = Store::connect(&self.database, &self.schema).await;
        store.context("cannot use the database; check --database or DATABASE_URL")
    }
}
