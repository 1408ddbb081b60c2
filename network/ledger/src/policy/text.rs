//! The text form of signature policies: `AND('Org1MSP.peer', OR('Org2MSP.admin', 'Org3MSP.member'))`,
//! `OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')`. (Fabric: common/policydsl)

use std::fmt::Write;

use fabric_protos::common::msp_principal::Classification;
use fabric_protos::common::msp_role::MspRoleType;
use fabric_protos::common::signature_policy::{NOutOf, Type};
use fabric_protos::common::{MspPrincipal, MspRole, SignaturePolicy, SignaturePolicyEnvelope};
use prost::Message;

/// Real policies have a few hundred bytes; a channel of 100 organisations has about 4 kB.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Real policies nest two or three deep; protobuf decoders stop at 100, and a policy level takes
/// two of theirs.
pub const MAX_DEPTH: usize = 32;
/// Evaluation tries each principal with each signer.
pub const MAX_PRINCIPALS: usize = 1024;

/// Why a text is no policy. Places are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyTextError {
    /// Longer than [`MAX_TEXT_BYTES`].
    #[error("the policy has {0} bytes, the most accepted is {MAX_TEXT_BYTES}")]
    TooLong(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the policy nests deeper than {MAX_DEPTH} gates")]
    TooDeep,
    /// More than [`MAX_PRINCIPALS`].
    #[error("the policy names more than {MAX_PRINCIPALS} principals")]
    TooManyPrincipals,
    /// Something else was expected.
    #[error("expected {expected} at byte {offset} of the policy")]
    Expected {
        /// What should be there.
        expected: &'static str,
        /// Where.
        offset: usize,
    },
    /// Not AND, OR or OutOf.
    #[error("unrecognized token '{0}' in policy string: use AND, OR or OutOf")]
    UnknownGate(String),
    /// Not `MSP.role`.
    #[error(
        "error parsing principal {0}: write 'MSP.ROLE', the role one of member, admin, client, peer, orderer"
    )]
    BadPrincipal(String),
    /// A threshold out of range.
    #[error("invalid t-out-of-n predicate, t {threshold}, n {count}")]
    BadThreshold {
        /// How many are asked for.
        threshold: i64,
        /// How many there are.
        count: usize,
    },
}

/// Reads the text form. Gates may be written `AND`, `And` or `and`, and so on.
///
/// # Errors
/// Where the text is not a policy, or larger than the bounds of this module.
pub fn parse(text: &str) -> Result<SignaturePolicyEnvelope, PolicyTextError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(PolicyTextError::TooLong(text.len()));
    }
    let mut parser = Parser {
        text,
        offset: 0,
        principals: Vec::new(),
    };
    let rule = parser.gate(0)?;
    parser.skip_space();
    if parser.offset != text.len() {
        return Err(parser.expected("the end of the text"));
    }
    Ok(SignaturePolicyEnvelope {
        version: 0,
        rule: Some(rule),
        identities: parser.principals,
    })
}

/// The text form of a policy, which [`parse`] reads back; `None` where it has none (principals
/// that are not roles, or a rule that is not a gate of more rules).
#[must_use]
pub fn format(policy: &SignaturePolicyEnvelope) -> Option<String> {
    let rule = policy.rule.as_ref()?;
    matches!(rule.r#type, Some(Type::NOutOf(_))).then_some(())?;
    let mut text = String::new();
    format_rule(rule, &policy.identities, &mut text, 0)?;
    Some(text)
}

/// "Any member of any of these organisations": Fabric's default where a channel defines no policy.
#[must_use]
pub fn any_member(msp_ids: &[&str], threshold: i32) -> SignaturePolicyEnvelope {
    let rules = (0_i32..).take(msp_ids.len()).map(signed_by).collect();
    SignaturePolicyEnvelope {
        version: 0,
        rule: Some(out_of(threshold, rules)),
        identities: msp_ids
            .iter()
            .map(|msp_id| role_principal(msp_id, MspRoleType::Member))
            .collect(),
    }
}

/// MSP and role of a principal that is a role.
#[must_use]
pub fn role_of(principal: &MspPrincipal) -> Option<(String, MspRoleType)> {
    if principal.principal_classification() != Classification::Role {
        return None;
    }
    let role = MspRole::decode(principal.principal.clone()).ok()?;
    let role_type = MspRoleType::try_from(role.role).ok()?;
    Some((role.msp_identifier, role_type))
}

struct Parser<'t> {
    text: &'t str,
    offset: usize,
    principals: Vec<MspPrincipal>,
}

impl<'t> Parser<'t> {
    fn gate(&mut self, depth: usize) -> Result<SignaturePolicy, PolicyTextError> {
        if depth >= MAX_DEPTH {
            return Err(PolicyTextError::TooDeep);
        }
        self.skip_space();
        let name = self.take_while(char::is_alphanumeric);
        let gate = match name {
            "" => return Err(self.expected("AND, OR or OutOf")),
            "AND" | "And" | "and" => Gate::And,
            "OR" | "Or" | "or" => Gate::Or,
            "OUTOF" | "OutOf" | "outof" => Gate::OutOf,
            other => return Err(PolicyTextError::UnknownGate(other.to_owned())),
        };
        self.token('(', "'('")?;
        let threshold = match gate {
            Gate::OutOf => {
                let threshold = self.number()?;
                self.token(',', "',' after the number")?;
                Some(threshold)
            }
            Gate::And | Gate::Or => None,
        };
        let rules = self.rules(depth)?;
        let count = rules.len();
        let threshold = threshold.unwrap_or(match gate {
            Gate::Or => 1,
            Gate::And | Gate::OutOf => i64::try_from(count).unwrap_or(i64::MAX),
        });
        // One above the count is accepted, as in Fabric: a policy that nobody satisfies.
        match i32::try_from(threshold) {
            Ok(n) if n >= 0 && usize::try_from(n).is_ok_and(|n| n <= count + 1) => {
                Ok(out_of(n, rules))
            }
            _ => Err(PolicyTextError::BadThreshold { threshold, count }),
        }
    }

