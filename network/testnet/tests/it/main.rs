//! The servers that tests start, started and stopped for real. Networks are those that `SELVEDGE_NETWORK` names.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, helpers included"
)]

mod administration;
mod configuration;
mod postgres;
mod raft;
mod redis;
mod refusals;
