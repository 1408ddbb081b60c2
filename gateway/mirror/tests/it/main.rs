//! The mirror on a real PostgreSQL, fed with chains recorded from real Fabric and with chains that
//! the asset contract made.

mod assets;
mod crash;
mod database;
mod made_chain;
mod recorded;
mod refused;
mod resume;
mod source;
mod standby;
mod verify;
