//! What the demo plays on: network, chaincode process, PostgreSQL, mirror. All of it ends with it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, bail};
use asset_mirror::{Mirror, Options};
use asset_store::Store;
use fabric_testnet::Chaincode;
use fabric_testnet::ports::Port;
use fabric_testnet::postgres::Postgres;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::command::chaincode::deploy;
use crate::command::network::{Backend, Network, Ports, Up};
use crate::ledger::Session;
use crate::output::Output;
use crate::place::Place;

/// Either organisation may endorse: the demo shows the ledger, not a consortium's policy.
const POLICY: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

/// Database and schema of the mirror.
const DATABASE: &str = "mirror";
const SCHEMA: &str = "selvedge";

/// Everything that runs.
pub(super) struct Stage {
    pub(super) place: Place,
    pub(super) session: Session,
    pub(super) store: Store,
    database_url: String,
    mirror: JoinHandle<()>,
    shutdown: CancellationToken,
    _chaincode: Child,
    _chaincode_port: Port,
    _postgres: Postgres,
}

impl Stage {
    /// Starts the network, which is a process of its own.
    pub(super) async fn start_network(
        backend: Backend,
        place: &Place,
        output: &Output,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        start_network(backend, place).await?;
        output.progress(&format!(
            "network      up in {:.1} s",
            started.elapsed().as_secs_f64()
        ));
        Ok(())
    }

    /// Puts everything else beside the network. What is dropped half made ends by itself.
    pub(super) async fn furnish(place: &Place, output: &Output) -> anyhow::Result<Self> {
        let port = Port::free()?;
        let definition = Chaincode::new("assets", port.address().to_string()).policy(POLICY);
        let log = place.dir().join("assets.log");
        let chaincode = start_chaincode(&definition, &log)?;
        deploy(place, None, &definition).await?;
        output.progress(&format!(
            "chaincode    assets, a process of its own on {}",
            port.address()
        ));

        let postgres = Postgres::start().await?;
        let database_url = postgres.create_database(DATABASE).await?;
        let store = Store::connect(&database_url, SCHEMA).await?;
        store.migrate().await?;
        let session = Session::at(place.clone());
        let shutdown = CancellationToken::new();
        let mirror = start_mirror(&session, store.clone(), shutdown.clone())?;
        output.progress("mirror       follows into a PostgreSQL of its own");
        Ok(Self {
            place: place.clone(),
            session,
            store,
            database_url,
            mirror,
            shutdown,
            _chaincode: chaincode,
            _chaincode_port: port,
            _postgres: postgres,
        })
    }

    pub(super) fn how_to_look(&self) -> String {
        let dir = self.place.dir().display();
        format!(
            "\neverything runs until Ctrl-C here; in another terminal:\n  \
             selvedge network status --dir {dir}\n  \
             selvedge token balance gold shop --dir {dir}\n  \
             selvedge mirror verify --database '{url}'\n  \
             selvedge serve --database '{url}'\n  \
             psql '{url}' -c 'SELECT * FROM {SCHEMA}.balance'",
            url = self.database_url
        )
    }

    /// Ends everything, the mirror first.
    pub(super) async fn strike(self) {
        self.shutdown.cancel();
        let _ = self.mirror.await;
        self.store.close().await;
        Network::stop(&self.place, &Output::silent()).await.ok();
    }
}

async fn start_network(backend: Backend, place: &Place) -> anyhow::Result<()> {
    let up = Up {
        network: backend,
        orgs: Some(2),
        orderers: 1,
        peers: None,
        cut: None,
        ports: Some(Ports::Free),
        channels: Vec::new(),
        file: None,
        seed: None,
        ephemeral: false,
        without_steps: false,
        rich_queries: None,
        compat: None,
        detach: true,
        place: place.clone(),
    };
    up.run(&Output::silent()).await.map(drop)
}

/// Starts `asset-chaincode`, which stands beside this program.
fn start_chaincode(definition: &Chaincode, log: &Path) -> anyhow::Result<Child> {
    let program = sibling("asset-chaincode")?;
    let log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    Command::new(&program)
        .env("CHAINCODE_ID", definition.package()?.id().as_str())
        .env("CHAINCODE_SERVER_ADDRESS", &definition.address)
        .stdin(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let path = own.with_file_name(name);
    if !path.is_file() {
        bail!(
            "{} is missing; build it with `cargo build --bins`",
            path.display()
        );
    }
    Ok(path)
}

fn start_mirror(
    session: &Session,
    store: Store,
    shutdown: CancellationToken,
) -> anyhow::Result<JoinHandle<()>> {
    let options = Options {
        chaincode: session.chaincode().to_owned(),
        ..Options::default()
    };
    let mirror = Mirror::new(session.network()?, store, options);
    Ok(tokio::spawn(async move {
        if let Err(error) = mirror.run(&shutdown).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the mirror stopped"
            );
        }
    }))
}