    fn rules(&mut self, depth: usize) -> Result<Vec<SignaturePolicy>, PolicyTextError> {
        let mut rules = Vec::new();
        loop {
            self.skip_space();
            rules.push(match self.rest().chars().next() {
                Some(quote @ ('\'' | '"')) => self.principal(quote)?,
                _ => self.gate(depth + 1)?,
            });
            self.skip_space();
            if self.skip(',') {
                continue;
            }
            self.token(')', "',' or ')'")?;
            return Ok(rules);
        }
    }

    fn principal(&mut self, quote: char) -> Result<SignaturePolicy, PolicyTextError> {
        self.skip(quote);
        let text = self.take_while(|character| character != quote);
        if !self.skip(quote) {
            return Err(self.expected("the closing quote of a principal"));
        }
        let principal =
            parse_principal(text).ok_or_else(|| PolicyTextError::BadPrincipal(text.to_owned()))?;
        if self.principals.len() >= MAX_PRINCIPALS {
            return Err(PolicyTextError::TooManyPrincipals);
        }
        // Every mention is an entry of its own, as Fabric's tools write it.
        let index = i32::try_from(self.principals.len()).unwrap_or(i32::MAX);
        self.principals.push(principal);
        Ok(signed_by(index))
    }

    fn number(&mut self) -> Result<i64, PolicyTextError> {
        self.skip_space();
        let quote = ['\'', '"'].into_iter().find(|quote| self.skip(*quote));
        let digits = self.take_while(|character| character.is_ascii_digit());
        let number = digits.parse().map_err(|_| self.expected("a number"))?;
        match quote {
            Some(quote) if !self.skip(quote) => Err(self.expected("the closing quote")),
            _ => Ok(number),
        }
    }

    fn token(&mut self, token: char, expected: &'static str) -> Result<(), PolicyTextError> {
        self.skip_space();
        match self.skip(token) {
            true => Ok(()),
            false => Err(self.expected(expected)),
        }
    }

    fn skip(&mut self, token: char) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.offset += token.len_utf8();
        }
        found
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest
            .find(|character| !accept(character))
            .unwrap_or(rest.len());
        self.offset += length;
        rest.get(..length).unwrap_or_default()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> PolicyTextError {
        PolicyTextError::Expected {
            expected,
            offset: self.offset,
        }
    }
}

enum Gate {
    And,
    Or,
    OutOf,
}

/// `Org1MSP.peer`: letters, digits, dots and hyphens, and a role after the last dot.
fn parse_principal(text: &str) -> Option<MspPrincipal> {
    let (msp_id, role) = text.rsplit_once('.')?;
    let plain = |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
    if msp_id.is_empty() || !msp_id.chars().all(plain) {
        return None;
    }
    let (_, role) = ROLES.iter().find(|(name, _)| *name == role)?;
    Some(role_principal(msp_id, *role))
}

const ROLES: [(&str, MspRoleType); 5] = [
    ("member", MspRoleType::Member),
    ("admin", MspRoleType::Admin),
    ("client", MspRoleType::Client),
    ("peer", MspRoleType::Peer),
    ("orderer", MspRoleType::Orderer),
];

fn role_principal(msp_id: &str, role: MspRoleType) -> MspPrincipal {
    let role = MspRole {
        msp_identifier: msp_id.to_owned(),
        role: role.into(),
    };
    MspPrincipal {
        principal_classification: Classification::Role.into(),
        principal: role.encode_to_vec().into(),
    }
}

fn signed_by(index: i32) -> SignaturePolicy {
    SignaturePolicy {
        r#type: Some(Type::SignedBy(index)),
    }
}

fn out_of(n: i32, rules: Vec<SignaturePolicy>) -> SignaturePolicy {
    SignaturePolicy {
        r#type: Some(Type::NOutOf(NOutOf { n, rules })),
    }
}

fn format_rule(
    rule: &SignaturePolicy,
    principals: &[MspPrincipal],
    text: &mut String,
    depth: usize,
) -> Option<()> {
    match rule.r#type.as_ref()? {
        Type::SignedBy(index) => {
            let principal = principals.get(usize::try_from(*index).ok()?)?;
            let (msp_id, role) = role_of(principal)?;
            let (name, _) = ROLES.iter().find(|(_, known)| *known == role)?;
            let principal = format!("{msp_id}.{name}");
            parse_principal(&principal)?;
            write!(text, "'{principal}'").ok()
        }
        Type::NOutOf(gate) => {
            let count = gate.rules.len();
            let threshold = usize::try_from(gate.n).ok()?;
            if depth >= MAX_DEPTH || count == 0 || threshold > count + 1 {
                return None;
            }
            match threshold {
                n if n == count => text.push_str("AND("),
                1 => text.push_str("OR("),
                n => write!(text, "OutOf({n}, ").ok()?,
            }
            for (index, rule) in gate.rules.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                format_rule(rule, principals, text, depth + 1)?;
            }
            text.push(')');
            Some(())
        }
    }
}
