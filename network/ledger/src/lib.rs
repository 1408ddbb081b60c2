#![doc = include_str!("../README.md")]

pub mod block;
pub mod chain;
pub mod channel;
mod code;
pub mod commit;
pub mod composite_key;
pub mod conflict;
mod hex_text;
pub mod lifecycle;
pub mod mango;
pub mod policy;
pub mod rwset;
pub mod simulate;
pub mod state;
pub mod validate;
mod version;
mod wire;

pub use code::ValidationCode;
pub use version::Version;
