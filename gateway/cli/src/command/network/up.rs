//! Starting a network, in the foreground until a signal, or detached.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use fabric_devnet::{Builder, ChannelSpec, Compat, Network, Settings, StateFile};
use fabric_testnet::fabric::{self, RealFabric};

use super::background;
use crate::cutting::Cut;
use crate::network_file::NetworkFile;
use crate::output::Output;
use crate::place::{Kind, Place};

/// How long a block of real Fabric waits with `--cut instant`, which only the embedded network has.
const SHORTEST_BATCH_TIMEOUT: Duration = Duration::from_millis(100);

/// Organisations and channel of real Fabric where nothing else is said.
const DEFAULT_ORGANIZATIONS: u16 = 2;
const DEFAULT_CHANNEL: &str = "mychannel";

#[derive(Args, Debug, Clone)]
pub(crate) struct Up {
    /// Which network to start.
    #[arg(long, value_enum, default_value_t = Backend::Embedded)]
    pub(crate) network: Backend,
    /// Number of organisations with peers: Org1MSP, Org2MSP and so on.
    ///
    /// Up to 20, of real Fabric up to 12. Without it as many as are in --dir, or 2.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=20))]
    pub(crate) orgs: Option<u16>,
    /// Number of ordering nodes, which agree by Raft: 1, or 3 to go on without one of them. The
    /// embedded network has one.
    #[arg(long, default_value_t = 1, value_parser = orderer_count)]
    pub(crate) orderers: u16,
    /// Number of peers of each organisation: peer0.org1.example.com, peer1.org1.example.com and so on.
    ///
    /// Without it as many as are in --dir, or 1.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=20))]
    pub(crate) peers: Option<u16>,
    /// When a block is cut: instant (at once), fabric (as a real channel does: 500
    /// transactions, 2 MB or 2 s), manual (by `selvedge network cut`, which `selvedge chaincode
    /// deploy` waits for too), or an interval such as 500ms.
    ///
    /// Without it as the network in --dir did, or instant.
    #[arg(long)]
    pub(crate) cut: Option<Cut>,
    /// Ports: those of Fabric's test-network (7050, 7051, 9051, ...) or free ones.
    ///
    /// Without it as the network in --dir had, or those of the test-network.
    #[arg(long, value_enum)]
    pub(crate) ports: Option<Ports>,
    /// Name of a channel of all organisations; give it again for further channels.
    ///
    /// Without it those that are in --dir, or mychannel. Commands use the first channel where they
    /// name none.
    #[arg(long = "channel", value_name = "NAME")]
    pub(crate) channels: Vec<String>,
    /// Take organisations, peers, channels, chaincodes and what to run after the start from a YAML
    /// file. Embedded network only.
    ///
    /// Fields: organizations (name, peers), channels (name, organizations, cut), chaincodes (name,
    /// address, channels, policy, version, collections or collections-config), cut, ports, seed,
    /// rich-queries, compat, execute-timeout, after-start (shell commands; they find the network's folder in
    /// SELVEDGE_DIR and package ids in CHAINCODE_ID_NAME).
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["orgs", "peers", "channels", "seed"])]
    pub(crate) file: Option<PathBuf>,
    /// Derive all keys and nonces from this text: two networks with one seed have the same
    /// identities and block 0. Whoever knows it has the keys. Embedded network only.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) seed: Option<String>,
    /// Keep blocks and state in memory. Embedded network only.
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Leave the steps of the file to another process.
    #[arg(long, hide = true)]
    pub(crate) without_steps: bool,
    /// Answer rich queries as peers on CouchDB do; without it they are refused, as on LevelDB.
    /// Embedded network only.
    ///
    /// Without it as the network in --dir did; `--rich-queries=false` ends it.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) rich_queries: Option<bool>,
    /// Which version of Fabric chaincodes and clients see: 3.1, or 2.5, whose peers take one key per
    /// message of a chaincode. Embedded network only: real peers are of the version in FABRIC_BIN.
    ///
    /// Without it the version that the network in --dir had, or 3.1.
    #[arg(long, value_name = "VERSION")]
    pub(crate) compat: Option<Compat>,
    /// Return when the network serves, and leave it running; `selvedge network down` stops it.
    #[arg(long)]
    pub(crate) detach: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    Embedded,
    Fabric,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ports {
    TestNetwork,
    Free,
}

fn orderer_count(text: &str) -> Result<u16, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("give 1 or 3".to_owned()),
    }
}

