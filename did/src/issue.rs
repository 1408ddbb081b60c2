//! Issuing: a draft becomes a VC-JWT (W3C VC Data Model 1.1, section 6.3.1).

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::did_key::{Did, DidKey};
use crate::error::IssueError;
use crate::jwt;

/// A credential that nobody has signed yet.
#[derive(Debug, Clone)]
pub struct Draft {
    kind: String,
    holder: Did,
    claims: Map<String, Value>,
    validity: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl Draft {
    /// A credential of type `kind` about `holder`.
    #[must_use]
    pub fn new(kind: &str, holder: &Did) -> Self {
        Self {
            kind: kind.to_owned(),
            holder: holder.clone(),
            claims: Map::new(),
            validity: None,
        }
    }

    /// Says something about the holder.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Bounds the validity, to the second.
    #[must_use]
    pub fn valid(mut self, from: OffsetDateTime, until: OffsetDateTime) -> Self {
        self.validity = Some((from, until));
        self
    }

    /// Signs the credential as `issuer`: a compact JWS.
    ///
    /// # Errors
    /// [`IssueError`] when a claim is called `id`, the validity is empty, or the key does not sign.
    pub fn issue(&self, issuer: &DidKey) -> Result<String, IssueError> {
        if self.claims.contains_key("id") {
            return Err(IssueError::ReservedClaim);
        }
        let mut subject = self.claims.clone();
        subject.insert("id".to_owned(), json!(self.holder.as_str()));
        let mut claims = json!({
            "iss": issuer.did().as_str(),
            "sub": self.holder.as_str(),
            "vc": {
                "@context": ["https://www.w3.org/2018/credentials/v1"],
                "type": ["VerifiableCredential", self.kind],
                "credentialSubject": subject,
            },
        });
        if let Some((from, until)) = self.validity {
            if until <= from {
                return Err(IssueError::EndsBeforeItBegins);
            }
            claims["nbf"] = json!(from.unix_timestamp());
            claims["exp"] = json!(until.unix_timestamp());
        }
        let method = issuer.did().verification_method();
        let input = jwt::signing_input(issuer.algorithm(), &method, &claims);
        let signature = issuer.sign(input.as_bytes()).ok_or(IssueError::Signing)?;
        Ok(jwt::compact(&input, &signature))
    }
}
