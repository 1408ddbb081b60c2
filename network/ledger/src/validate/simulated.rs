//! A channel without certificates: organisations by their MSP ids, and parties that are what they say.
//! For simulators of a channel; namespaces, collections and keys have the rules of real channels.

use std::collections::BTreeSet;
use std::sync::Arc;

use fabric_protos::common::MspPrincipal;
use fabric_protos::common::msp_role::MspRoleType;

use super::check::{TransactionCheck, check_policies};
use super::endorsement::Signers;
use super::rules::{NamespaceRules, Organizations, Rule};
use crate::block::DecodedTransaction;
use crate::code::ValidationCode;
use crate::policy::{self, Signer};
use crate::state::{State, TransactionIds};

/// The policy of a channel that chaincodes fall under which name none: a majority of organisations.
const DEFAULT_ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// A party of an organisation: a peer that endorses, or a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    msp_id: String,
    role: MspRoleType,
}

impl Party {
    /// A peer.
    #[must_use]
    pub fn peer(msp_id: &str) -> Self {
        Self {
            msp_id: msp_id.to_owned(),
            role: MspRoleType::Peer,
        }
    }

    /// A client, or an administrator.
    #[must_use]
    pub fn client(msp_id: &str, is_admin: bool) -> Self {
        Self {
            msp_id: msp_id.to_owned(),
            role: match is_admin {
                true => MspRoleType::Admin,
                false => MspRoleType::Client,
            },
        }
    }
}

impl Signer for Party {
    fn is(&self, principal: &MspPrincipal) -> bool {
        policy::role_of(principal).is_some_and(|(msp_id, role)| {
            msp_id == self.msp_id && (role == MspRoleType::Member || role == self.role)
        })
    }
}

/// A channel of organisations that are known by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedChannel {
    organizations: Vec<String>,
}

impl SimulatedChannel {
    /// A channel of these organisations.
    pub fn new<O: Into<String>>(organizations: impl IntoIterator<Item = O>) -> Self {
        Self {
            organizations: organizations.into_iter().map(Into::into).collect(),
        }
    }

    /// The organisations' MSP ids.
    #[must_use]
    pub fn organizations(&self) -> &[String] {
        &self.organizations
    }

    /// What [`super::Checker::check`] finds of an endorsed transaction, apart from signatures: whether
    /// its id is new, and whether these endorsers are enough for what it writes. `state` and `ids` are
    /// as the blocks before left them.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn check<S, I>(
        &self,
        state: &S,
        ids: &I,
        transaction: &DecodedTransaction,
        endorsers: &[Party],
    ) -> Result<TransactionCheck, S::Error>
    where
        S: State,
        I: TransactionIds<Error = S::Error>,
    {
        let Some(endorsed) = transaction.endorsed() else {
            return Ok(ValidationCode::UNSUPPORTED_TX_PAYLOAD.into());
        };
        if ids.contains(transaction.transaction_id())? {
            return Ok(ValidationCode::DUPLICATE_TXID.into());
        }
        let rules_of = |name: &str| NamespaceRules::load(self, state, name).map(Arc::new);
        let signers = Endorsers {
            channel: self,
            parties: endorsers,
        };
        check_policies(rules_of, state, &signers, endorsed)
    }
}

impl Organizations for SimulatedChannel {
    fn organizations(&self) -> Vec<(&str, &str)> {
        let names = self.organizations.iter().map(String::as_str);
        names.map(|name| (name, name)).collect()
    }

    fn has_policy(&self, _path: &str) -> bool {
        false
    }
}

struct Endorsers<'a> {
    channel: &'a SimulatedChannel,
    parties: &'a [Party],
}

impl Endorsers<'_> {
    /// Peers of more than half of the organisations.
    fn are_majority(&self) -> bool {
        let names = &self.channel.organizations;
        let peers: BTreeSet<&str> = self
            .parties
            .iter()
            .filter(|party| party.role == MspRoleType::Peer && names.contains(&party.msp_id))
            .map(|party| party.msp_id.as_str())
            .collect();
        peers.len() > names.len() / 2
    }
}

impl Signers for Endorsers<'_> {
    fn satisfy(&self, rule: &Rule) -> bool {
        match rule {
            Rule::Signature(policy) => policy::evaluate(policy, self.parties).unwrap_or(false),
            Rule::Channel(path) => path == DEFAULT_ENDORSEMENT && self.are_majority(),
            Rule::Malformed => false,
        }
    }
}
