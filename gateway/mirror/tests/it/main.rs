//! The mirror on a real PostgreSQL, fed with chains recorded from real Fabric and with chains that
//! the asset contract made.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assets;
mod crash;
mod database;
mod made_chain;
mod recorded;
mod refused;
mod resume;
mod source;
mod standby;
mod tampering;
mod verify;
