//! The SDK against a mock of a peer: real TLS and gRPC in this process, answers by script.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, helpers included"
)]

mod accounting;
mod admin;
mod admission;
mod alone;
mod balance;
mod blocking;
mod blocks;
mod cancellation;
mod checkpoint;
mod deliver;
mod endpoint;
mod errors;
mod events;
mod hostile;
mod kept;
mod mock;
mod observing;
mod offline;
mod pkcs11;
mod private;
mod proposal;
mod resume;
mod retry;
mod sample;
mod timeouts;
mod tracker;
mod vectors;
mod verification;
