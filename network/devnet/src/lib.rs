#![doc = include_str!("../README.md")]

mod admin;
pub mod builder;
mod chain;
mod chaincode;
mod channel;
mod clock;
mod committer;
mod definitions;
mod deliver;
pub mod deployment;
mod endorser;
mod endpoints;
pub mod error;
mod gateway;
mod genesis;
mod lifecycle;
mod limiter;
mod limits;
mod listeners;
pub mod network;
mod nonce;
mod orderer;
mod organizations;
pub mod package;
mod peer;
mod server;
mod start;
pub mod state_file;
mod storage;
mod system;

pub use builder::{Builder, ChannelSpec, Cut, Ports};
pub use deployment::{Deployed, Deployment};
pub use error::DevnetError;
pub use network::Network;
pub use orderer::CutBlock;
pub use state_file::{ChannelEntry, PeerEntry, StateFile};
