//! Behaviour of the contract API, on a fake peer that counts requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arguments;
mod bonds;
mod collections;
mod composition;
mod dispatch;
mod errors;
mod events;
mod fake_peer;
mod history;
mod hooks;
mod identity;
mod keys;
mod metadata;
mod network;
mod overlay;
mod private;
mod ranges;
mod rich;
mod running;
mod savepoints;
mod simulated;
mod state;
mod statebased;
