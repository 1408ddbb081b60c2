//! The part of validation that looks at one transaction by itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::endorsement::{self, SignerSet, Signers};
use super::rules::{NamespaceRules, RulesCache};
use crate::block::{
    Content, DecodedTransaction, EndorsedTransaction, Malformation, Stage, TransactionHeader,
    transaction_id,
};
use crate::channel::ChannelConfig;
use crate::code::ValidationCode;
use crate::state::{State, TransactionIds};

/// Checks transactions of one block, each by itself. May be shared between threads, which can
/// check transactions of the block at the same time.
#[derive(Debug)]
pub struct Checker<'a, S, I> {
    channel: &'a ChannelConfig,
    state: &'a S,
    ids: &'a I,
    block_number: u64,
    rules: RulesCache,
}

/// What [`Checker::check`] found; [`super::settle`] makes the final code of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionCheck {
    pub(super) code: ValidationCode,
    /// Namespaces whose policies the endorsements satisfy, even where another's they do not.
    pub(super) satisfied: Vec<String>,
    /// Whether it was rejected before any policy was looked at.
    pub(super) undecided: bool,
}

impl TransactionCheck {
    /// The code, as far as the transaction alone decides it.
    #[must_use]
    pub fn code(&self) -> ValidationCode {
        self.code
    }
}

impl<'a, S, I> Checker<'a, S, I>
where
    S: State,
    I: TransactionIds<Error = S::Error>,
{
    /// A checker of the transactions of block `block_number`; everything else as the blocks before
    /// it left it.
    pub fn new(channel: &'a ChannelConfig, state: &'a S, ids: &'a I, block_number: u64) -> Self {
        Self {
            channel,
            state,
            ids,
            block_number,
            rules: RulesCache::default(),
        }
    }

    /// Checks structure, creator's signature, ids and endorsements of a transaction.
    ///
    /// # Errors
    /// Where the store fails; a bad transaction is no error.
    pub fn check(&self, transaction: &DecodedTransaction) -> Result<TransactionCheck, S::Error> {
        if self.block_number == 0 {
            // Nobody signs the first block: to join a channel is to trust it.
            return Ok(genesis(transaction).into());
        }
        match self.check_envelope(transaction)? {
            Err(code) => Ok(code.into()),
            Ok(endorsed) => {
                let rules_of = |name: &str| self.rules.get(self.channel, self.state, name);
                let signers = SignerSet::new(self.channel, endorsed);
                check_policies(rules_of, self.state, &signers, endorsed)
            }
        }
    }

    /// Everything before policies. The inner error is the code of a transaction that ends here.
    fn check_envelope<'t>(
        &self,
        transaction: &'t DecodedTransaction,
    ) -> Result<Result<&'t EndorsedTransaction, ValidationCode>, S::Error> {
        let malformation = match &transaction.content {
            Content::Malformed(malformation) => Some(malformation),
            Content::Endorsed(_) | Content::Config(_) => None,
        };
        let at = |stage| {
            malformation
                .filter(|found| found.stage() == stage)
                .map(Malformation::code)
        };
        let Some(header) = &transaction.header else {
            return Ok(Err(
                at(Stage::Header).unwrap_or(ValidationCode::BAD_COMMON_HEADER)
            ));
        };
        let before_ids = at(Stage::Header)
            .or_else(|| self.check_creator(transaction, header).err())
            .or_else(|| at(Stage::Type));
        if let Some(code) = before_ids {
            return Ok(Err(code));
        }
        if let Content::Config(envelope) = &transaction.content {
            return Ok(Err(self.check_config(envelope)));
        }
        if header.transaction_id != transaction_id(&header.nonce, &header.creator) {
            return Ok(Err(ValidationCode::BAD_PROPOSAL_TXID));
        }
        if let Some(code) = at(Stage::Structure) {
            return Ok(Err(code));
        }
        if self.ids.contains(&header.transaction_id)? {
            return Ok(Err(ValidationCode::DUPLICATE_TXID));
        }
        Ok(match &transaction.content {
            Content::Endorsed(endorsed) => Ok(endorsed),
            Content::Malformed(malformation) => Err(malformation.code()),
            Content::Config(_) => Err(ValidationCode::UNSUPPORTED_TX_PAYLOAD),
        })
    }

    fn check_creator(
        &self,
        transaction: &DecodedTransaction,
        header: &TransactionHeader,
    ) -> Result<(), ValidationCode> {
        let bad = ValidationCode::BAD_CREATOR_SIGNATURE;
        if header.nonce.is_empty() || header.creator.is_empty() {
            return Err(ValidationCode::BAD_COMMON_HEADER);
        }
        // The organisations of another channel are not known here.
        if header.channel != self.channel.channel() {
            return Err(bad);
        }
        let msps = self.channel.msps();
        let creator = msps.identity(&header.creator).map_err(|_| bad)?;
        creator
            .verify(&transaction.payload, &transaction.signature)
            .map_err(|_| bad)
    }

    fn check_config(&self, envelope: &Bytes) -> ValidationCode {
        match self.channel.next(envelope) {
            Ok(_) => ValidationCode::VALID,
            Err(_) => ValidationCode::INVALID_CONFIG_TRANSACTION,
        }
    }
}

/// Each namespace that the transaction writes to, and the chaincode's own, by its own policies.
pub(super) fn check_policies<S: State>(
    rules_of: impl Fn(&str) -> Result<Arc<NamespaceRules>, S::Error>,
    state: &S,
    signers: &impl Signers,
    endorsed: &EndorsedTransaction,
) -> Result<TransactionCheck, S::Error> {
    let mut written: BTreeSet<&str> = endorsed
        .rwset
        .namespaces
        .iter()
        .filter(|set| set.has_writes())
        .map(|set| set.namespace.as_str())
        .collect();
    written.insert(&endorsed.chaincode.name);
    let mut check = TransactionCheck::from(ValidationCode::VALID);
    for namespace in written {
        let code = match &*rules_of(namespace)? {
            NamespaceRules::Undefined => ValidationCode::INVALID_CHAINCODE,
            NamespaceRules::UnknownPlugin => ValidationCode::INVALID_OTHER_REASON,
            NamespaceRules::Defined(rules) => {
                let set = endorsed.rwset.namespace(namespace);
                match endorsement::satisfied(rules, namespace, set, state, signers)? {
                    true => ValidationCode::VALID,
                    false => ValidationCode::ENDORSEMENT_POLICY_FAILURE,
                }
            }
        };
        match code.is_valid() {
            true => check.satisfied.push(namespace.to_owned()),
            false if check.code.is_valid() => check.code = code,
            false => {}
        }
    }
    Ok(check)
}

impl From<ValidationCode> for TransactionCheck {
    fn from(code: ValidationCode) -> Self {
        Self {
            code,
            satisfied: Vec::new(),
            undecided: !code.is_valid(),
        }
    }
}

fn genesis(transaction: &DecodedTransaction) -> ValidationCode {
    match transaction.content {
        Content::Config(_) => ValidationCode::VALID,
        Content::Endorsed(_) | Content::Malformed(_) => ValidationCode::INVALID_CONFIG_TRANSACTION,
    }
}
