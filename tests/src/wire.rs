//! A client in Fabric's own messages: nothing is taken from the SDK, which might share a mistake with
//! the network, and everything can be made wrong on purpose.

mod blocks;
mod gateway;
mod proposal;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fabric_msp::{SigningIdentity, layout};
use fabric_protos::orderer::atomic_broadcast_client::AtomicBroadcastClient;
use fabric_protos::peer::deliver_client::DeliverClient;
use fabric_protos::peer::endorser_client::EndorserClient;
use fabric_protos::peer::{ProposalResponse, SignedProposal};
use tonic::Status;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

pub use blocks::{Blocks, Placed, named_position, position, range};
pub use gateway::details;
pub use proposal::{Call, Draft, Proposed, chaincode_action, now};

/// What both sides of a connection take at most.
const MESSAGE_BYTES_MAX: usize = 200 << 20;

/// Connections to every node of a network.
#[derive(Debug)]
pub struct Nodes {
    /// Peers with their organisations, in order.
    pub peers: Vec<Node>,
    /// The orderer.
    pub orderer: Node,
    /// Certificates and keys, in cryptogen's layout.
    pub organizations: PathBuf,
}

/// A node and the connection to it.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its organisation.
    pub msp_id: String,
    /// `host:port`
    pub address: String,
    /// The connection.
    pub connection: Channel,
}

impl Node {
    /// Connects on first use.
    ///
    /// # Panics
    /// Where the authority's certificate cannot be read.
    #[must_use]
    pub fn new(msp_id: &str, address: &str, authority: &Path) -> Self {
        let certificate = std::fs::read(authority)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", authority.display()));
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(certificate))
            .domain_name("localhost");
        let connection = Endpoint::from_shared(format!("https://{address}"))
            .and_then(|endpoint| endpoint.tls_config(tls))
            .unwrap_or_else(|error| panic!("cannot use the endpoint {address}: {error}"))
            .connect_lazy();
        Self {
            msp_id: msp_id.to_owned(),
            address: address.to_owned(),
            connection,
        }
    }
}

/// An identity that talks to the nodes; its gateway is the peer of one organisation.
#[derive(Debug, Clone)]
pub struct Client {
    /// Who signs.
    pub identity: SigningIdentity,
    /// Name of the channel.
    pub channel: String,
    /// Number of the organisation, from 1, whose peer is the gateway.
    pub home: usize,
    /// The nodes.
    pub nodes: Arc<Nodes>,
}

impl Client {
    /// A user of an organisation, connected to its peer.
    ///
    /// # Panics
    /// Where there is no such user.
    #[must_use]
    pub fn of(nodes: &Arc<Nodes>, channel: &str, organization: usize, user: &str) -> Self {
        let folder = layout::user_msp(&nodes.organizations, organization, user);
        let msp_id = layout::organization_msp_id(organization);
        let identity = SigningIdentity::from_msp_dir(&folder, msp_id)
            .unwrap_or_else(|error| panic!("no identity in {}: {error}", folder.display()));
        Self {
            identity,
            channel: channel.to_owned(),
            home: organization,
            nodes: Arc::clone(nodes),
        }
    }

    /// The same on another channel.
    #[must_use]
    pub fn on_channel(&self, channel: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            ..self.clone()
        }
    }

    /// The same with another identity.
    #[must_use]
    pub fn signing_as(&self, identity: SigningIdentity) -> Self {
        Self {
            identity,
            ..self.clone()
        }
    }

    /// The peer of an organisation.
    #[must_use]
    pub fn peer(&self, organization: usize) -> &Node {
        &self.nodes.peers[organization - 1]
    }

    /// Asks the peer of an organisation to endorse.
    ///
    /// # Errors
    /// What it answers.
    pub async fn process(
        &self,
        organization: usize,
        signed: &SignedProposal,
    ) -> Result<ProposalResponse, Status> {
        let connection = self.peer(organization).connection.clone();
        let mut client = EndorserClient::new(connection)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let answer = client.process_proposal(signed.clone()).await?;
        Ok(answer.into_inner())
    }

    /// The blocks of an organisation's peer.
    #[must_use]
    pub fn deliver(&self, organization: usize) -> DeliverClient<Channel> {
        DeliverClient::new(self.peer(organization).connection.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The orderer.
    #[must_use]
    pub fn orderer(&self) -> AtomicBroadcastClient<Channel> {
        AtomicBroadcastClient::new(self.nodes.orderer.connection.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }
}
