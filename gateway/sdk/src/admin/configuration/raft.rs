//! The nodes that agree on blocks, of either protocol.

use bytes::Bytes;
use fabric_ledger::channel::raft::{CONSENSUS_TYPE, RaftConsenter, RaftMetadata};
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

pub(super) fn consenters(
    consensus: &orderer::ConsensusType,
    nodes: common::Orderers,
) -> Result<Vec<Consenter>, ConfigurationError> {
    if consensus.r#type != CONSENSUS_TYPE {
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
        client_tls_certificate: node.client_tls_cert,
        server_tls_certificate: node.server_tls_cert,
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
