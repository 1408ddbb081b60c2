//! Who signed an update. (Fabric: protoutil/signeddata.go, common/policies/policy.go)

use std::sync::Arc;

use fabric_msp::Identity;
use fabric_protos::common::{ConfigUpdateEnvelope, SignatureHeader};
use prost::Message;

use super::error::Wire;
use crate::channel::ChannelConfig;

/// Signatures of one update: one or a few per organisation. Fabric sets no bound; here one update
/// cannot ask for any amount of verification.
const SIGNATURES_MAX: usize = 1000;

/// Distinct identities, in the order of their signatures.
pub(super) type Signers = Vec<Arc<Identity>>;

/// Why nobody can be said to have signed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// A signature without a readable signer.
    #[error(transparent)]
    Header(#[from] Wire),
    /// More signatures than any channel has administrators.
    #[error("the update has {0} signatures, {SIGNATURES_MAX} at most are looked at")]
    TooMany(usize),
}

/// Whoever signed the update, is known to the channel, and signed it well.
pub(super) fn signers(
    channel: &ChannelConfig,
    envelope: &ConfigUpdateEnvelope,
) -> Result<Signers, SignatureError> {
    if envelope.signatures.len() > SIGNATURES_MAX {
        return Err(SignatureError::TooMany(envelope.signatures.len()));
    }
    let mut signers = Signers::new();
    for signature in &envelope.signatures {
        let bytes = &signature.signature_header;
        let header = SignatureHeader::decode(bytes.clone()).map_err(Wire::from)?;
        let Ok(signer) = channel.msps().identity(&header.creator) else {
            continue;
        };
        if signers.iter().any(|known| is_same(known, &signer)) {
            continue;
        }
        let signed = [&**bytes, &*envelope.config_update].concat();
        if signer.verify(&signed, &signature.signature).is_ok() {
            signers.push(signer);
        }
    }
    Ok(signers)
}

fn is_same(a: &Identity, b: &Identity) -> bool {
    a.msp_id() == b.msp_id() && a.certificate() == b.certificate()
}
