//! A network in this process whose chaincodes are probes: what the behaviour suite and the recording
//! program run on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fabric_msp::layout;
use fabric_testnet::probe::Probe;
use fabric_testnet::{Chaincode, Compat, NetworkKind, TestNetwork, embedded, fabric};
use tokio::sync::Mutex;

use crate::wire::{Client, Node, Nodes};

/// What a network is like.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Number of organisations, a peer each.
    pub organizations: u16,
    /// How long the first transaction of a block waits for others.
    pub batch_timeout: Duration,
    /// Channels beside the first one.
    pub further_channels: Vec<String>,
    /// Calls that a gateway serves at once.
    pub gateway_calls: u16,
    /// The version of Fabric that an embedded network behaves as.
    pub compat: Compat,
}

impl Shape {
    /// A network of one channel with Fabric's limits.
    #[must_use]
    pub fn new(organizations: u16, batch_timeout: Duration, compat: Compat) -> Self {
        Self {
            organizations,
            batch_timeout,
            further_channels: Vec::new(),
            gateway_calls: 500,
            compat,
        }
    }
}

/// A running network.
#[derive(Debug)]
pub struct ProbedNetwork {
    /// Which kind it is.
    pub kind: NetworkKind,
    /// The version of Fabric that it is, or behaves as.
    pub compat: Compat,
    /// Name of its channel.
    pub channel: String,
    /// Connections to its nodes.
    pub nodes: Arc<Nodes>,
    network: Mutex<TestNetwork>,
}

impl ProbedNetwork {
    /// Starts a network. Real Fabric is of the version that its programs have.
    ///
    /// # Panics
    /// Where it does not start; the text says what to do.
    pub async fn start(kind: NetworkKind, shape: Shape) -> Self {
        let Shape {
            organizations,
            batch_timeout,
            further_channels,
            gateway_calls,
            compat,
        } = shape;
        let network = match kind {
            NetworkKind::Embedded => {
                let options = embedded::Options {
                    organizations: Some(organizations),
                    batch_timeout: Some(batch_timeout),
                    further_channels,
                    gateway_calls: Some(gateway_calls.into()),
                    compat,
                    ..Default::default()
                };
                let started = embedded::Embedded::start(options).await;
                started.map(TestNetwork::Embedded)
            }
            NetworkKind::Fabric => {
                let options = fabric::Options {
                    organizations,
                    batch_timeout,
                    further_channels,
                    gateway_calls: gateway_calls.into(),
                    ..Default::default()
                };
                let started = fabric::RealFabric::start(options).await;
                started.map(TestNetwork::Fabric)
            }
        };
        let network = network.unwrap_or_else(|error| panic!("{error}"));
        let compat = match &network {
            TestNetwork::Embedded(_) => compat,
            TestNetwork::Fabric(real) => version(&real.state().version),
        };
        Self {
            kind,
            compat,
            channel: network.channel().to_owned(),
            nodes: Arc::new(connect(&network, organizations.into())),
            network: Mutex::new(network),
        }
    }

    /// Starts a probe and deploys it as the chaincode that `definition` makes of its address.
    ///
    /// # Panics
    /// Where the network refuses.
    pub async fn deploy(&self, definition: impl FnOnce(String) -> Chaincode) -> Probe {
        self.deploy_on(&self.channel, definition).await
    }

    /// As [`ProbedNetwork::deploy`], on a channel by its name.
    ///
    /// # Panics
    /// Where the network refuses.
    pub async fn deploy_on(
        &self,
        channel: &str,
        definition: impl FnOnce(String) -> Chaincode,
    ) -> Probe {
        let probe = Probe::start()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let chaincode = definition(probe.address().to_string());
        let package = chaincode.package();
        let package = package.unwrap_or_else(|error| panic!("{error}"));
        probe.register_as(package.id().as_str());
        self.deploy_chaincode_on(channel, &chaincode).await;
        probe
    }

    /// Deploys a chaincode that is served by something else.
    ///
    /// # Panics
    /// Where the network refuses.
    pub async fn deploy_chaincode(&self, chaincode: &Chaincode) {
        self.deploy_chaincode_on(&self.channel, chaincode).await;
    }

    async fn deploy_chaincode_on(&self, channel: &str, chaincode: &Chaincode) {
        let mut network = self.network.lock().await;
        let deployed = network.deploy_on(channel, chaincode).await;
        deployed.unwrap_or_else(|error| panic!("{} cannot be deployed: {error}", chaincode.name));
    }

    /// A user of an organisation.
    #[must_use]
    pub fn client(&self, organization: usize, user: &str) -> Client {
        Client::of(&self.nodes, &self.channel, organization, user)
    }
}

/// A version as programs state it: `v2.5.16`, or `latest` of a local build.
fn version(text: &str) -> Compat {
    match text.trim_start_matches('v').starts_with("2.") {
        true => Compat::V2_5,
        false => Compat::V3_1,
    }
}

fn connect(network: &TestNetwork, organizations: usize) -> Nodes {
    let peers = (1..=organizations).map(|number| {
        let msp_id = layout::organization_msp_id(number);
        let address = network.peer_endpoint(&msp_id);
        let address = address
            .unwrap_or_else(|error| panic!("{error}"))
            .to_string();
        let authority = network.tls_ca(&msp_id);
        let authority = authority.unwrap_or_else(|error| panic!("{error}"));
        Node::new(&msp_id, &address, &authority)
    });
    let organizations = network.organizations_dir();
    let orderer = match network {
        TestNetwork::Embedded(embedded) => embedded.network().orderer_endpoint(),
        TestNetwork::Fabric(real) => real.state().orderer,
    };
    let authority = layout::orderer_tls_ca(organizations);
    let authority: &Path = &authority;
    Nodes {
        peers: peers.collect(),
        orderer: Node::new(layout::ORDERER_MSP_ID, &orderer.to_string(), authority),
        organizations: organizations.to_owned(),
    }
}
