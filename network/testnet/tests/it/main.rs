//! The handles against the real servers.

mod postgres;
mod redis;
