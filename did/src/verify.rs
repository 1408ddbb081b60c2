//! The verifier: cheap checks first, the signature late, and nothing after a failure.

use ssi::JWK;
use ssi::claims::jws;
use ssi::jwk::Algorithm;
use time::OffsetDateTime;

use crate::credential::Credential;
use crate::did_key::{self, Did};
use crate::error::CheckError;
use crate::jwt::{self, LENGTH_MAX, Token};
use crate::policy::Policy;
use crate::verdict::{Record, Refused, Verdict};

/// Checks a credential in compact JWS form against `policy` at the moment `now`.
///
/// # Errors
/// [`CheckError`] when it could not be checked at all: the caller refuses as for an invalid one.
pub fn verify(
    credential: &str,
    policy: &Policy,
    now: OffsetDateTime,
) -> Result<Verdict, CheckError> {
    if policy.issuers.is_empty() {
        return Err(CheckError::NobodyTrusted);
    }
    let mut record = Record::default();
    let mut unresolvable = None;
    let outcome = run(credential, policy, now, &mut record, &mut unresolvable);
    match unresolvable {
        Some(did) => Err(CheckError::CannotResolve { did }),
        None => Ok(record.finish(outcome)),
    }
}

fn run(
    text: &str,
    policy: &Policy,
    now: OffsetDateTime,
    record: &mut Record,
    unresolvable: &mut Option<String>,
) -> Result<Credential, Refused> {
    record.check(match text.len() <= LENGTH_MAX {
        true => Ok(()),
        false => Err(format!("{} bytes, at most {LENGTH_MAX}", text.len())),
    })?;
    let token = record.take(jwt::parse(text))?;
    let algorithm = record.take(algorithm_of(&token))?;
    let credential = record.take(Credential::from_claims(&token.claims))?;
    record.check(has_type(&credential, policy))?;
    record.check(is_trusted(&credential, policy))?;
    // A trusted issuer that cannot be resolved is the verifier's failure, not the credential's.
    let Ok((issuer, key)) = resolve(&credential.issuer) else {
        *unresolvable = Some(credential.issuer);
        return Err(Refused);
    };
    record.check(Ok(()))?;
    record.check(controls_key(&token, &issuer, &key, algorithm))?;
    record.check(
        jws::verify_bytes(
            algorithm,
            token.signing_input.as_bytes(),
            &key,
            &token.signature,
        )
        .map_err(|_| "the signature is not the issuer's".to_owned()),
    )?;
    record.check(has_begun(&credential, policy, now))?;
    record.check(has_not_ended(&credential, policy, now))?;
    match &policy.holder {
        Some(holder) => record.check(is_held_by(&credential, holder))?,
        None => record.skip(),
    }
    Ok(credential)
}

fn algorithm_of(token: &Token<'_>) -> Result<Algorithm, String> {
    match token.algorithm.as_str() {
        "EdDSA" => Ok(Algorithm::EdDSA),
        "ES256" => Ok(Algorithm::ES256),
        _ => Err("the algorithm is neither EdDSA nor ES256".to_owned()),
    }
}

fn has_type(credential: &Credential, policy: &Policy) -> Result<(), String> {
    match credential.types.contains(&policy.kind) {
        true => Ok(()),
        false => Err(format!("the credential is not a {}", policy.kind)),
    }
}

fn is_trusted(credential: &Credential, policy: &Policy) -> Result<(), String> {
    match policy.issuers.contains(&credential.issuer) {
        true => Ok(()),
        false => Err(format!(
            "the issuer is not trusted to issue a {}",
            policy.kind
        )),
    }
}

fn resolve(did: &str) -> Result<(Did, JWK), crate::error::KeyError> {
    Ok((Did::parse(did)?, did_key::public_key(did)?))
}

/// The key that the token names must be the issuer's own, and fit the algorithm.
fn controls_key(
    token: &Token<'_>,
    issuer: &Did,
    key: &JWK,
    algorithm: Algorithm,
) -> Result<(), String> {
    let method = issuer.verification_method();
    match token.key_id.as_deref() {
        None => return Err("the header has no kid".to_owned()),
        Some(id) if id != method => {
            return Err("the header's kid is not the issuer's key".to_owned());
        }
        Some(_) => {}
    }
    match did_key::algorithm(key) == Some(algorithm) {
        true => Ok(()),
        false => Err("the header's algorithm is not that of the issuer's key".to_owned()),
    }
}

fn has_begun(credential: &Credential, policy: &Policy, now: OffsetDateTime) -> Result<(), String> {
    match credential.valid_from {
        Some(from) if now.saturating_add(policy.leeway) < from => {
            Err(format!("it holds only from {from}"))
        }
        _ => Ok(()),
    }
}

fn has_not_ended(
    credential: &Credential,
    policy: &Policy,
    now: OffsetDateTime,
) -> Result<(), String> {
    match credential.valid_until {
        Some(until) if now.saturating_sub(policy.leeway) >= until => {
            Err(format!("it ended at {until}"))
        }
        _ => Ok(()),
    }
}

fn is_held_by(credential: &Credential, holder: &Did) -> Result<(), String> {
    match credential.holder.as_deref() == Some(holder.as_str()) {
        true => Ok(()),
        false => Err("the credential is about somebody else".to_owned()),
    }
}
