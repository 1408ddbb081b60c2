//! From a verified KYC credential to the attestation that the ledger keeps. A credential that fails any
//! check attests nothing.

use anyhow::{Context as _, anyhow, bail};
use asset_did::{Did, Outcome, Policy, verify};
use asset_types::Kyc;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

/// The type of credential that opens an account.
pub(crate) const CREDENTIAL_TYPE: &str = "KycCredential";

/// The claim that holds the KYC class: a whole number, a higher class includes the lower ones.
pub(crate) const CLASS_CLAIM: &str = "kycClass";

/// What a KYC credential must satisfy.
pub(crate) struct Requirement {
    policy: Policy,
}

impl Requirement {
    /// Asks for a credential about `holder` from one of the `trusted` issuers.
    pub(crate) fn new(trusted: &[String], holder: &str) -> anyhow::Result<Self> {
        let mut policy = Policy::for_type(CREDENTIAL_TYPE).held_by(&Did::parse(holder)?);
        for issuer in trusted {
            policy = policy.trust_issuer(&Did::parse(issuer)?);
        }
        Ok(Self { policy })
    }

    /// Checks the credential and gives the attestation for the ledger.
    pub(crate) fn attest(&self, credential: &str) -> anyhow::Result<Kyc> {
        let verdict = verify(credential, &self.policy, OffsetDateTime::now_utc())?;
        if let Some(failure) = verdict.failure() {
            let reason = match failure.outcome() {
                Outcome::Failed { reason } => reason.as_str(),
                Outcome::Passed | Outcome::Skipped => "not checked",
            };
            bail!(
                "the credential is refused by check `{}`: {reason}",
                failure.name()
            );
        }
        let content = verdict
            .credential()
            .context("the credential was not verified")?;
        let class = content
            .claim(CLASS_CLAIM)
            .and_then(|claim| match claim.as_str() {
                Some(text) => text.parse::<u8>().ok(),
                None => claim.as_u64().and_then(|number| u8::try_from(number).ok()),
            });
        let ends = content
            .valid_until()
            .context("a KYC credential must say when it ends")?;
        let hash = hex::encode(Sha256::digest(credential.as_bytes()));
        Ok(Kyc {
            class: class
                .with_context(|| format!("the claim {CLASS_CLAIM} is not a number of 0 to 255"))?,
            expires_at: ends
                .format(&time::format_description::well_known::Rfc3339)?
                .parse()
                .map_err(|error| anyhow!("{error}"))?,
            credential_hash: hash.parse().map_err(|error| anyhow!("{error}"))?,
        })
    }
}
