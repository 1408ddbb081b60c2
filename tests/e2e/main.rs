//! The whole system as a user meets it: programs, a network, PostgreSQL. The same assertions hold on the
//! embedded network and, with `SELVEDGE_NETWORK=fabric` and `FABRIC_BIN`, on real Fabric.

mod blocks;
mod contention;
mod crashes;
mod identities;
mod job;
mod mirrors;
mod refusals;
mod replays;
mod soak;
mod tutorial;
mod wire;
