//! Facts about the ledger rules, most of them proved on chains recorded from real Fabric.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conflict_search;
mod conflicts;
mod entries;
mod formats;
mod hostile;
mod lifecycle;
mod mango;
mod policy_text;
mod private_simulation;
mod recorded;
mod recorded_chains;
mod replay;
mod simulated_channel;
mod simulation;
mod snapshot;
mod tampering;
mod undefined_outcomes;
mod updates;
