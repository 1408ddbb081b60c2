//! Random bytes for headers that the network signs itself.

use bytes::Bytes;

/// Bytes of a nonce, as Fabric's own programs take.
const NONCE_BYTES: usize = 24;

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(crate) struct NoRandomness;

/// A nonce that was never used before.
pub(crate) fn nonce() -> Result<Bytes, NoRandomness> {
    let mut bytes = [0; NONCE_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(Bytes::copy_from_slice(&bytes))
}
