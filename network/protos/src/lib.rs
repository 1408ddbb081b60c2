#![doc = include_str!("../README.md")]

// rustfmt keeps its hands off what `tests/it/generation.rs` writes.

/// Package `commithash`: what a peer hashes into the commit hash of a block.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/commithash.rs"]
pub mod commithash;

/// Package `common`: blocks, envelopes, channel configuration, policies and principals.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/common.rs"]
pub mod common;

/// Package `discovery`: the discovery service of a peer.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/discovery.rs"]
pub mod discovery;

/// Package `gateway`: the gateway service of a peer.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/gateway.rs"]
pub mod gateway;

/// Package `gossip`: what peers tell each other, as far as discovery shows it to clients.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/gossip.rs"]
pub mod gossip;

/// Package `kvrwset`: reads and writes of keys in one namespace.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/kvrwset.rs"]
pub mod kvrwset;

/// Package `lifecycle`: arguments and results of the system chaincode `_lifecycle`.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/lifecycle.rs"]
pub mod lifecycle;

/// Package `msp`: identities and the definition of an organisation.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/msp.rs"]
pub mod msp;

/// Package `orderer`: the ordering service, and its values in the channel configuration.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/orderer.rs"]
pub mod orderer;

/// Package `protos`: chaincode, proposals, transactions, and the services of a peer.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/protos.rs"]
pub mod peer;

/// Package `queryresult`: rows of range, rich and history queries.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/queryresult.rs"]
pub mod queryresult;

/// Package `google.rpc`: the status that carries the details of a gRPC error.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/google.rpc.rs"]
pub mod rpc;

/// Package `rwset`: reads and writes of a transaction, by namespace.
#[rustfmt::skip]
#[expect(missing_docs, reason = "generated: the schema comments on what a name does not say")]
#[path = "generated/rwset.rs"]
pub mod rwset;

mod raw_codec;

pub use raw_codec::RawCodec;

// Generated modules name each other by package.
use peer as protos;
