//! Organisations of a channel.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use fabric_protos::common::{ConfigGroup, OrdererAddresses};
use fabric_protos::{msp, peer};

use super::policy::{self, ChannelPolicy};
use super::{ConfigurationError, read, value};

/// An organisation of a channel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChannelOrganization {
    /// Name of its group in the configuration.
    pub name: String,
    /// Name by which policies and identities call it.
    pub msp_id: String,
    /// Policies by name.
    pub policies: BTreeMap<String, ChannelPolicy>,
    /// Peers that others contact first.
    pub anchor_peers: Vec<NodeAddress>,
    /// Ordering nodes that it runs, as `host:port`.
    pub orderer_endpoints: Vec<String>,
    /// Authorities of its identities, in PEM; those of the root and below.
    pub authorities: Vec<Bytes>,
    /// Authorities of its nodes' TLS certificates, in PEM; those of the root and below.
    pub tls_authorities: Vec<Bytes>,
    /// Whether certificates say by their unit what they are: client, peer, admin or orderer.
    pub has_node_units: bool,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeAddress {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u32,
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

pub(super) fn all_of(
    path: &str,
    group: &ConfigGroup,
) -> Result<Vec<ChannelOrganization>, ConfigurationError> {
    let organizations = group.groups.iter();
    organizations
        .map(|(name, group)| one(&format!("{path}/{name}"), name, group))
        .collect()
}

fn one(
    path: &str,
    name: &str,
    group: &ConfigGroup,
) -> Result<ChannelOrganization, ConfigurationError> {
    let wrapped: msp::MspConfig = value(path, group, "MSP")?.unwrap_or_default();
    let msp: msp::FabricMspConfig = read(|| format!("{path}/MSP"), &wrapped.config)?;
    let anchors: peer::AnchorPeers = value(path, group, "AnchorPeers")?.unwrap_or_default();
    let endpoints: OrdererAddresses = value(path, group, "Endpoints")?.unwrap_or_default();
    let anchors = anchors.anchor_peers.into_iter().map(|anchor| NodeAddress {
        host: anchor.host,
        port: u32::try_from(anchor.port).unwrap_or_default(),
    });
    Ok(ChannelOrganization {
        name: name.to_owned(),
        policies: policy::all_of(path, group)?,
        anchor_peers: anchors.collect(),
        orderer_endpoints: endpoints.addresses,
        authorities: [msp.root_certs, msp.intermediate_certs].concat(),
        tls_authorities: [msp.tls_root_certs, msp.tls_intermediate_certs].concat(),
        has_node_units: msp.fabric_node_ous.is_some_and(|units| units.enable),
        msp_id: msp.name,
    })
}
