//! Starting a network, in the foreground until a signal, or detached.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use fabric_testnet::fabric::{self, RealFabric};

use super::background;
use crate::output::Output;
use crate::place::Place;

/// How long a block of real Fabric waits with `--cut instant`, which only the embedded network has.
const SHORTEST_BATCH_TIMEOUT: Duration = Duration::from_millis(100);

#[derive(Args, Debug, Clone)]
pub(crate) struct Up {
    /// Which network to start.
    #[arg(long, value_enum, default_value_t = Backend::Embedded)]
    pub(crate) network: Backend,
    /// Number of organisations with peers: Org1MSP, Org2MSP and so on.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=12))]
    pub(crate) orgs: u16,
    /// Number of ordering nodes, which agree by Raft: 1, or 3 to go on without one of them. The
    /// embedded network has one.
    #[arg(long, default_value_t = 1, value_parser = orderer_count)]
    pub(crate) orderers: u16,
    /// Number of peers of each organisation: peer0.org1.example.com, peer1.org1.example.com and so on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=20))]
    pub(crate) peers: u16,
    /// When a block is cut: at once, or as a real channel does (500 transactions, 2 MB or 2 s).
    #[arg(long, value_enum, default_value_t = Cut::Instant)]
    pub(crate) cut: Cut,
    /// Ports: those of Fabric's test-network (7050, 7051, 9051, ...) or free ones.
    #[arg(long, value_enum, default_value_t = Ports::TestNetwork)]
    pub(crate) ports: Ports,
    /// Name of a channel of all organisations; give it again for further channels.
    ///
    /// Commands use the first channel where they name none.
    #[arg(long = "channel", value_name = "NAME", default_value = "mychannel")]
    pub(crate) channels: Vec<String>,
    /// Answer rich queries as peers on CouchDB do; without it they are refused, as on LevelDB.
    /// Embedded network only.
    #[arg(long)]
    pub(crate) rich_queries: bool,
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
pub(crate) enum Cut {
    Instant,
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
        background::refuse_running(&self.place).await?;
        match (self.network, self.detach) {
            (Backend::Embedded, false) => self.embedded(output).await?,
            (Backend::Embedded, true) => {
                background::start(&self).await?;
                super::status::print(&self.place, output).await?;
            }
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

    async fn embedded(&self, output: &Output) -> anyhow::Result<()> {
        let mut builder = fabric_devnet::Network::builder()
            .dir(self.place.dir())
            .organizations(usize::from(self.orgs))
            .peers(usize::from(self.peers))
            .channels(self.channels.iter().map(fabric_devnet::ChannelSpec::new))
            .ports(match self.ports {
                Ports::TestNetwork => fabric_devnet::Ports::TestNetwork,
                Ports::Free => fabric_devnet::Ports::Free,
            })
            .cut(match self.cut {
                Cut::Instant => fabric_devnet::Cut::Instant,
                Cut::Fabric => fabric_devnet::Cut::fabric(),
            });
        if self.rich_queries {
            builder = builder.rich_queries();
        }
        let network = builder.start().await?;
        super::status::print(&self.place, output).await?;
        output.progress("press Ctrl-C to stop");
        crate::signal::ended().await?;
        network.shutdown().await;
        Ok(())
    }

    async fn fabric(&self) -> anyhow::Result<RealFabric> {
        if self.rich_queries {
            bail!(
                "`--rich-queries` is the embedded network's; real peers need a CouchDB beside each, which is not started here"
            );
        }
        let [channel] = self.channels.as_slice() else {
            bail!("real Fabric is started with one channel; give --channel once");
        };
        if self.place.dir().join(fabric::FILE_NAME).exists() {
            let mut fabric = RealFabric::attach(self.place.dir())?;
            fabric.resume().await?;
            return Ok(fabric);
        }
        let options = fabric::Options {
            folder: Some(self.place.dir().to_owned()),
            organizations: self.orgs,
            peers: self.peers,
            orderers: self.orderers,
            channel: channel.clone(),
            ports: match self.ports {
                Ports::TestNetwork => fabric::Ports::TestNetwork,
                Ports::Free => fabric::Ports::Free,
            },
            batch_timeout: match self.cut {
                Cut::Instant => SHORTEST_BATCH_TIMEOUT,
                Cut::Fabric => Duration::from_secs(2),
            },
            ..fabric::Options::default()
        };
        RealFabric::start(options)
            .await
            .context("real Fabric did not start")
    }
}
