//! A policy as `common.SignaturePolicyEnvelope`, in the encoding that Go's protobuf library makes.
//!
//! The contract API uses no protobuf library: these are five small messages whose numbers are fixed.

use super::{EndorsementPolicy, POLICY_DEPTH_MAX, POLICY_PRINCIPALS_MAX, PolicyError, Role};

/// `SignaturePolicyEnvelope.rule` and `.identities`.
const RULE: u64 = 2;
const IDENTITIES: u64 = 3;
/// `SignaturePolicy.signed_by` and `.n_out_of`.
const SIGNED_BY: u64 = 1;
const N_OUT_OF: u64 = 2;
/// `SignaturePolicy.NOutOf.n` and `.rules`.
const N: u64 = 1;
const RULES: u64 = 2;
/// `MSPPrincipal.principal_classification` (0 is a role) and `.principal`.
const CLASSIFICATION: u64 = 1;
const PRINCIPAL: u64 = 2;
/// `MSPRole.msp_identifier` and `.role`.
const MSP_ID: u64 = 1;
const ROLE: u64 = 2;

const ROLES: [Role; 5] = [
    Role::Member,
    Role::Admin,
    Role::Client,
    Role::Peer,
    Role::Orderer,
];

pub(super) fn encode(policy: &EndorsementPolicy) -> Vec<u8> {
    let mut principals = Vec::new();
    let mut envelope = Vec::new();
    bytes_field(&mut envelope, RULE, &rule(policy, &mut principals));
    for principal in principals {
        bytes_field(&mut envelope, IDENTITIES, &principal);
    }
    envelope
}

fn rule(policy: &EndorsementPolicy, principals: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let mut encoded = Vec::new();
    match policy {
        EndorsementPolicy::Signed { msp_id, role } => {
            varint_field(&mut encoded, SIGNED_BY, principals.len() as u64);
            principals.push(principal(msp_id, *role));
        }
        EndorsementPolicy::OutOf { needed, rules } => {
            let mut out_of = Vec::new();
            if *needed > 0 {
                varint_field(&mut out_of, N, u64::from(*needed));
            }
            for each in numbered_rules(rules, principals) {
                bytes_field(&mut out_of, RULES, &each);
            }
            bytes_field(&mut encoded, N_OUT_OF, &out_of);
        }
    }
    encoded
}

/// Encodes rules in their order. Fabric's own parser numbers the principals of nested rules first,
/// and equal policies shall have equal bytes.
fn numbered_rules(rules: &[EndorsementPolicy], principals: &mut Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut encoded = vec![Vec::new(); rules.len()];
    for nested in [true, false] {
        for (each, place) in rules.iter().zip(&mut encoded) {
            if matches!(each, EndorsementPolicy::OutOf { .. }) == nested {
                *place = rule(each, principals);
            }
        }
    }
    encoded
}

fn principal(msp_id: &str, role: Role) -> Vec<u8> {
    let mut encoded = Vec::new();
    if !msp_id.is_empty() {
        bytes_field(&mut encoded, MSP_ID, msp_id.as_bytes());
    }
    let number = ROLES.iter().zip(0..).find(|(each, _)| **each == role);
    if let Some((_, number @ 1..)) = number {
        varint_field(&mut encoded, ROLE, number);
    }
    let mut principal = Vec::new();
    if !encoded.is_empty() {
        bytes_field(&mut principal, PRINCIPAL, &encoded);
    }
    principal
}

fn varint_field(message: &mut Vec<u8>, number: u64, value: u64) {
    varint(message, number << 3);
    varint(message, value);
}

fn bytes_field(message: &mut Vec<u8>, number: u64, content: &[u8]) {
    varint(message, number << 3 | 2);
    varint(message, content.len() as u64);
    message.extend_from_slice(content);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        // The lowest seven bits and the mark that more follow.
        message.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    message.push(value.to_le_bytes()[0]);
}

