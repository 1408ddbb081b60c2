//! The bytes of a certificate: their outline, and their canonical form.
//!
//! A certificate's issuer may have signed it with a high S. Fabric rewrites the signature to
//! low S before it compares or hashes a certificate (`msp/cert.go`), so that nobody makes a second
//! form of somebody's certificate by flipping S. For the same reason the outline is read to the
//! letter: the issuer does not sign what stands outside the signed part.

use bytes::Bytes;

use crate::der::{Reader, TAG_BIT_STRING, TAG_INTEGER, TAG_SEQUENCE, write_element};
use crate::ecdsa_signature::{Curve, EcdsaSignature};

/// Tag of the version within the signed part.
const TAG_VERSION: u8 = 0xa0;

/// The three parts of a certificate, each with tag and length but for the signature's bits.
pub(crate) struct Outline<'a> {
    signed_part: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Outline<'a> {
    /// Reads a certificate; `None` unless it is DER to the last byte and names one signature
    /// algorithm in both places.
    pub(crate) fn read(certificate: &'a [u8]) -> Option<Self> {
        let mut input = Reader::new(certificate);
        let mut parts = Reader::new(input.element(TAG_SEQUENCE)?.content);
        let signed_part = parts.element(TAG_SEQUENCE)?;
        let algorithm = parts.element(TAG_SEQUENCE)?.whole;
        let (unused_bits, signature) = parts.element(TAG_BIT_STRING)?.content.split_first()?;
        let is_exact = input.is_empty()
            && parts.is_empty()
            && *unused_bits == 0
            && signed_algorithm(signed_part.content)? == algorithm;
        is_exact.then_some(Self {
            signed_part: signed_part.whole,
            algorithm,
            signature,
        })
    }

    fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let mut content = [self.signed_part, self.algorithm].concat();
        write_element(&mut content, TAG_BIT_STRING, &[&[0], signature].concat());
        let mut certificate = Vec::with_capacity(content.len() + 5);
        write_element(&mut certificate, TAG_SEQUENCE, &content);
        certificate
    }
}

/// The signature algorithm within the signed part, after version and serial number.
fn signed_algorithm(signed_part: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader::new(signed_part);
    let mut after_version = fields;
    if after_version.element(TAG_VERSION).is_some() {
        fields = after_version;
    }
    fields.element(TAG_INTEGER)?;
    Some(fields.element(TAG_SEQUENCE)?.whole)
}

/// The certificate with the issuer's ECDSA signature in low S; unchanged when it has that already,
/// or when its signature cannot be read (it does not verify then either).
pub(crate) fn with_low_s(certificate: &Bytes, issuer_curve: Curve) -> Bytes {
    rewritten(certificate, issuer_curve).map_or_else(|| certificate.clone(), Bytes::from)
}

fn rewritten(certificate: &[u8], issuer_curve: Curve) -> Option<Vec<u8>> {
    let outline = Outline::read(certificate)?;
    let signature = EcdsaSignature::from_der(outline.signature)?;
    if signature.is_low_s(issuer_curve) {
        return None;
    }
    Some(outline.with_signature(&signature.into_low_s(issuer_curve).to_der()))
}
