//! The nodes that agree on blocks, of either protocol.

use bytes::Bytes;
use fabric_protos::{common, orderer};

use super::organization::NodeAddress;
use super::{ConfigurationError, read};

/// A node that agrees on blocks with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consenter {
    /// Where the others reach it.
    pub address: NodeAddress,
    /// The certificate that it shows as a client, in PEM.
    pub client_tls_certificate: Bytes,
    /// The certificate that it shows as a server, in PEM.
    pub server_tls_certificate: Bytes,
    /// Its organisation; only BFT names it.
    pub msp_id: Option<String>,
}

/// Metadata of the consensus type `etcdraft`. (Fabric: `orderer/etcdraft/configuration.proto`)
#[derive(Clone, PartialEq, prost::Message)]
struct RaftMetadata {
    #[prost(message, repeated, tag = "1")]
    consenters: Vec<RaftConsenter>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RaftConsenter {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(uint32, tag = "2")]
    port: u32,
    #[prost(bytes = "bytes", tag = "3")]
    client_tls_certificate: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    server_tls_certificate: Bytes,
}

pub(super) fn consenters(
    consensus: &orderer::ConsensusType,
    nodes: common::Orderers,
) -> Result<Vec<Consenter>, ConfigurationError> {
    if consensus.r#type != "etcdraft" {
        return Ok(nodes.consenter_mapping.into_iter().map(of_bft).collect());
    }
    let metadata: RaftMetadata = read(|| "Orderer/ConsensusType".to_owned(), &consensus.metadata)?;
    Ok(metadata.consenters.into_iter().map(of_raft).collect())
}

fn of_raft(node: RaftConsenter) -> Consenter {
    Consenter {
        address: NodeAddress {
            host: node.host,
            port: node.port,
        },
        client_tls_certificate: node.client_tls_certificate,
        server_tls_certificate: node.server_tls_certificate,
        msp_id: None,
    }
}

fn of_bft(node: common::Consenter) -> Consenter {
    Consenter {
        address: NodeAddress {
            host: node.host,
            port: node.port,
        },
        client_tls_certificate: node.client_tls_cert,
        server_tls_certificate: node.server_tls_cert,
        msp_id: Some(node.msp_id),
    }
}
