//! The authorities of an organisation's definition: which certificates may be one, and in which
//! bytes they count (`msp/mspimplsetup.go`, `setupCAs`, `setupTLSCAs`).

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::msp::FabricMspConfig;

use crate::certificate::Certificate;
use crate::chain::{Authorities, Issuers};
use crate::error::{IdentityError, MspError};

/// The authorities of a definition, in their canonical bytes.
pub(crate) fn authorities(config: &FabricMspConfig) -> Result<Authorities, MspError> {
    if config.root_certs.is_empty() {
        return Err(MspError::NoAuthority {
            msp_id: config.name.clone(),
        });
    }
    let given = Authorities {
        roots: parsed(config, "root", &config.root_certs)?,
        intermediates: parsed(config, "intermediate", &config.intermediate_certs)?,
    };
    let canonical = |place, texts: &[Bytes]| {
        let canonical = texts.iter().enumerate().map(|(position, text)| {
            let certificate =
                Certificate::from_pem(text).and_then(|one| canonical_authority(one, &given));
            certificate
                .map(Arc::new)
                .map_err(|source| MspError::InvalidCertificate {
                    msp_id: config.name.clone(),
                    place,
                    position,
                    source,
                })
        });
        canonical.collect::<Result<_, _>>()
    };
    Ok(Authorities {
        roots: canonical("root", &config.root_certs)?,
        intermediates: canonical("intermediate", &config.intermediate_certs)?,
    })
}

fn parsed(
    config: &FabricMspConfig,
    place: &'static str,
    texts: &[Bytes],
) -> Result<Vec<Arc<Certificate>>, MspError> {
    let parsed = texts.iter().enumerate().map(|(position, text)| {
        Certificate::from_pem(text)
            .map(Arc::new)
            .map_err(|source| MspError::InvalidCertificate {
                msp_id: config.name.clone(),
                place,
                position,
                source,
            })
    });
    parsed.collect()
}

/// An authority in its canonical bytes: a root by its own key, another one by its issuer's.
pub(crate) fn canonical_authority(
    certificate: Certificate,
    authorities: &Authorities,
) -> Result<Certificate, IdentityError> {
    if !certificate.signature_algorithm.is_ecdsa() {
        return Ok(certificate);
    }
    if certificate.extensions.is_authority && certificate.signed(&certificate) {
        let curve = certificate.public_key.curve();
        return certificate.into_canonical(curve);
    }
    let issuers = authorities.issuers(&certificate)?;
    let issuer = issuers.first().ok_or(IdentityError::InvalidChain {
        reason: "a root authority must have signed its own certificate",
    })?;
    certificate.into_canonical(issuer.public_key.curve())
}

/// The chain above an authority, if it may be one.
pub(crate) fn checked_authority(
    certificate: &Certificate,
    authorities: &Authorities,
) -> Result<Issuers, IdentityError> {
    let invalid = |reason| Err(IdentityError::InvalidChain { reason });
    if !certificate.extensions.is_authority {
        return invalid("CA Certificate did not have the CA attribute");
    }
    if certificate.extensions.subject_key_id.is_none() {
        return invalid("subjectKeyIdentifier not found in certificate");
    }
    authorities.issuers(certificate)
}

/// Refuses authorities for TLS that a peer would refuse.
pub(crate) fn check_tls_authorities(config: &FabricMspConfig) -> Result<(), MspError> {
    let authorities = Authorities {
        roots: parsed(config, "TLS root", &config.tls_root_certs)?,
        intermediates: parsed(config, "TLS intermediate", &config.tls_intermediate_certs)?,
    };
    let Authorities {
        roots,
        intermediates,
    } = &authorities;
    for (place, certificates) in [("TLS root", roots), ("TLS intermediate", intermediates)] {
        for (position, certificate) in certificates.iter().enumerate() {
            checked_authority(certificate, &authorities).map_err(|source| {
                MspError::InvalidCertificate {
                    msp_id: config.name.clone(),
                    place,
                    position,
                    source,
                }
            })?;
        }
    }
    Ok(())
}
