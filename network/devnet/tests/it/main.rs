//! The embedded network as clients and chaincodes see it: over TLS, in Fabric's own messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

mod blocks;
mod chaincode;
mod crash;
mod cutting;
mod deployment;
mod events;
mod limits;
mod malformed;
mod orderer;
mod refusals;
mod restart;
mod rich_queries;
mod seeds;
mod topology;
mod transactions;
