//! Whether the nodes that agree on blocks could go on. (Fabric: orderer/consensus/etcdraft)

use std::collections::HashSet;

use fabric_protos::orderer::ConsensusType;
use prost::Message;

use super::bundle::OrdererConfig;
use super::duration::{DurationError, GoDuration};
use super::raft::{CONSENSUS_TYPE, RaftConsenter, RaftMetadata};

/// What is wrong with the consensus that a configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsensusError {
    /// A type that no orderer has.
    #[error("illegal consensus type detected during consensus metadata validation: {0}")]
    UnknownType(String),
    /// BFT nodes are reached at the endpoints of their organisations.
    #[error(
        "illegal orderer config detected during consensus metadata validation: endpoints of org {0} are missing"
    )]
    MissingEndpoints(String),
    /// The metadata does not decode.
    #[error(
        "failed to unmarshal new etcdraft metadata configuration: proto: cannot parse invalid wire-format data"
    )]
    Undecodable(prost::DecodeError),
    /// The metadata makes no sense.
    #[error("invalid new config metadata")]
    Metadata(#[source] MetadataError),
    /// More than one node at a time.
    #[error(
        "update of more than one consenter at a time is not supported, requested changes: add {added} node(s), remove {removed} node(s)"
    )]
    Consenters {
        /// New nodes.
        added: usize,
        /// Nodes that are not there any more.
        removed: usize,
    },
    /// Those that would be left are too few.
    #[error("{active} out of {nodes} nodes are alive, configuration will result in quorum loss")]
    QuorumLoss {
        /// Nodes that are alive.
        active: usize,
        /// All nodes.
        nodes: usize,
    },
}

/// What is wrong with the metadata of the consensus type `etcdraft`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// No times and sizes.
    #[error("nil Raft config metadata options")]
    NoOptions,
    /// A number that must not be 0.
    #[error(
        "none of HeartbeatTick ({heartbeat}), ElectionTick ({election}) and MaxInflightBlocks ({inflight}) can be zero"
    )]
    Zero {
        /// Ticks between two signs of life.
        heartbeat: u32,
        /// Ticks until an election.
        election: u32,
        /// Blocks that may wait.
        inflight: u32,
    },
    /// Nodes would stand for election all the time.
    #[error("ElectionTick ({election}) must be greater than HeartbeatTick ({heartbeat})")]
    Ticks {
        /// Ticks until an election.
        election: u32,
        /// Ticks between two signs of life.
        heartbeat: u32,
    },
    /// Not a duration.
    #[error("failed to parse TickInterval ({text}) to time duration")]
    TickInterval {
        /// What there is.
        text: String,
        /// What is wrong with it.
        source: DurationError,
    },
    /// Ticks without length.
    #[error("TickInterval cannot be zero")]
    ZeroTickInterval,
    /// No nodes.
    #[error("empty consenter set")]
    NoConsenters,
    /// One certificate, two nodes.
    #[error("duplicate consenter: server cert: {server}, client cert: {client}")]
    Duplicate {
        /// Certificate of the second one, as a server.
        server: String,
        /// Certificate of the second one, as a client.
        client: String,
    },
}

/// Whether the present nodes, all of them alive, can become the next ones.
pub(super) fn check(current: &OrdererConfig, next: &OrdererConfig) -> Result<(), ConsensusError> {
    if next.consensus.metadata.is_empty() {
        return Ok(());
    }
    match next.consensus.r#type.as_str() {
        CONSENSUS_TYPE => {}
        "BFT" => {
            let mut organizations = next.organizations.iter();
            return match organizations.find(|(_, found)| !found.has_endpoints) {
                Some((name, _)) => Err(ConsensusError::MissingEndpoints(name.clone())),
                None => Ok(()),
            };
        }
        other => return Err(ConsensusError::UnknownType(other.to_owned())),
    }
    let next = metadata(&next.consensus).map_err(ConsensusError::Undecodable)?;
    check_metadata(&next).map_err(ConsensusError::Metadata)?;
    let current = metadata(&current.consensus).unwrap_or_default();
    check_consenters(&current.consenters, &next.consenters)
}

fn metadata(consensus: &ConsensusType) -> Result<RaftMetadata, prost::DecodeError> {
    RaftMetadata::decode(consensus.metadata.clone())
}

fn check_metadata(metadata: &RaftMetadata) -> Result<(), MetadataError> {
    let options = metadata.options.as_ref().ok_or(MetadataError::NoOptions)?;
    let (heartbeat, election) = (options.heartbeat_tick, options.election_tick);
    let inflight = options.max_inflight_blocks;
    if heartbeat == 0 || election == 0 || inflight == 0 {
        return Err(MetadataError::Zero {
            heartbeat,
            election,
            inflight,
        });
    }
    if election <= heartbeat {
        return Err(MetadataError::Ticks {
            election,
            heartbeat,
        });
    }
    let text = &options.tick_interval;
    let interval = GoDuration::parse(text).map_err(|source| MetadataError::TickInterval {
        text: text.clone(),
        source,
    })?;
    if interval.0 == 0 {
        return Err(MetadataError::ZeroTickInterval);
    }
    if metadata.consenters.is_empty() {
        return Err(MetadataError::NoConsenters);
    }
    let mut seen = HashSet::new();
    for node in &metadata.consenters {
        let (server, client) = (&node.server_tls_cert, &node.client_tls_cert);
        if seen.contains(server) || seen.contains(client) {
            return Err(MetadataError::Duplicate {
                server: String::from_utf8_lossy(server).into_owned(),
                client: String::from_utf8_lossy(client).into_owned(),
            });
        }
        seen.extend([server, client]);
    }
    Ok(())
}

/// Nodes come and go one by one, and those that stay have to be a majority.
fn check_consenters(
    current: &[RaftConsenter],
    next: &[RaftConsenter],
) -> Result<(), ConsensusError> {
    let count = |of: &[RaftConsenter], not_in: &[RaftConsenter]| {
        let known: HashSet<_> = not_in.iter().map(|node| &node.client_tls_cert).collect();
        let nodes = of.iter();
        nodes
            .filter(|node| !known.contains(&node.client_tls_cert))
            .count()
    };
    let (added, removed) = (count(next, current), count(current, next));
    if added > 1 || removed > 1 {
        return Err(ConsensusError::Consenters { added, removed });
    }
    let (nodes, quorum) = (current.len(), next.len() / 2 + 1);
    let left = nodes.saturating_sub(removed);
    let tolerates_faults = next.len() > 2;
    let is_lost = match (added, removed) {
        (0, 0) => false,
        (0, _) => left < quorum,
        _ => tolerates_faults && left < quorum,
    };
    match is_lost {
        true => Err(ConsensusError::QuorumLoss {
            active: nodes,
            nodes,
        }),
        false => Ok(()),
    }
}
