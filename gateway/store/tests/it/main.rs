//! The store on a real PostgreSQL: what it writes, what it refuses, what it reads back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apply;
mod assets;
mod chain;
mod database;
mod hostile;
mod leadership;
mod state;
