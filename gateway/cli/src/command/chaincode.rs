//! `selvedge chaincode`: packages a chaincode service, defines it on a network's channel, and calls it.

mod call;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use fabric_testnet::fabric::RealFabric;
use fabric_testnet::{Chaincode as Definition, DeploymentPeer};
use serde_json::{Value, json};

use crate::output::Output;
use crate::place::{Kind, Place};

#[derive(Subcommand)]
pub(crate) enum Chaincode {
    /// Write the archive that `peer lifecycle chaincode install` takes; prints its package id.
    Package {
        #[command(flatten)]
        service: Service,
        /// File to write; NAME.tar.gz where none is given.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Define the chaincode on the channel, or change its address or policy.
    ///
    /// The service need not run yet. Start it with the package id that this prints as CHAINCODE_ID.
    /// On a network that cuts blocks by hand it waits for `selvedge network cut`.
    Deploy {
        #[command(flatten)]
        service: Service,
        /// Endorsement policy, such as "OR('Org1MSP.peer','Org2MSP.peer')"; a majority of the
        /// organisations where none is given.
        #[arg(long)]
        policy: Option<String>,
        /// Private data collections: the JSON file that Fabric's `peer` takes.
        #[arg(long, value_name = "FILE")]
        collections_config: Option<PathBuf>,
        /// Channel to define it on; the network's first where none is given.
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Call a function and commit what it writes.
    Invoke(call::Call),
    /// Call a function on one peer, and commit nothing.
    Query(call::Call),
}

/// A chaincode and where it listens.
#[derive(Args)]
pub(crate) struct Service {
    /// Name that clients call it by.
    #[arg(value_parser = parse_name)]
    name: String,
    /// Where the service listens, as the peers reach it.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    address: String,
}

/// Fabric's rule (`core/chaincode/lifecycle/scc.go`, `ChaincodeNameRegExp`).
fn parse_name(text: &str) -> Result<String, String> {
    let mut groups = text.split(['-', '_']);
    let is_name = groups
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    is_name.then(|| text.to_owned()).ok_or_else(|| {
        "write letters and digits, in groups joined by `-` or `_`, such as my-chaincode".to_owned()
    })
}

fn parse_address(text: &str) -> Result<String, String> {
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let is_address = parts.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
    is_address
        .then(|| text.to_owned())
        .ok_or_else(|| "write HOST:PORT, such as 127.0.0.1:9999".to_owned())
}

impl Chaincode {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Invoke(call) => call.invoke(output).await?,
            Self::Query(call) => call.query(output).await?,
            Self::Package { service, out } => {
                let package = Definition::new(&service.name, &service.address).package()?;
                let out = out.unwrap_or_else(|| PathBuf::from(format!("{}.tar.gz", service.name)));
                std::fs::write(&out, package.bytes())
                    .with_context(|| format!("cannot write {}", out.display()))?;
                let id = package.id();
                let made = json!({ "package_id": id.as_str(), "file": out });
                output.result(&made, |_| format!("{}\n{id}", out.display()))?;
            }
            Self::Deploy {
                service,
                policy,
                collections_config,
                channel,
                place,
            } => {
                let mut definition = Definition::new(&service.name, &service.address);
                definition.policy = policy;
                if let Some(file) = collections_config {
                    let read = std::fs::read_to_string(&file);
                    let collections =
                        read.with_context(|| format!("could not read file '{}'", file.display()))?;
                    definition.collections = Some(collections);
                }
                let deployed = deploy(&place, channel.as_deref(), &definition).await?;
                output.result(&deployed, |deployed| {
                    format!(
                        "{} is defined, sequence {}\nstart its service with CHAINCODE_ID={}",
                        service.name,
                        deployed["sequence"],
                        deployed["package_id"].as_str().unwrap_or_default()
                    )
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a peer refuses a definition because it leaves away what the chaincode has
/// (`core/chaincode/lifecycle/scc.go`).
pub(crate) fn lacks_collections(refusal: &str) -> bool {
    refusal.contains("does not contain previously defined collections")
}

/// Says what to do about a refusal, where its words do not.
fn remedied(error: anyhow::Error, definition: &Definition) -> anyhow::Error {
    if !lacks_collections(&format!("{error:#}")) {
        return error;
    }
    error.context(format!(
        "chaincode `{}` has private data collections, which a new definition must keep; give them again with --collections-config FILE",
        definition.name
    ))
}

/// Defines a chaincode on a channel of the network of a folder, whichever kind it is.
pub(crate) async fn deploy(
    place: &Place,
    channel: Option<&str>,
    definition: &Definition,
) -> anyhow::Result<Value> {
    let state = place.state()?;
    let channel = state.channel_or_first(channel)?;
    let deployed = match place.kind()? {
        Kind::Embedded => {
            let members = state.members(channel);
            let peers = state.peers.iter().filter(|peer| members(&peer.msp_id));
            let peers = peers.map(|peer| DeploymentPeer {
                msp_id: peer.msp_id.clone(),
                address: peer.address,
                tls_ca: peer.tls_ca.clone(),
            });
            let peers: Vec<_> = peers.collect();
            fabric_testnet::deploy(channel, &state.organizations, &peers, definition)
                .await
                .map_err(|error| remedied(error.into(), definition))?
        }
        Kind::Fabric => {
            let mut fabric = RealFabric::attach(place.dir())?;
            let deployed = fabric.deploy(definition).await;
            let folder = fabric.detach()?;
            deployed
                .map_err(|error| remedied(error.into(), definition))
                .with_context(|| format!("see the logs in {}", folder.display()))?
        }
        Kind::Unknown(kind) => bail!(
            "the network in {} is of the unknown kind {kind:?}",
            place.dir().display()
        ),
    };
    Ok(json!({
        "name": definition.name,
        "sequence": deployed.sequence,
        "package_id": deployed.package_id.as_str(),
    }))
}
