//! The commands, a file each.

pub(crate) mod account;
pub(crate) mod block;
pub(crate) mod chaincode;
pub(crate) mod contract;
pub(crate) mod credential;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod mirror;
pub(crate) mod network;
pub(crate) mod serve;
pub(crate) mod token;
