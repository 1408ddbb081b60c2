//! A Hyperledger Fabric channel in one process, for development and tests.
//!
//! [`Network`] is an orderer and one peer per organisation behind TLS endpoints that speak Fabric's
//! own protocol: any Fabric client can submit to it, any chaincode that runs as a service can be
//! deployed on it, and its blocks are what real peers would have written. It listens on loopback
//! and is no production network.
//!
//! ```no_run
//! # async fn run() -> Result<(), fabric_devnet::DevnetError> {
//! use fabric_devnet::{Deployment, Network, Ports};
//!
//! let network = Network::builder().dir("network").ports(Ports::Free).start().await?;
//! network.deploy(Deployment::new("basic", "127.0.0.1:9999")).await?;
//! println!("Org1's peer listens on {:?}", network.peer_endpoint("Org1MSP"));
//! network.shutdown().await;
//! # Ok(())
//! # }
//! ```

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
mod server;
mod start;
pub mod state_file;
mod storage;

pub use builder::{Builder, Cut, Ports};
pub use deployment::{Deployed, Deployment};
pub use error::DevnetError;
pub use network::Network;
pub use state_file::StateFile;