impl Up {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        if self.network == Backend::Embedded && self.orderers > 1 {
            bail!("the embedded network has one orderer; add --network fabric for three");
        }
        self.refuse_other_kind()?;
        background::refuse_running(&self.place).await?;
        match (self.network, self.detach) {
            (Backend::Embedded, false) => self.embedded(output).await?,
            (Backend::Embedded, true) => self.embedded_apart(output).await?,
            (Backend::Fabric, detach) => {
                let fabric = self.fabric().await?;
                super::status::print(&self.place, output).await?;
                if detach {
                    fabric.detach()?;
                } else {
                    output.progress("press Ctrl-C to stop");
                    crate::signal::ended().await?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses a folder in which a network of another kind is.
    fn refuse_other_kind(&self) -> anyhow::Result<()> {
        let dir = self.place.dir().display();
        match (self.place.kind(), self.network) {
            (Ok(Kind::Fabric), Backend::Embedded) => bail!(
                "{dir} holds a network of real Fabric; go on with it with --network fabric, or name another folder with --dir"
            ),
            (Ok(Kind::Embedded), Backend::Fabric) => bail!(
                "{dir} holds an embedded network; go on with it without --network, or name another folder with --dir"
            ),
            _ => Ok(()),
        }
    }

    /// Serves until a signal.
    async fn embedded(&self, output: &Output) -> anyhow::Result<()> {
        let file = self.network_file()?;
        let network = self.builder(file.as_ref())?.start().await?;
        super::status::print(&self.place, output).await?;
        let steps = match &file {
            Some(file) if !self.without_steps => file.run_steps(&self.place, output).await,
            _ => Ok(()),
        };
        if steps.is_ok() {
            output.progress("press Ctrl-C to stop");
            tokio::select! {
                ended = crate::signal::ended() => ended?,
                () = network.stopped() => {}
            }
        }
        network.shutdown().await;
        steps
    }

    /// Serves in a process of its own.
    async fn embedded_apart(&self, output: &Output) -> anyhow::Result<()> {
        let file = self.network_file()?;
        background::start(self).await?;
        if let Some(file) = file
            && let Err(error) = file.run_steps(&self.place, output).await
        {
            background::stop(&self.place, &Output::silent()).await?;
            return Err(error.context("the network was stopped again"));
        }
        super::status::print(&self.place, output).await.map(drop)
    }

    fn network_file(&self) -> anyhow::Result<Option<NetworkFile>> {
        self.file.as_deref().map(NetworkFile::read).transpose()
    }

    /// What the folder holds, then what the file says, then what the command line says.
    fn builder(&self, file: Option<&NetworkFile>) -> anyhow::Result<Builder> {
        let mut builder = Network::builder().dir(self.place.dir());
        if matches!(self.place.kind(), Ok(Kind::Embedded))
            && let Some(state) = StateFile::read(self.place.dir())?
        {
            self.refuse_fewer(file, &state)?;
            // A file says by itself how the network is to be.
            let settings = match file {
                Some(_) => Settings::default(),
                None => self.settings(state.settings.clone()),
            };
            builder = builder.like(&state).settings(&settings);
        }
        if let Some(file) = file {
            builder = file.apply(builder)?;
        }
        if let Some(orgs) = self.orgs {
            builder = builder.organizations(usize::from(orgs));
        }
        if let Some(peers) = self.peers {
            builder = builder.peers(usize::from(peers));
        }
        if !self.channels.is_empty() {
            builder = builder.channels(self.channels.iter().map(ChannelSpec::new));
        }
        if let Some(ports) = self.ports {
            builder = builder.ports(match ports {
                Ports::TestNetwork => fabric_devnet::Ports::TestNetwork,
                Ports::Free => fabric_devnet::Ports::Free,
            });
        }
        if let Some(cut) = self.cut {
            builder = builder.cut(cut.into());
        }
        if let Some(seed) = &self.seed {
            builder = builder.seed(seed);
        }
        if self.rich_queries == Some(true) {
            builder = builder.rich_queries();
        }
        if let Some(compat) = self.compat {
            builder = builder.compat(compat);
        }
        if self.ephemeral {
            builder = builder.ephemeral();
        }
        Ok(builder)
    }

    /// How the network in the folder ran before, but for what the command line says.
    fn settings(&self, mut settings: Settings) -> Settings {
        settings.rich_queries = self.rich_queries.unwrap_or(settings.rich_queries);
        settings
    }

    /// Refuses to leave organisations of the folder's network away, which its channels name.
    fn refuse_fewer(&self, file: Option<&NetworkFile>, state: &StateFile) -> anyhow::Result<()> {
        let known: BTreeSet<_> = state.peers.iter().map(|peer| &peer.msp_id).collect();
        let asked = self.orgs.map(usize::from);
        let asked = asked.or_else(|| file.and_then(NetworkFile::organizations));
        match asked {
            Some(asked) if asked < known.len() => bail!(
                "{} holds another network, with {} organisations; ask for as many, or name another folder with --dir",
                self.place.dir().display(),
                known.len()
            ),
            _ => Ok(()),
        }
    }

    async fn fabric(&self) -> anyhow::Result<RealFabric> {
        if self.rich_queries == Some(true) {
            bail!(
                "`--rich-queries` is the embedded network's; real peers need a CouchDB beside each, which is not started here"
            );
        }
        if let Some(compat) = self.compat {
            bail!(
                "`--compat` is the embedded network's; set FABRIC_BIN to the programs of {compat} instead"
            );
        }
        let channel = match self.channels.as_slice() {
            [] => DEFAULT_CHANNEL,
            [channel] => channel,
            _ => bail!("real Fabric is started with one channel; give --channel once"),
        };
        if self.file.is_some() || self.seed.is_some() || self.ephemeral {
            bail!("--file, --seed and --ephemeral are the embedded network's; leave them away");
        }
        if self.place.dir().join(fabric::FILE_NAME).exists() {
            let mut fabric = RealFabric::attach(self.place.dir())?;
            fabric.resume().await?;
            return Ok(fabric);
        }
        let options = fabric::Options {
            folder: Some(self.place.dir().to_owned()),
            organizations: self.orgs.unwrap_or(DEFAULT_ORGANIZATIONS),
            peers: self.peers.unwrap_or(1),
            orderers: self.orderers,
            channel: channel.to_owned(),
            ports: match self.ports {
                Some(Ports::Free) => fabric::Ports::Free,
                Some(Ports::TestNetwork) | None => fabric::Ports::TestNetwork,
            },
            batch_timeout: match self.cut {
                Some(Cut::Instant) | None => SHORTEST_BATCH_TIMEOUT,
                Some(Cut::Fabric) => Duration::from_secs(2),
                Some(Cut::Every(period)) => period,
                Some(Cut::Manual) => {
                    bail!("real orderers cut no block on demand; choose another --cut")
                }
            },
            ..fabric::Options::default()
        };
        RealFabric::start(options)
            .await
            .context("real Fabric did not start")
    }
}
