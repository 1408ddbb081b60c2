//! Endorsement policies of single keys: who must sign the next transaction that writes a key.
//!
//! What Go's `statebased` package does for "all of these organisations", with OR and "so many of"
//! besides, and Fabric's own text form. The bytes are those of `common.SignaturePolicyEnvelope`, and
//! the same as Go's for the same policy.
//!
//! ```
//! use fabric_contract_api_rust::statebased::{EndorsementPolicy, Role};
//!
//! let both = EndorsementPolicy::all_of(Role::Peer, ["Org2MSP", "Org1MSP"]);
//! assert_eq!(both.to_string(), "AND('Org1MSP.peer', 'Org2MSP.peer')");
//! let written: EndorsementPolicy = "OutOf(2, 'A.peer', 'B.peer', OR('C.peer', 'D.admin'))".parse()?;
//! assert_eq!(EndorsementPolicy::from_bytes(&written.to_bytes())?, written);
//! # Ok::<(), fabric_contract_api_rust::statebased::PolicyError>(())
//! ```

mod encoding;
mod text;

use std::collections::BTreeSet;

/// Deepest nesting: a peer evaluates policies by recursion.
pub const POLICY_DEPTH_MAX: usize = 16;
/// Most principals of one policy: a peer checks each against each signature.
pub const POLICY_PRINCIPALS_MAX: usize = 256;

/// Which identities of an organisation count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Any identity of the organisation.
    Member,
    /// Its administrators.
    Admin,
    /// Its clients.
    Client,
    /// Its peers: what endorsers are where node organisational units are on.
    Peer,
    /// Its orderers.
    Orderer,
}

/// Who must endorse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndorsementPolicy {
    /// One signature of an organisation.
    Signed {
        /// The organisation.
        msp_id: String,
        /// Whose.
        role: Role,
    },
    /// So many of the rules. All of them is AND, one of them is OR.
    OutOf {
        /// How many, at least.
        needed: u32,
        /// The rules.
        rules: Vec<EndorsementPolicy>,
    },
}

impl EndorsementPolicy {
    /// A peer of the organisation.
    pub fn peer(msp_id: impl Into<String>) -> Self {
        Self::signed(msp_id, Role::Peer)
    }

    /// Anybody of the organisation.
    pub fn member(msp_id: impl Into<String>) -> Self {
        Self::signed(msp_id, Role::Member)
    }

    /// Somebody of this role.
    pub fn signed(msp_id: impl Into<String>, role: Role) -> Self {
        Self::Signed {
            msp_id: msp_id.into(),
            role,
        }
    }

    /// All rules.
    pub fn and(rules: impl IntoIterator<Item = Self>) -> Self {
        let rules: Vec<Self> = rules.into_iter().collect();
        let needed = u32::try_from(rules.len()).unwrap_or(u32::MAX);
        Self::OutOf { needed, rules }
    }

    /// One rule at least.
    pub fn or(rules: impl IntoIterator<Item = Self>) -> Self {
        Self::out_of(1, rules)
    }

    /// So many of the rules at least.
    pub fn out_of(needed: u32, rules: impl IntoIterator<Item = Self>) -> Self {
        Self::OutOf {
            needed,
            rules: rules.into_iter().collect(),
        }
    }

    /// All of these organisations, each once and in order of their names: the policy that Go's
    /// `KeyEndorsementPolicy` makes with `AddOrgs`.
    pub fn all_of<M: Into<String>>(role: Role, msp_ids: impl IntoIterator<Item = M>) -> Self {
        let msp_ids: BTreeSet<String> = msp_ids.into_iter().map(Into::into).collect();
        Self::and(msp_ids.into_iter().map(|msp_id| Self::signed(msp_id, role)))
    }

    /// The organisations that it names (Go's `ListOrgs`).
    pub fn organizations(&self) -> BTreeSet<&str> {
        match self {
            Self::Signed { msp_id, .. } => BTreeSet::from([msp_id.as_str()]),
            Self::OutOf { rules, .. } => rules.iter().flat_map(Self::organizations).collect(),
        }
    }

    /// The same with this organisation required too (Go's `AddOrgs`), and with what it was required
    /// as replaced. Of a policy that is not a plain AND, an AND of it and the organisation.
    #[must_use]
    pub fn with_organization(self, role: Role, msp_id: impl Into<String>) -> Self {
        let added = Self::signed(msp_id, role);
        let msp_id = added.organizations();
        match self {
            Self::OutOf { needed, rules } if is_plain_and(needed, &rules) => {
                let others = rules
                    .into_iter()
                    .filter(|rule| rule.organizations() != msp_id);
                let mut rules: Vec<Self> = others.collect();
                rules.push(added);
                rules.sort_by(|one, other| one.organizations().cmp(&other.organizations()));
                Self::and(rules)
            }
            policy => Self::and([policy, added]),
        }
    }

    /// The same without this organisation (Go's `DelOrgs`), for a plain AND; `None` for any other.
    pub fn without_organization(self, msp_id: &str) -> Option<Self> {
        match self {
            Self::OutOf { needed, rules } if is_plain_and(needed, &rules) => {
                let others = rules
                    .into_iter()
                    .filter(|rule| !rule.organizations().contains(msp_id));
                Some(Self::and(others))
            }
            _ => None,
        }
    }

    /// The bytes that a peer takes: an encoded `common.SignaturePolicyEnvelope`.
    pub fn to_bytes(&self) -> Vec<u8> {
        encoding::encode(self)
    }

    /// Reads what [`EndorsementPolicy::to_bytes`] or any other client wrote, as far as it names
    /// organisations and roles.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        encoding::decode(bytes)
    }
}

fn is_plain_and(needed: u32, rules: &[EndorsementPolicy]) -> bool {
    let single = |rule: &EndorsementPolicy| matches!(rule, EndorsementPolicy::Signed { .. });
    usize::try_from(needed) == Ok(rules.len()) && rules.iter().all(single)
}

/// Why bytes or text are not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not the encoding of a policy.
    #[error("the bytes are not a signature policy")]
    Encoding,
    /// A principal that is not an organisation's role, such as a single identity.
    #[error("the policy names a principal that is not an organisation's role")]
    Principal,
    /// Not the text of a policy.
    #[error("the policy's text makes no sense at character {position}: expected {expected}")]
    Text {
        /// Where, counted from 0.
        position: usize,
        /// What would have made sense.
        expected: &'static str,
    },
    /// Beyond [`POLICY_DEPTH_MAX`] or [`POLICY_PRINCIPALS_MAX`], or asks for more than it has.
    #[error(
        "a policy has at most {POLICY_DEPTH_MAX} levels and {POLICY_PRINCIPALS_MAX} principals, and asks for no more rules than it has"
    )]
    Bounds,
}
