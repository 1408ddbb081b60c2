//! The shim against a peer that plays by Fabric's rules, and some that do not.

mod calls;
mod concurrency;
mod contract;
mod failures;
mod handshake;
mod hostile;
mod mock_ledger;
mod mock_peer;
mod reads;
mod server;
mod settings;
mod shutdown;
mod tls;
mod writes;
