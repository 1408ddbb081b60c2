#![doc = include_str!("../README.md")]

mod admin;
pub mod builder;
mod chain;
mod chaincode;
mod channel;
mod clock;
mod committer;
mod compat;
pub mod connection_profile;
mod control;
mod definitions;
mod deliver;
pub mod deployment;
mod discovery;
mod dump;
mod endorser;
mod endpoints;
pub mod error;
mod faults;
mod folder;
mod gateway;
mod genesis;
mod lifecycle;
mod limiter;
mod limits;
mod listeners;
mod message_size;
mod metrics;
pub mod network;
mod nonce;
mod orderer;
mod organizations;
pub mod package;
mod peer;
mod private;
mod server;
mod settings;
mod snapshots;
mod start;
pub mod state_file;
mod storage;
mod system;

/// Entries of bytes that the fuzz targets reach, and nobody else should.
#[doc(hidden)]
pub mod fuzz {
    pub use crate::discovery::entry::{run as discovery, seeds as discovery_seeds};
}

pub use builder::{Builder, ChannelSpec, Cut, Ports};
pub use compat::{Compat, UnknownVersion};
pub use deployment::{Deployed, Deployment};
pub use error::DevnetError;
pub use faults::{Delivery, Fault};
pub use network::Network;
pub use orderer::CutBlock;
pub use private::config::{CollectionConfig, CollectionConfigError, CollectionEndorsementPolicy};
pub use settings::Settings;
pub use snapshots::Snapshot;
pub use state_file::{ChannelEntry, PeerEntry, StateFile};
