//! A network in this process whose chaincodes are probes: what the behaviour suite and the recording
//! program run on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fabric_msp::layout;
use fabric_testnet::probe::Probe;
use fabric_testnet::{Chaincode, NetworkKind, TestNetwork, embedded, fabric};
use tokio::sync::Mutex;

use crate::wire::{Client, Node, Nodes};

/// A running network.
#[derive(Debug)]
pub struct ProbedNetwork {
    /// Which kind it is.
    pub kind: NetworkKind,
    /// Name of its channel.
    pub channel: String,
    /// Connections to its nodes.
    pub nodes: Arc<Nodes>,
    network: Mutex<TestNetwork>,
}

impl ProbedNetwork {
    /// Starts a network of this many organisations, whose blocks wait so long for transactions.
    ///
    /// # Panics
    /// Where it does not start; the text says what to do.
    pub async fn start(kind: NetworkKind, organizations: u16, batch_timeout: Duration) -> Self {
        let network = match kind {
            NetworkKind::Embedded => {
                let options = embedded::Options {
                    organizations: Some(organizations),
                    batch_timeout: Some(batch_timeout),
                    ..Default::default()
                };
                let started = embedded::Embedded::start(options).await;
                started.map(TestNetwork::Embedded)
            }
            NetworkKind::Fabric => {
                let options = fabric::Options {
                    organizations,
                    batch_timeout,
                    ..Default::default()
                };
                let started = fabric::RealFabric::start(options).await;
                started.map(TestNetwork::Fabric)
            }
        };
        let network = network.unwrap_or_else(|error| panic!("{error}"));
        Self {
            kind,
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
        let probe = Probe::start()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let chaincode = definition(probe.address().to_string());
        let package = chaincode.package();
        let package = package.unwrap_or_else(|error| panic!("{error}"));
        probe.register_as(package.id().as_str());
        self.deploy_chaincode(&chaincode).await;
        probe
    }

    /// Deploys a chaincode that is served by something else.
    ///
    /// # Panics
    /// Where the network refuses.
    pub async fn deploy_chaincode(&self, chaincode: &Chaincode) {
        let deployed = self.network.lock().await.deploy_chaincode(chaincode).await;
        deployed.unwrap_or_else(|error| panic!("{} cannot be deployed: {error}", chaincode.name));
    }

    /// A user of an organisation.
    #[must_use]
    pub fn client(&self, organization: usize, user: &str) -> Client {
        Client::of(&self.nodes, &self.channel, organization, user)
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
