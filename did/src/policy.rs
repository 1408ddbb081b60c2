//! What a verifier asks of a credential. There is no permissive default: a policy names its issuers.

use std::collections::BTreeSet;

use time::Duration;

use crate::did_key::Did;

/// Clocks of issuer and verifier differ; a minute is what the field allows.
const LEEWAY: Duration = Duration::seconds(60);

/// A verifier's demands.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) kind: String,
    pub(crate) issuers: BTreeSet<String>,
    pub(crate) holder: Option<Did>,
    pub(crate) leeway: Duration,
}

impl Policy {
    /// Asks for a credential of type `kind`; it still trusts nobody.
    #[must_use]
    pub fn for_type(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            issuers: BTreeSet::new(),
            holder: None,
            leeway: LEEWAY,
        }
    }

    /// Trusts `issuer` to issue this type.
    #[must_use]
    pub fn trust_issuer(mut self, issuer: &Did) -> Self {
        self.issuers.insert(issuer.as_str().to_owned());
        self
    }

    /// Asks that the credential is about `holder`.
    #[must_use]
    pub fn held_by(mut self, holder: &Did) -> Self {
        self.holder = Some(holder.clone());
        self
    }
}
