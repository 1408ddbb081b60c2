//! A committed block in the forms that streams want it in, each worked out once.

use std::sync::OnceLock;

use fabric_ledger::{
    ValidationCode,
    block::{self, Content, DecodedBlock, DecodedTransaction},
};
use fabric_protos::{
    common::Block,
    peer::{
        ChaincodeEvent, FilteredBlock, FilteredChaincodeAction, FilteredTransaction,
        FilteredTransactionActions, filtered_transaction::Data,
    },
};

use crate::storage::StorageError;

/// Header type of a transaction that a chaincode made.
const ENDORSER_TRANSACTION: i32 = 3;

/// A block that streams share.
#[derive(Debug)]
pub(crate) struct ServedBlock {
    block: Block,
    size: usize,
    decoded: OnceLock<DecodedBlock>,
}

impl ServedBlock {
    /// A block of this many encoded bytes.
    pub(crate) fn new(block: Block, size: usize) -> Self {
        Self {
            block,
            size,
            decoded: OnceLock::new(),
        }
    }

    /// The same, where the block is decoded already.
    pub(crate) fn with_decoded(self, decoded: DecodedBlock) -> Self {
        Self {
            decoded: decoded.into(),
            ..self
        }
    }

    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    pub(crate) fn number(&self) -> u64 {
        self.block.header.as_ref().map_or(0, |header| header.number)
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The block, decoded.
    pub(crate) fn decoded(&self) -> Result<&DecodedBlock, StorageError> {
        if let Some(decoded) = self.decoded.get() {
            return Ok(decoded);
        }
        let decoded = block::decode(&self.block).map_err(|_| StorageError::Malformed("block"))?;
        Ok(self.decoded.get_or_init(|| decoded))
    }

    /// Whether it holds a configuration.
    pub(crate) fn is_configuration(&self) -> bool {
        self.decoded().is_ok_and(|decoded| {
            let mut transactions = decoded.transactions.iter();
            transactions.any(|transaction| matches!(transaction.content, Content::Config(_)))
        })
    }

    /// Events of the valid transactions, in their order.
    pub(crate) fn events(&self) -> Result<Vec<ChaincodeEvent>, StorageError> {
        let decoded = self.decoded()?;
        let codes = decoded.codes().unwrap_or_default();
        let valid = decoded
            .transactions
            .iter()
            .zip(codes)
            .filter(|(_, code)| code.is_valid());
        Ok(valid
            .filter_map(|(transaction, _)| event(transaction))
            .collect())
    }

    /// The block without payloads.
    pub(crate) fn filtered(&self, channel: &str) -> Result<FilteredBlock, StorageError> {
        let decoded = self.decoded()?;
        let codes = decoded.codes().unwrap_or_default();
        let transactions = decoded.transactions.iter().zip(codes);
        Ok(FilteredBlock {
            channel_id: channel.to_owned(),
            number: decoded.number,
            filtered_transactions: transactions
                .filter_map(|(transaction, code)| filter(transaction, code))
                .collect(),
        })
    }
}

/// The event of a transaction; one that lacks a name or an owner is none.
fn event(transaction: &DecodedTransaction) -> Option<ChaincodeEvent> {
    let event = transaction.endorsed()?.event.as_ref()?;
    let complete =
        !event.chaincode.is_empty() && !event.name.is_empty() && !event.transaction_id.is_empty();
    complete.then(|| ChaincodeEvent {
        chaincode_id: event.chaincode.clone(),
        tx_id: event.transaction_id.clone(),
        event_name: event.name.clone(),
        payload: event.payload.clone(),
    })
}

/// A transaction without its payload; one without a header is left out.
fn filter(transaction: &DecodedTransaction, code: ValidationCode) -> Option<FilteredTransaction> {
    let header = transaction.header.as_ref()?;
    let actions = match &transaction.content {
        Content::Endorsed(endorsed) => {
            let event = endorsed
                .event
                .as_ref()
                .filter(|event| !event.chaincode.is_empty());
            Some(event.map(|event| ChaincodeEvent {
                chaincode_id: event.chaincode.clone(),
                tx_id: event.transaction_id.clone(),
                event_name: event.name.clone(),
                payload: Default::default(),
            }))
        }
        Content::Config(_) => None,
        Content::Malformed(_) => (header.header_type == ENDORSER_TRANSACTION).then_some(None),
    };
    Some(FilteredTransaction {
        txid: header.transaction_id.clone(),
        r#type: header.header_type,
        tx_validation_code: i32::from(code.byte()),
        data: actions.map(|event| {
            Data::TransactionActions(FilteredTransactionActions {
                chaincode_actions: event
                    .into_iter()
                    .map(|event| FilteredChaincodeAction {
                        chaincode_event: Some(event),
                    })
                    .collect(),
            })
        }),
    })
}
