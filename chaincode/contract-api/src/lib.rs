//! Hyperledger Fabric contracts in Rust.

pub mod peer;

pub use peer::*;
