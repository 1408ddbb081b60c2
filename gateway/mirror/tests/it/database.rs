//! A store for one test, a mirror on it, and a digest of everything that it holds.

use std::time::Duration;

use asset_mirror::{Mirror, MirrorError, Options, Phase, Progress};
use asset_store::Store;
use fabric_testnet::postgres::{self, Database};
use fabric_testnet::wait_until;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::source::Recording;

pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// A store on a database of its own; the database goes with the handle.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) database: Database,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub(crate) async fn store() -> TestStore {
    let database = postgres::database().await.unwrap();
    let store = connect(database.url()).await;
    TestStore { store, database }
}

pub(crate) async fn connect(url: &str) -> Store {
    let store = Store::connect(url, "mirror").await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// A block is a batch of its own.
pub(crate) fn block_by_block() -> Options {
    Options {
        batch_transactions_max: 1,
        ..options()
    }
}

/// The name that the made chains give the asset contract.
pub(crate) fn options() -> Options {
    Options {
        chaincode: crate::made_chain::CHAINCODE.to_owned(),
        ..Options::default()
    }
}

/// Mirrors a recording to its end.
pub(crate) async fn mirror(
    store: &Store,
    recording: &Recording,
    options: Options,
) -> Result<(), MirrorError> {
    let mirror = Mirror::new(recording.clone(), store.clone(), options);
    let never = CancellationToken::new();
    let run = mirror.run(&never);
    tokio::time::timeout(DEADLINE, run)
        .await
        .expect("the mirror comes to the end")
}

/// A mirror that runs beside the test.
pub(crate) struct Running {
    pub(crate) progress: watch::Receiver<Progress>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), MirrorError>>,
}

impl Running {
    pub(crate) fn start(store: &Store, recording: &Recording, options: Options) -> Self {
        let mirror = Mirror::new(recording.clone(), store.clone(), options);
        let progress = mirror.progress();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let task = tokio::spawn(async move { mirror.run(&token).await });
        Self {
            progress,
            shutdown,
            task,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.progress.borrow().phase
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until block `number` is written.
    pub(crate) async fn reaches(&self, number: u64) {
        let reached = || async { self.progress.borrow().block >= Some(number) };
        let outcome = wait_until(DEADLINE, reached).await;
        assert!(outcome.is_ok(), "{:?}", self.progress.borrow());
    }

    pub(crate) async fn comes_to(&self, phase: Phase) {
        let came = || async { self.phase() == phase };
        let outcome = wait_until(DEADLINE, came).await;
        assert!(outcome.is_ok(), "{:?}", self.progress.borrow());
    }

    pub(crate) async fn stop(self) -> Result<(), MirrorError> {
        self.shutdown.cancel();
        self.end().await
    }

    pub(crate) async fn end(self) -> Result<(), MirrorError> {
        let ended = tokio::time::timeout(DEADLINE, self.task).await;
        ended
            .expect("the mirror stops")
            .expect("the mirror does not panic")
    }
}

const TABLES: [&str; 13] = [
    "channel",
    "checkpoint",
    "block",
    "transaction",
    "write",
    "state",
    "event",
    "token",
    "account",
    "note",
    "balance",
    "transfer",
    "_sqlx_migrations",
];
/// Columns that say when this copy was made.
const OWN_COLUMNS: &str = "ARRAY['mirrored_at', 'changed_at', 'installed_on', 'execution_time']";

/// Everything in the schema but the times of writing: equal for equal copies.
pub(crate) async fn contents(database: &Database) -> Vec<String> {
    contents_through(|sql| async move { database.query(&sql).await.unwrap() }).await
}

pub(crate) async fn contents_through<Rows>(query: impl Fn(String) -> Rows) -> Vec<String>
where
    Rows: Future<Output = String>,
{
    let mut contents = Vec::new();
    for table in TABLES {
        let sql = format!(
            "SELECT count(*), md5(coalesce(string_agg(row, '|' ORDER BY row), '')) \
             FROM (SELECT (to_jsonb(t) - {OWN_COLUMNS})::text AS row FROM mirror.{table} t) rows"
        );
        contents.push(format!("{table}: {}", query(sql).await));
    }
    contents
}
