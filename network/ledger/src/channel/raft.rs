//! Metadata of the consensus type `etcdraft`, as the value `ConsensusType` carries it.
//! (Fabric: `orderer/etcdraft/configuration.proto`)

use bytes::Bytes;

/// The type's name in the value `ConsensusType`.
pub const CONSENSUS_TYPE: &str = "etcdraft";

/// Who agrees on blocks, and how.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftMetadata {
    /// The nodes.
    #[prost(message, repeated, tag = "1")]
    pub consenters: Vec<RaftConsenter>,
    /// Times and sizes of the protocol.
    #[prost(message, optional, tag = "2")]
    pub options: Option<RaftOptions>,
}

/// A node that agrees on blocks with the others.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftConsenter {
    /// Host name.
    #[prost(string, tag = "1")]
    pub host: String,
    /// Port.
    #[prost(uint32, tag = "2")]
    pub port: u32,
    /// The certificate that it shows as a client, in PEM.
    #[prost(bytes = "bytes", tag = "3")]
    pub client_tls_cert: Bytes,
    /// The certificate that it shows as a server, in PEM.
    #[prost(bytes = "bytes", tag = "4")]
    pub server_tls_cert: Bytes,
}

/// Times and sizes of the protocol.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftOptions {
    /// Length of a tick, as a Go duration.
    #[prost(string, tag = "1")]
    pub tick_interval: String,
    /// Ticks without a leader after which a node stands for election.
    #[prost(uint32, tag = "2")]
    pub election_tick: u32,
    /// Ticks between two signs of life of the leader.
    #[prost(uint32, tag = "3")]
    pub heartbeat_tick: u32,
    /// Blocks that may wait for agreement.
    #[prost(uint32, tag = "4")]
    pub max_inflight_blocks: u32,
    /// Bytes after which a node takes a snapshot.
    #[prost(uint32, tag = "5")]
    pub snapshot_interval_size: u32,
}
