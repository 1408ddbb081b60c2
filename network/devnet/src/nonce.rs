//! Nonces and times of messages that the network signs itself: random and present, or derived from
//! a seed, so that two networks with one seed make the same messages.

use std::{
    fs, io,
    io::Write as _,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};

/// Bytes of a nonce, as Fabric's own programs take.
const NONCE_BYTES: usize = 24;

/// Name of the file that keeps the seed, in the network's folder.
pub(crate) const SEED_FILE: &str = "seed";

/// 2024-01-01 00:00:00 UTC, when networks with a seed begin, as their certificates do.
const SEEDED_FROM: i64 = 1_704_067_200;

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(crate) struct NoRandomness;

/// What a network is determined by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seed(String);

impl Seed {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The seed of a network's folder; none where its keys are random.
    pub(crate) fn read(dir: &Path) -> io::Result<Option<Self>> {
        match fs::read_to_string(dir.join(SEED_FILE)) {
            Ok(text) => Ok(Some(Self(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the seed in a file that only its owner reads: it gives away all keys.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(dir.join(SEED_FILE))?
            .write_all(self.0.as_bytes())
    }

    /// The time of a channel at a height: a second per block.
    pub(crate) fn timestamp(height: u64) -> Timestamp {
        let height = i64::try_from(height).unwrap_or(i64::MAX);
        Timestamp {
            seconds: SEEDED_FROM.saturating_add(height),
            nanos: 0,
        }
    }
}

/// Nonces of one channel.
#[derive(Debug)]
pub(crate) struct Nonces {
    seed: Option<Seed>,
    channel: String,
    drawn: AtomicU64,
}

impl Nonces {
    pub(crate) fn new(seed: Option<Seed>, channel: &str) -> Self {
        Self {
            seed,
            channel: channel.to_owned(),
            drawn: AtomicU64::new(0),
        }
    }

    pub(crate) fn seed(&self) -> Option<&Seed> {
        self.seed.as_ref()
    }

    /// A nonce that was never used before on this channel, which has this height. After a restart
    /// one with a seed may repeat a nonce of a transaction that never got into a block.
    pub(crate) fn next(&self, height: u64) -> Result<Bytes, NoRandomness> {
        let mut bytes = [0; NONCE_BYTES];
        match &self.seed {
            None => aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?,
            Some(Seed(seed)) => {
                let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
                let digest = Sha256::new()
                    .chain_update("fabric-devnet nonce")
                    .chain_update(Sha256::digest(seed))
                    .chain_update(Sha256::digest(&self.channel))
                    .chain_update(height.to_be_bytes())
                    .chain_update(drawn.to_be_bytes())
                    .finalize();
                bytes.copy_from_slice(&digest[..NONCE_BYTES]);
            }
        }
        Ok(Bytes::copy_from_slice(&bytes))
    }
}
