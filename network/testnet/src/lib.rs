//! Handles that start what a whole-system test needs, and stop it when they are dropped:
//! PostgreSQL, Redis, a real Fabric network and the embedded one. Everything listens on free
//! loopback ports and lives in a temporary folder.
//!
//! - [`TestNetwork`] is the embedded network or real Fabric, as `SELVEDGE_NETWORK` says.
//! - [`fabric::RealFabric`] runs Fabric's own programs (`FABRIC_BIN`) without Docker, for tests or
//!   detached.
//! - [`probe::Probe`] is a chaincode whose transactions say themselves what they ask of the peer.
//! - [`postgres::database`] gives each test a database of its own on a server that the tests of a
//!   process share; [`postgres::Postgres`] and [`redis::Redis`] can be killed and restarted.
//! - [`wait_until`] waits for a condition with a deadline; nothing here sleeps instead.
//!
//! No server outlives its test: a handle stops it when dropped, and a watcher process does when
//! the test process is killed. The crate never uses servers that are installed as services, never
//! downloads anything and uses no Docker.
//!
//! ```no_run
//! # async fn run() -> Result<(), fabric_testnet::Error> {
//! use fabric_testnet::{Chaincode, TestNetwork, postgres};
//!
//! let mut network = TestNetwork::start().await?;
//! let policy = "OR('Org1MSP.peer','Org2MSP.peer')";
//! network.deploy_chaincode(&Chaincode::new("assets", "127.0.0.1:9999").policy(policy)).await?;
//! println!("Org1's peer listens on {}", network.peer_endpoint("Org1MSP")?);
//!
//! let database = postgres::database().await?;
//! println!("mirror into {}", database.url());
//! # Ok(())
//! # }
//! ```

mod chaincode;
mod deploy;
pub mod embedded;
mod error;
pub mod fabric;
mod folder;
mod network;
pub mod ports;
pub mod postgres;
pub mod probe;
mod process;
mod program;
pub mod redis;
mod secret;
mod wait;

pub use chaincode::{Chaincode, ChaincodeTls, ClientCertificate};
pub use deploy::{Deployed, DeploymentPeer, deploy};
pub use error::Error;
pub use fabric_devnet::Compat;
pub use network::{NETWORK_VARIABLE, NetworkKind, TestNetwork};
pub use wait::{DeadlinePassed, wait_for, wait_until};
