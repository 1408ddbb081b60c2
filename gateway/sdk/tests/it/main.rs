//! The SDK against a mock of a peer: real TLS and gRPC in this process, answers by script.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, helpers included"
)]

mod admin;
mod blocks;
mod checkpoint;
mod deliver;
mod endpoint;
mod errors;
mod events;
mod hostile;
mod mock;
mod offline;
mod proposal;
mod resume;
mod retry;
mod sample;
mod timeouts;
