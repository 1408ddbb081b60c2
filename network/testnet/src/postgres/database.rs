//! One server per test process, started by the first test that asks, and a database per test.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;

use super::{Options, Postgres};
use crate::error::Error;

/// Lives as long as the process. No destructor runs for it: the reaper ends it.
static SERVER: OnceCell<Postgres> = OnceCell::const_new();

/// An empty database of its own for one test, dropped with the handle.
#[derive(Debug)]
pub struct Database {
    server: &'static Postgres,
    name: String,
    url: String,
}

impl Database {
    /// What a client connects to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL: see [`Postgres::query`].
    ///
    /// # Errors
    /// [`Error::CommandFailed`] with the server's answer.
    pub async fn query(&self, sql: &str) -> Result<String, Error> {
        self.server.query(&self.name, sql).await
    }
}

/// Creates a database on this process's shared server. The server does not sync to disk: a test
/// that kills PostgreSQL starts a [`Postgres`] of its own.
///
/// # Errors
/// As [`Postgres::start`].
pub async fn database() -> Result<Database, Error> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let options = Options {
        is_durable: false,
        ..Options::default()
    };
    let server = SERVER
        .get_or_try_init(|| Postgres::start_with(options))
        .await?;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let url = server.create_database(&name).await?;
    Ok(Database { server, name, url })
}

impl Drop for Database {
    fn drop(&mut self) {
        // A failure is harmless: the whole cluster goes with the process.
        let sql = format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name);
        if let Ok(mut command) = self.server.psql("postgres", &sql) {
            let _ = command.output();
        }
    }
}
