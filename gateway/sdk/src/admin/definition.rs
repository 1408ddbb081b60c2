//! Chaincode definitions: what organisations approve and channels commit.

pub(super) mod wire;

use std::collections::BTreeMap;

use super::collection::Collection;
use super::package::PackageId;
use super::policy::EndorsementPolicy;

/// The plug-ins that every peer has.
const ENDORSEMENT_PLUGIN: &str = "escc";
const VALIDATION_PLUGIN: &str = "vscc";

/// What the organisations of a channel agree on about a chaincode.
///
/// ```
/// use fabric_gateway_sdk::admin::{ChaincodeDefinition, SignaturePolicy};
///
/// let policy: SignaturePolicy = "OR('Org1MSP.peer', 'Org2MSP.peer')".parse()?;
/// let definition = ChaincodeDefinition::new("bonds", "1.0", 1).endorsement_policy(policy);
/// assert_eq!(definition.endorsement_policy.to_string(), "OR('Org1MSP.peer', 'Org2MSP.peer')");
/// # Ok::<(), fabric_gateway_sdk::admin::PolicyTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChaincodeDefinition {
    /// Name that clients call it by.
    pub name: String,
    /// A text that peers compare; nothing follows from it.
    pub version: String,
    /// 1 for the first definition of the name, then one more for each change.
    pub sequence: u64,
    /// Who must endorse.
    pub endorsement_policy: EndorsementPolicy,
    /// Private data collections.
    pub collections: Vec<Collection>,
    /// Whether a first call with the flag `is_init` must come before any other.
    pub init_required: bool,
    /// Name of the plug-in that endorses.
    pub endorsement_plugin: String,
    /// Name of the plug-in that validates.
    pub validation_plugin: String,
}

/// A definition that the administrator's organisation has approved.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApprovedDefinition {
    /// The definition.
    pub definition: ChaincodeDefinition,
    /// The package that the organisation's peers run for it, if any.
    pub package_id: Option<PackageId>,
}

/// A definition that a channel has committed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CommittedDefinition {
    /// The definition.
    pub definition: ChaincodeDefinition,
    /// By MSP id: whether the organisation approved it. Empty in lists of all definitions.
    pub approvals: BTreeMap<String, bool>,
}

/// Whether a definition can be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitReadiness {
    /// By MSP id: whether the organisation approved this very definition.
    pub approvals: BTreeMap<String, bool>,
    /// By MSP id: what the organisation approved otherwise, such as `EndorsementInfo` or
    /// `Collections`, in Fabric's words.
    pub mismatches: BTreeMap<String, Vec<String>>,
}

impl ChaincodeDefinition {
    /// A definition without collections, under the channel's endorsement policy.
    pub fn new(name: impl Into<String>, version: impl Into<String>, sequence: u64) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            sequence,
            endorsement_policy: EndorsementPolicy::default(),
            collections: Vec::new(),
            init_required: false,
            endorsement_plugin: ENDORSEMENT_PLUGIN.to_owned(),
            validation_plugin: VALIDATION_PLUGIN.to_owned(),
        }
    }

    /// The same definition under another sequence.
    #[must_use]
    pub fn at_sequence(mut self, sequence: u64) -> Self {
        self.sequence = sequence;
        self
    }

    /// Sets who must endorse.
    #[must_use]
    pub fn endorsement_policy(mut self, policy: impl Into<EndorsementPolicy>) -> Self {
        self.endorsement_policy = policy.into();
        self
    }

    /// Sets the private data collections.
    #[must_use]
    pub fn collections(mut self, collections: impl IntoIterator<Item = Collection>) -> Self {
        self.collections = collections.into_iter().collect();
        self
    }

    /// Demands a first call with the flag `is_init`.
    #[must_use]
    pub fn init_required(mut self, is_required: bool) -> Self {
        self.init_required = is_required;
        self
    }
}
