//! Follows a channel's blocks, proves each of them, and keeps a copy in PostgreSQL that is never
//! ahead of the proof.
//!
//! Blocks come from a [`BlockSource`] (a peer, through `fabric-gateway-sdk`, or a recording) from
//! the checkpoint on, in order. Each is decoded, its data hash, its place in the chain and the
//! peer's commit hash are computed again, and only then is it written: all blocks that arrived
//! while the last batch was being written go into the next one.
//!
//! ```no_run
//! # async fn example(network: fabric_gateway_sdk::Network) -> Result<(), Box<dyn std::error::Error>> {
//! use asset_mirror::{Mirror, Options};
//! use asset_store::Store;
//! use tokio_util::sync::CancellationToken;
//!
//! let store = Store::connect("postgres://localhost/assets", "mirror").await?;
//! store.migrate().await?;
//! let mirror = Mirror::new(network, store, Options::default());
//! mirror.run(&CancellationToken::new()).await?;
//! # Ok(())
//! # }
//! ```

mod block;
mod commit;
mod error;
mod facts;
mod fold;
mod mirror;
mod peer;
mod prior;
mod progress;
mod projection;
mod queue;
mod seal;
mod source;
mod status;
mod verify;

pub use error::MirrorError;
pub use mirror::{Mirror, Options};
pub use progress::{Phase, Progress};
pub use source::{BlockSource, SourceError};
pub use status::{Status, status};
pub use verify::{
    Difference, Finding, Proof, Stage, Verification, Verifier, VerifyProgress, verify,
};