pub(super) fn decode(bytes: &[u8]) -> Result<EndorsementPolicy, PolicyError> {
    let (mut root, mut principals) = (None, Vec::new());
    for field in fields(bytes)? {
        match field {
            (RULE, Value::Bytes(rule)) => root = Some(rule),
            (IDENTITIES, Value::Bytes(principal)) => principals.push(principal),
            _ => {}
        }
    }
    if principals.len() > POLICY_PRINCIPALS_MAX {
        return Err(PolicyError::Bounds);
    }
    let principals = principals
        .into_iter()
        .map(read_principal)
        .collect::<Result<Vec<_>, _>>()?;
    let mut left = POLICY_PRINCIPALS_MAX;
    let root = root.ok_or(PolicyError::Encoding)?;
    read_rule(root, &principals, POLICY_DEPTH_MAX, &mut left)
}

fn read_rule(
    bytes: &[u8],
    principals: &[EndorsementPolicy],
    depth: usize,
    left: &mut usize,
) -> Result<EndorsementPolicy, PolicyError> {
    *left = left.checked_sub(1).ok_or(PolicyError::Bounds)?;
    let depth = depth.checked_sub(1).ok_or(PolicyError::Bounds)?;
    match fields(bytes)?.pop().ok_or(PolicyError::Encoding)? {
        (SIGNED_BY, Value::Number(index)) => usize::try_from(index)
            .ok()
            .and_then(|index| principals.get(index))
            .cloned()
            .ok_or(PolicyError::Encoding),
        (N_OUT_OF, Value::Bytes(out_of)) => {
            let (mut needed, mut rules) = (0, Vec::new());
            for field in fields(out_of)? {
                match field {
                    (N, Value::Number(number)) => {
                        needed = u32::try_from(number).map_err(|_| PolicyError::Bounds)?;
                    }
                    (RULES, Value::Bytes(rule)) => {
                        rules.push(read_rule(rule, principals, depth, left)?);
                    }
                    _ => {}
                }
            }
            Ok(EndorsementPolicy::OutOf { needed, rules })
        }
        _ => Err(PolicyError::Encoding),
    }
}

fn read_principal(bytes: &[u8]) -> Result<EndorsementPolicy, PolicyError> {
    let mut encoded: &[u8] = &[];
    for field in fields(bytes)? {
        match field {
            (CLASSIFICATION, Value::Number(1..)) => return Err(PolicyError::Principal),
            (PRINCIPAL, Value::Bytes(bytes)) => encoded = bytes,
            _ => {}
        }
    }
    let (mut msp_id, mut role) = (String::new(), Role::Member);
    for field in fields(encoded)? {
        match field {
            (MSP_ID, Value::Bytes(name)) => {
                let name = std::str::from_utf8(name).map_err(|_| PolicyError::Encoding)?;
                name.clone_into(&mut msp_id);
            }
            (ROLE, Value::Number(number)) => {
                let index = usize::try_from(number).map_err(|_| PolicyError::Principal)?;
                role = *ROLES.get(index).ok_or(PolicyError::Principal)?;
            }
            _ => {}
        }
    }
    Ok(EndorsementPolicy::Signed { msp_id, role })
}

enum Value<'m> {
    Number(u64),
    Bytes(&'m [u8]),
}

fn fields(mut message: &[u8]) -> Result<Vec<(u64, Value<'_>)>, PolicyError> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let (tag, rest) = read_varint(message).ok_or(PolicyError::Encoding)?;
        let (value, rest) = read_value(tag & 7, rest).ok_or(PolicyError::Encoding)?;
        found.push((tag >> 3, value));
        message = rest;
    }
    Ok(found)
}

fn read_value(kind: u64, bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (number, rest) = read_varint(bytes)?;
    match kind {
        0 => Some((Value::Number(number), rest)),
        2 => {
            let (content, rest) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            Some((Value::Bytes(content), rest))
        }
        _ => None,
    }
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    // Ten groups of seven bits hold any 64-bit number.
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
