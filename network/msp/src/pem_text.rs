//! PEM text in and out. As in Fabric, the first block of a text counts and what surrounds it
//! does not.

use pem::{EncodeConfig, LineEnding, Pem};

/// Real certificates and keys have one to four kilobytes.
pub(crate) const PEM_LENGTH_MAX: usize = 64 * 1024;

pub(crate) const CERTIFICATE: &str = "CERTIFICATE";
pub(crate) const PRIVATE_KEY: &str = "PRIVATE KEY";
pub(crate) const REVOCATION_LIST: &str = "X509 CRL";

/// The content of the first block, whatever its label.
pub(crate) fn first_block(text: &[u8]) -> Option<Vec<u8>> {
    bounded(text)
        .and_then(|text| pem::parse(text).ok())
        .map(Pem::into_contents)
}

/// All blocks with their labels; none if one of them is damaged.
pub(crate) fn blocks(text: &[u8]) -> Vec<Pem> {
    bounded(text)
        .and_then(|text| pem::parse_many(text).ok())
        .unwrap_or_default()
}

pub(crate) fn encode(label: &str, content: &[u8]) -> String {
    let configuration = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, content), configuration)
}

fn bounded(text: &[u8]) -> Option<&[u8]> {
    (text.len() <= PEM_LENGTH_MAX).then_some(text)
}
