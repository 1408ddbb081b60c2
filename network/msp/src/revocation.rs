//! Certificate revocation lists.

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::certificate::Certificate;
use crate::pem_text;
use crate::public_key::SignatureAlgorithm;

/// A list, with what is needed to know whose it is.
#[derive(Debug)]
pub(crate) struct RevocationList {
    authority_key_id: Vec<u8>,
    signed_part: Vec<u8>,
    signature_algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    serial_numbers: Vec<Vec<u8>>,
}

impl RevocationList {
    /// Reads PEM or DER; says what is wrong otherwise.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let block = pem_text::blocks(text)
            .into_iter()
            .find(|block| block.tag() == pem_text::REVOCATION_LIST);
        let der = block.map_or_else(|| text.to_vec(), pem::Pem::into_contents);
        let (_, list) = CertificateRevocationList::from_der(&der)
            .map_err(|_| "it is neither PEM nor DER of a list")?;
        let revoked = list.iter_revoked_certificates();
        Ok(Self {
            authority_key_id: authority_key_id(&list)
                .ok_or("authorityKeyIdentifier not found in certificate")?,
            signed_part: list.tbs_cert_list.as_ref().to_vec(),
            signature_algorithm: SignatureAlgorithm::from_identifier(&list.signature_algorithm)
                .map_err(|_| "its signature algorithm is not supported")?,
            signature: list.signature_value.data.to_vec(),
            serial_numbers: revoked
                .map(|entry| significant(entry.raw_serial()).to_vec())
                .collect(),
        })
    }

    /// Whether the issuer revoked the certificate. A list that names the issuer but that somebody
    /// else signed says nothing.
    pub(crate) fn revokes(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let serial_number = significant(&certificate.serial_number);
        issuer.extensions.subject_key_id.as_ref() == Some(&self.authority_key_id)
            && self
                .serial_numbers
                .iter()
                .any(|revoked| revoked == serial_number)
            && issuer.public_key.verify_document(
                self.signature_algorithm,
                &self.signed_part,
                &self.signature,
            )
    }
}

fn authority_key_id(list: &CertificateRevocationList<'_>) -> Option<Vec<u8>> {
    list.extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                id.key_identifier.as_ref().map(|id| id.0.to_vec())
            }
            _ => None,
        })
}

fn significant(serial_number: &[u8]) -> &[u8] {
    match serial_number {
        [0, rest @ ..] => significant(rest),
        _ => serial_number,
    }
}
