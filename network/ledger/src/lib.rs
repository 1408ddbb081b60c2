//! Rules of a Fabric ledger.

pub mod block;
pub mod channel;
mod code;
pub mod composite_key;
mod hex_text;
pub mod policy;
pub mod rwset;
pub mod state;
mod version;
mod wire;

pub use code::ValidationCode;
pub use version::Version;
