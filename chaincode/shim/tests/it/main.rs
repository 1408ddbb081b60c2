//! The shim against a peer that plays by Fabric's rules, and some that do not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bounds;
mod calls;
mod concurrency;
mod contract;
mod cuts;
mod failures;
mod handshake;
mod hostile;
mod mock_ledger;
mod mock_peer;
mod operations;
mod raw_peer;
mod reads;
mod server;
mod settings;
mod shutdown;
mod tls;
mod writes;
