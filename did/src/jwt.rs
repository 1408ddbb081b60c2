//! The compact JWS form (RFC 7515) of a credential, read strictly: the signature is checked elsewhere.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde_json::{Map, Value};
use ssi::jwk::Algorithm;

/// A credential with a photograph fits; anything larger is not worth a parser's time.
pub(crate) const LENGTH_MAX: usize = 64 * 1024;

/// Deeper nesting has no use in a credential and costs stack.
const DEPTH_MAX: usize = 16;

/// `typ` values of VC-JWT 1.1 and of VC-JOSE-COSE (W3C REC, section 3.1.1).
const TYPES: [&str; 4] = ["JWT", "vc+jwt", "vc-ld+jwt", "vc+ld+jwt"];

/// A compact JWS taken apart.
pub(crate) struct Token<'a> {
    pub(crate) signing_input: &'a str,
    pub(crate) algorithm: String,
    pub(crate) key_id: Option<String>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signature: Vec<u8>,
}

/// Header members that are understood; every other member is refused, as `crit` would demand
/// (RFC 7515, section 4.1.11), and as embedded keys (`jwk`, `jku`, `x5u`, `x5c`) must be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    cty: Option<String>,
    #[serde(default)]
    kid: Option<String>,
}

/// Takes a token apart; the words say what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Token<'_>, String> {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a compact JWS has three parts separated by dots".to_owned());
    };
    let header = read_header(header)?;
    let claims = decode(payload, "payload")?;
    if depth_exceeds(&claims, DEPTH_MAX) {
        return Err(format!("the payload nests deeper than {DEPTH_MAX} levels"));
    }
    let claims: Map<String, Value> = serde_json::from_slice(&claims)
        .map_err(|_| "the payload is not a JSON object".to_owned())?;
    let signing_input = &text[..text.len() - signature.len() - 1];
    let signature = decode(signature, "signature")?;
    Ok(Token {
        signing_input,
        algorithm: header.alg,
        key_id: header.kid,
        claims,
        signature,
    })
}

/// Writes the signing input of a token.
pub(crate) fn signing_input(algorithm: Algorithm, key_id: &str, claims: &Value) -> String {
    let header = serde_json::json!({ "alg": algorithm.as_str(), "kid": key_id, "typ": "JWT" });
    let encode = |value: &Value| BASE64.encode(value.to_string());
    format!("{}.{}", encode(&header), encode(claims))
}

/// Joins a signing input and its signature.
pub(crate) fn compact(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", BASE64.encode(signature))
}

fn read_header(encoded: &str) -> Result<Header, String> {
    let bytes = decode(encoded, "header")?;
    let header: Header = serde_json::from_slice(&bytes)
        .map_err(|_| "the header has members other than alg, typ, cty and kid".to_owned())?;
    if let Some(typ) = header.typ.as_deref()
        && !TYPES.contains(&typ)
    {
        return Err(format!("the header's typ is none of {}", TYPES.join(", ")));
    }
    if header.cty.as_deref().is_some_and(|cty| cty != "vc") {
        return Err("the header's cty is not vc".to_owned());
    }
    Ok(header)
}

fn decode(part: &str, name: &str) -> Result<Vec<u8>, String> {
    BASE64
        .decode(part)
        .map_err(|_| format!("the {name} is not base64url without padding"))
}

/// Counts brackets outside of strings, so that no parser has to recurse into a hostile document.
fn depth_exceeds(json: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}
