//! A credential's content, mapped from the claims of its token. VC-JWT 1.1 keeps it under `vc` beside
//! registered claims; VC-JOSE-COSE makes it the payload. Two places that disagree are refused.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a verified credential says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub(crate) issuer: String,
    pub(crate) types: Vec<String>,
    pub(crate) holder: Option<String>,
    pub(crate) valid_from: Option<OffsetDateTime>,
    pub(crate) valid_until: Option<OffsetDateTime>,
    pub(crate) subject: Map<String, Value>,
}

impl Credential {
    /// The DID of the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The DID that the credential is about.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// The credential's types, `VerifiableCredential` among them.
    #[must_use]
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// The moment after which it no longer holds, where it has one.
    #[must_use]
    pub fn valid_until(&self) -> Option<OffsetDateTime> {
        self.valid_until
    }

    /// A claim about the holder, by name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.subject.get(name)
    }

    /// Reads the claims of a token; the words say what is wrong with them.
    pub(crate) fn from_claims(claims: &Map<String, Value>) -> Result<Self, String> {
        let body = match claims.get("vc") {
            Some(Value::Object(body)) => body,
            Some(_) => return Err("vc is not an object".to_owned()),
            None => claims,
        };
        let subject = match body.get("credentialSubject") {
            Some(Value::Object(subject)) => subject.clone(),
            _ => return Err("credentialSubject is not one object".to_owned()),
        };
        let from = one_of(body, &["validFrom", "issuanceDate"])?;
        let until = one_of(body, &["validUntil", "expirationDate"])?;
        Ok(Self {
            issuer: agree("issuer", text(claims, "iss")?, issuer_of(body)?)?
                .ok_or("the credential has no issuer")?,
            types: types_of(body)?,
            holder: agree("holder", text(claims, "sub")?, text(&subject, "id")?)?,
            valid_from: later(numeric_date(claims, "nbf")?, from),
            valid_until: earlier(numeric_date(claims, "exp")?, until),
            subject,
        })
    }
}

fn issuer_of(body: &Map<String, Value>) -> Result<Option<String>, String> {
    match body.get("issuer") {
        Some(Value::Object(issuer)) => text(issuer, "id"),
        _ => text(body, "issuer"),
    }
}

fn types_of(body: &Map<String, Value>) -> Result<Vec<String>, String> {
    let types: Vec<String> = match body.get("type") {
        Some(Value::Array(types)) => types
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::String(only)) => vec![only.clone()],
        _ => return Err("type is neither a text nor a list of texts".to_owned()),
    };
    match types.iter().any(|name| name == "VerifiableCredential") {
        true => Ok(types),
        false => Err("type does not contain VerifiableCredential".to_owned()),
    }
}

fn text(map: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} is not a text")),
    }
}

fn agree(what: &str, one: Option<String>, other: Option<String>) -> Result<Option<String>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("two different values for the {what}"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn numeric_date(map: &Map<String, Value>, name: &str) -> Result<Option<OffsetDateTime>, String> {
    let Some(value) = map.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_i64()
        .ok_or_else(|| format!("{name} is not a whole number of seconds"))?;
    OffsetDateTime::from_unix_timestamp(seconds)
        .map(Some)
        .map_err(|_| format!("{name} is outside of the calendar"))
}

/// The first of several names for one date, all of which must be RFC 3339 where present.
fn one_of(map: &Map<String, Value>, names: &[&str]) -> Result<Option<OffsetDateTime>, String> {
    let mut found = None;
    for name in names {
        if let Some(date) = text(map, name)? {
            let date = OffsetDateTime::parse(&date, &Rfc3339)
                .map_err(|_| format!("{name} is not an RFC 3339 date and time"))?;
            found = found.or(Some(date));
        }
    }
    Ok(found)
}

fn later(one: Option<OffsetDateTime>, other: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    one.into_iter().chain(other).max()
}

fn earlier(one: Option<OffsetDateTime>, other: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    one.into_iter().chain(other).min()
}
