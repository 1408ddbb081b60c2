//! A mirror: `selvedge mirror run` as a process, and what it has written to PostgreSQL.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fabric_testnet::postgres::{Database, Postgres};
use fabric_testnet::wait_until;

use crate::World;
use crate::selvedge::{Finished, Selvedge};
use crate::service::Service;
use crate::warden::Warden;

/// The mirror writes thousands of transactions a second; a machine under load is slower.
const CATCH_UP_DEADLINE: Duration = Duration::from_secs(120);
/// Name of the database on a server of its own.
const OWN_DATABASE: &str = "mirror";

/// Where a mirror writes.
#[derive(Debug)]
pub enum MirrorDatabase {
    /// A database on the server that the tests share.
    Shared(Database),
    /// A server of its own, which can be killed and loses nothing that it has acknowledged.
    Own(Box<Postgres>, String),
}

impl MirrorDatabase {
    /// A database on the shared server.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed; the text says what to install.
    pub async fn shared() -> Self {
        let database = fabric_testnet::postgres::database().await;
        Self::Shared(database.unwrap_or_else(|error| panic!("{error}")))
    }

    /// A database on a durable server of its own.
    ///
    /// # Panics
    /// As [`MirrorDatabase::shared`].
    pub async fn own() -> Self {
        let server = Postgres::start()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let url = server
            .create_database(OWN_DATABASE)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        Self::Own(Box::new(server), url)
    }

    /// What the mirror connects to.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Shared(database) => database.url(),
            Self::Own(_, url) => url,
        }
    }

    /// Kills the server, and starts it again on its data.
    ///
    /// # Panics
    /// On the shared server, and where it does not come back.
    pub async fn crash(&mut self, meanwhile: impl Future<Output = ()>) {
        let Self::Own(server, _) = self else {
            panic!("other tests use this server")
        };
        server.kill();
        meanwhile.await;
        server
            .restart()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Runs SQL, in which the tables need no schema; a row per line, columns separated by `|`.
    ///
    /// # Errors
    /// The server's answer.
    pub async fn query(&self, sql: &str) -> Result<String, String> {
        let sql = format!("SET search_path TO selvedge; {sql}");
        let rows = match self {
            Self::Shared(database) => database.query(&sql).await,
            Self::Own(server, _) => server.query(OWN_DATABASE, &sql).await,
        };
        rows.map_err(|error| error.to_string())
    }
}

/// A running mirror. Dropping it kills it.
#[derive(Debug)]
pub struct Mirror {
    process: Service,
    database: MirrorDatabase,
    selvedge: Selvedge,
    folder: PathBuf,
    warden: Arc<Warden>,
}

impl Mirror {
    /// Starts a mirror of the world's channel.
    #[must_use]
    pub fn start(world: &World, database: MirrorDatabase) -> Self {
        let (selvedge, folder) = (world.selvedge(), world.folder().to_owned());
        let warden = Arc::clone(world.warden());
        let process = run(&selvedge, &database, &folder, &warden);
        Self {
            process,
            database,
            selvedge,
            folder,
            warden,
        }
    }

    /// Where it writes.
    #[must_use]
    pub fn database(&self) -> &MirrorDatabase {
        &self.database
    }

    /// Where it writes, to crash it.
    pub fn database_mut(&mut self) -> &mut MirrorDatabase {
        &mut self.database
    }

    /// Ends it for good and gives the database.
    #[must_use]
    pub fn stop(mut self) -> MirrorDatabase {
        self.process.kill();
        self.database
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = run(&self.selvedge, &self.database, &self.folder, &self.warden);
    }

    /// Waits until every block below `height` can be read from the database.
    ///
    /// # Panics
    /// Where the mirror ends or takes too long.
    pub async fn catches_up(&mut self, height: u64) {
        let mut ended = None;
        let caught_up = wait_until(CATCH_UP_DEADLINE, || {
            ended = self.process.ended();
            let (ended, database) = (ended.is_some(), &self.database);
            async move { ended || blocks(database).await.is_ok_and(|count| count >= height) }
        });
        let caught_up = caught_up.await;
        let log = self.process.log_tail();
        assert!(ended.is_none(), "the mirror ended with {ended:?}:\n{log}");
        if caught_up.is_err() {
            let reached = blocks(&self.database).await;
            panic!(
                "the mirror has {reached:?} blocks of {height} after {CATCH_UP_DEADLINE:?}:\n{log}"
            );
        }
    }

    /// Ends the mirror and proves what it wrote, from the tables and against the peer.
    pub async fn verify(&mut self) -> Finished {
        self.process.kill();
        let url = self.database.url();
        let command = ["mirror", "verify", "--against-peer", "--database", url];
        self.selvedge.call(&command).await
    }

    /// Proves what it wrote from the tables alone.
    pub async fn verify_alone(&self) -> Finished {
        let url = self.database.url();
        self.selvedge
            .call(&["mirror", "verify", "--database", url])
            .await
    }

    /// Runs SQL that must succeed.
    ///
    /// # Panics
    /// With the server's answer.
    pub async fn query(&self, sql: &str) -> String {
        self.database
            .query(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

async fn blocks(database: &MirrorDatabase) -> Result<u64, String> {
    let count = database.query("SELECT count(*) FROM block").await?;
    count.parse().map_err(|error| format!("{count:?}: {error}"))
}

fn run(
    selvedge: &Selvedge,
    database: &MirrorDatabase,
    folder: &std::path::Path,
    warden: &Arc<Warden>,
) -> Service {
    let command = selvedge.command(&["mirror", "run", "--database", database.url()]);
    Service::start(command, "mirror", folder, warden)
}
