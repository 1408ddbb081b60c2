//! The embedded network as clients and chaincodes see it: over TLS, in Fabric's own messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

mod blocks;
mod chaincode;
mod chaincode_tls;
mod configuration;
mod connection_profiles;
mod connections;
mod crash;
mod cutting;
mod deployment;
mod discovery;
mod dumps;
mod entries;
mod events;
mod faults;
mod gateway;
mod gateway_requests;
mod lifecycle;
mod limits;
mod malformed;
mod orderer;
mod packages;
mod private;
mod refusals;
mod restart;
mod rich_queries;
mod seeds;
mod snapshots;
mod system;
mod topology;
mod transactions;
