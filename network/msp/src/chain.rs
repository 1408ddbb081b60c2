//! The chain from a certificate to a root authority.
//!
//! As in Fabric, there must be exactly one chain, and time stands still one second after the
//! certificate's first: an expired certificate keeps its meaning, because old blocks must
//! validate for ever. Who wants to know about expiry asks for it separately.

use std::sync::Arc;

use crate::IdentityError;
use crate::certificate::Certificate;

/// Signature checks for one chain, as in Go's verifier: cross-signed authorities could otherwise
/// be arranged so that the search never ends.
const SIGNATURE_CHECKS_MAX: usize = 100;

/// The authorities that a chain may pass and end in.
#[derive(Debug, Default)]
pub(crate) struct Authorities {
    pub(crate) roots: Vec<Arc<Certificate>>,
    pub(crate) intermediates: Vec<Arc<Certificate>>,
}

/// Issuers, the nearest first; empty for a root.
pub(crate) type Issuers = Vec<Arc<Certificate>>;

impl Authorities {
    /// The only chain above a certificate.
    pub(crate) fn issuers(&self, certificate: &Certificate) -> Result<Issuers, IdentityError> {
        let moment = certificate.not_before.saturating_add(1);
        check_usable(certificate, moment)?;
        if self.roots.iter().any(|root| root.der == certificate.der) {
            return Ok(Vec::new());
        }
        let mut search = Search {
            authorities: self,
            moment,
            checks_left: SIGNATURE_CHECKS_MAX,
            found: Vec::new(),
        };
        search.climb(certificate, &mut Vec::new())?;
        search.found.retain(|issuers| {
            issuers
                .iter()
                .map(AsRef::as_ref)
                .chain([certificate])
                .all(allows_server_authentication)
        });
        let mut found = search.found.into_iter();
        match (found.next(), found.next()) {
            (Some(issuers), None) => Ok(issuers),
            (None, _) => Err(IdentityError::UnknownAuthority),
            _ => Err(IdentityError::InvalidChain {
                reason: "this MSP only supports a single validation chain",
            }),
        }
    }

    /// Whether one of the authorities has these bytes.
    pub(crate) fn contains(&self, der: &[u8]) -> bool {
        self.roots
            .iter()
            .chain(&self.intermediates)
            .any(|authority| authority.der == der)
    }
}

struct Search<'a> {
    authorities: &'a Authorities,
    moment: i64,
    checks_left: usize,
    found: Vec<Issuers>,
}

impl Search<'_> {
    /// Tries every authority above `child`; at most as deep as there are authorities.
    fn climb(&mut self, child: &Certificate, below: &mut Issuers) -> Result<(), IdentityError> {
        for root in &self.authorities.roots {
            if self.issued(root, child, below)? {
                let mut issuers = below.clone();
                issuers.push(Arc::clone(root));
                self.found.push(issuers);
            }
        }
        for intermediate in &self.authorities.intermediates {
            if self.issued(intermediate, child, below)? {
                below.push(Arc::clone(intermediate));
                self.climb(intermediate, below)?;
                below.pop();
            }
        }
        Ok(())
    }

    fn issued(
        &mut self,
        authority: &Certificate,
        child: &Certificate,
        below: &Issuers,
    ) -> Result<bool, IdentityError> {
        let in_chain =
            child.der == authority.der || below.iter().any(|one| one.der == authority.der);
        if in_chain
            || authority.subject != child.issuer
            || !may_issue(authority, below.len(), self.moment)
        {
            return Ok(false);
        }
        self.checks_left = self
            .checks_left
            .checked_sub(1)
            .ok_or(IdentityError::InvalidChain {
                reason: "its authorities are too entangled to find a chain",
            })?;
        Ok(authority.signed(child))
    }
}

fn may_issue(authority: &Certificate, intermediates_below: usize, moment: i64) -> bool {
    let facts = &authority.extensions;
    facts.is_authority
        && facts.may_sign_certificates != Some(false)
        && facts.path_length_max.is_none_or(|most| intermediates_below <= most as usize)
        // Fabric honours name constraints; what cannot be checked here is refused instead.
        && !facts.has_name_constraints
        && check_usable(authority, moment).is_ok()
}

fn check_usable(certificate: &Certificate, moment: i64) -> Result<(), IdentityError> {
    let invalid = |reason| Err(IdentityError::InvalidChain { reason });
    if certificate.extensions.has_unknown_critical {
        return invalid("x509: unhandled critical extension");
    }
    if moment < certificate.not_before || moment > certificate.not_after {
        return invalid("x509: certificate has expired or is not yet valid");
    }
    Ok(())
}

/// Go's verifier asks for server authentication unless told otherwise, and Fabric does not tell it.
fn allows_server_authentication(certificate: &Certificate) -> bool {
    certificate.extensions.may_authenticate_server != Some(false)
}
