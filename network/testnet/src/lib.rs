//! placeholder
mod chaincode;
mod error;
pub mod fabric;
mod folder;
pub mod ports;
pub mod postgres;
mod process;
mod program;
pub mod redis;
mod secret;
mod wait;

pub use chaincode::{Chaincode, ChaincodeTls, ClientCertificate};
pub use error::Error;
pub use wait::{DeadlinePassed, wait_for, wait_until};
