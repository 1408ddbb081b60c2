//! Facts about the ledger rules, most of them proved on chains recorded from real Fabric.

mod recorded;
mod recorded_chains;
