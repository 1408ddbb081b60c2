//! The canonical bytes of a certificate.
//!
//! A certificate's issuer may have signed it with a high S. Fabric rewrites the signature to
//! low S before it compares or hashes a certificate (`msp/cert.go`), so that nobody makes a second
//! form of somebody's certificate by flipping S.

use bytes::Bytes;

use crate::der::{Reader, TAG_BIT_STRING, TAG_SEQUENCE, write_element};
use crate::ecdsa_signature::{Curve, EcdsaSignature};

/// The certificate with the issuer's ECDSA signature in low S; unchanged when it has that already,
/// or when its signature cannot be read (it does not verify then either).
pub(crate) fn with_low_s(certificate: &Bytes, issuer_curve: Curve) -> Bytes {
    rewritten(certificate, issuer_curve).map_or_else(|| certificate.clone(), Bytes::from)
}

fn rewritten(certificate: &[u8], issuer_curve: Curve) -> Option<Vec<u8>> {
    let outer = Reader::new(certificate).element(TAG_SEQUENCE)?;
    let mut parts = Reader::new(outer.content);
    let signed_part = parts.element(TAG_SEQUENCE)?;
    let algorithm = parts.element(TAG_SEQUENCE)?;
    let (unused_bits, signature) = parts.element(TAG_BIT_STRING)?.content.split_first()?;
    let signature = EcdsaSignature::from_der(signature)?;
    if *unused_bits != 0 || !parts.is_empty() || signature.is_low_s(issuer_curve) {
        return None;
    }
    let mut bits = vec![0];
    bits.extend(signature.into_low_s(issuer_curve).to_der());
    let mut content = [signed_part.whole, algorithm.whole].concat();
    write_element(&mut content, TAG_BIT_STRING, &bits);
    let mut certificate = Vec::with_capacity(content.len() + 5);
    write_element(&mut certificate, TAG_SEQUENCE, &content);
    Some(certificate)
}
