//! The asset contracts on a ledger in memory: what they do, what they refuse, what always holds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod amounts;
mod arguments;
mod authority;
mod bank;
mod conflicts;
mod events;
mod invariants;
mod kyc;
mod metadata;
mod notes;
mod pages;
mod relayed;
mod requests;
mod round_trips;
mod signed;
mod tokens;
mod transfers;
