//! Who must endorse: policies by signature, in their text form, and policies of the channel.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use fabric_protos::common::SignaturePolicyEnvelope;
use fabric_protos::peer::{ApplicationPolicy, application_policy};
use prost::Message as _;

pub use fabric_ledger::policy::PolicyTextError;

/// The policy of a chaincode that names none.
const CHANNEL_DEFAULT: &str = "/Channel/Application/Endorsement";

/// Which signatures suffice, such as `AND('Org1MSP.peer', OR('Org2MSP.peer', 'Org3MSP.admin'))` or
/// `OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')`.
#[derive(Clone, PartialEq)]
pub struct SignaturePolicy(SignaturePolicyEnvelope);

/// Who must endorse transactions of a chaincode, or writes to a collection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EndorsementPolicy {
    /// A policy of the channel's configuration, by its path or, below the application, its name.
    Channel(String),
    /// A policy by signatures.
    Signature(SignaturePolicy),
}

impl SignaturePolicy {
    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`PolicyTextError`] with the place where it is no policy.
    pub fn parse(text: &str) -> Result<Self, PolicyTextError> {
        fabric_ledger::policy::parse(text).map(Self)
    }

    /// The text form; `None` where it has none, as for policies that name single certificates.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        fabric_ledger::policy::format(&self.0)
    }

    pub(super) fn envelope(&self) -> &SignaturePolicyEnvelope {
        &self.0
    }

    pub(super) fn from_envelope(envelope: SignaturePolicyEnvelope) -> Self {
        Self(envelope)
    }
}

impl FromStr for SignaturePolicy {
    type Err = PolicyTextError;

    fn from_str(text: &str) -> Result<Self, PolicyTextError> {
        Self::parse(text)
    }
}

impl fmt::Display for SignaturePolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => formatter.write_str(&text),
            None => formatter.write_str("a policy that has no text form"),
        }
    }
}

impl fmt::Debug for SignaturePolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => formatter
                .debug_tuple("SignaturePolicy")
                .field(&text)
                .finish(),
            None => fmt::Debug::fmt(&self.0, formatter),
        }
    }
}

impl Default for EndorsementPolicy {
    /// The channel's own: `/Channel/Application/Endorsement`.
    fn default() -> Self {
        Self::Channel(CHANNEL_DEFAULT.to_owned())
    }
}

impl From<SignaturePolicy> for EndorsementPolicy {
    fn from(policy: SignaturePolicy) -> Self {
        Self::Signature(policy)
    }
}

impl fmt::Display for EndorsementPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(path) => formatter.write_str(path),
            Self::Signature(policy) => fmt::Display::fmt(policy, formatter),
        }
    }
}

impl EndorsementPolicy {
    pub(super) fn to_proto(&self) -> ApplicationPolicy {
        let policy = match self {
            Self::Channel(path) => {
                application_policy::Type::ChannelConfigPolicyReference(path.clone())
            }
            Self::Signature(policy) => {
                application_policy::Type::SignaturePolicy(policy.envelope().clone())
            }
        };
        ApplicationPolicy {
            r#type: Some(policy),
        }
    }

    /// `None` where it is of a kind that Fabric does not have.
    pub(super) fn from_proto(policy: ApplicationPolicy) -> Option<Self> {
        Some(match policy.r#type? {
            application_policy::Type::ChannelConfigPolicyReference(path) => Self::Channel(path),
            application_policy::Type::SignaturePolicy(envelope) => {
                Self::Signature(SignaturePolicy::from_envelope(envelope))
            }
        })
    }

    /// The form in which definitions carry it. Peers fill in the channel's own where it is empty,
    /// and their older fallback where the channel has none: they are left to do so.
    pub(super) fn to_parameter(&self) -> Bytes {
        if *self == Self::default() {
            return Bytes::new();
        }
        self.to_proto().encode_to_vec().into()
    }

    /// `None` where it is not of a kind that Fabric has.
    pub(super) fn from_parameter(parameter: &Bytes) -> Option<Self> {
        if parameter.is_empty() {
            return Some(Self::default());
        }
        Self::from_proto(ApplicationPolicy::decode(parameter.clone()).ok()?)
    }
}
