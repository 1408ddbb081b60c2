//! What the whole-system tests share: a [`World`] in which a user's programs run, clients that load
//! it, and the books that must balance afterwards. Nothing depends on this crate.
//!
//! Everything panics with what to do about it: the callers are tests.

pub mod asset_client;
pub mod books;
pub mod load;
pub mod mirror;
pub mod network;
pub mod people;
pub mod probes;
pub mod program;
pub mod selvedge;
pub mod service;
pub mod spread;
pub mod stream_recording;
pub mod stream_scripts;
pub mod warden;
pub mod wire;
pub mod world;

pub use asset_client::AssetClient;
pub use world::World;
