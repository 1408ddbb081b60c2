//! A block without payloads: which transactions it holds, and the verdicts.

use fabric_protos::peer;
use fabric_protos::peer::filtered_transaction::Data;

use crate::block::HeaderType;
use crate::chaincode_event::ChaincodeEvent;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// A block without payloads.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FilteredBlock {
    /// The channel.
    pub channel: String,
    /// The number, from 0.
    pub number: u64,
    /// The transactions, in order.
    pub transactions: Vec<FilteredTransaction>,
}

/// A transaction without its payload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FilteredTransaction {
    /// The id; empty for most configuration changes.
    pub transaction_id: TransactionId,
    /// What it is.
    pub header_type: HeaderType,
    /// The peer's verdict.
    pub code: ValidationCode,
    /// The event that its chaincode set, without its payload.
    pub event: Option<ChaincodeEvent>,
}

impl FilteredBlock {
    pub(crate) fn new(block: peer::FilteredBlock) -> Self {
        let number = block.number;
        let transactions = block.filtered_transactions.into_iter();
        Self {
            channel: block.channel_id,
            number,
            transactions: transactions
                .map(|transaction| FilteredTransaction::new(number, transaction))
                .collect(),
        }
    }
}

impl FilteredTransaction {
    fn new(block_number: u64, transaction: peer::FilteredTransaction) -> Self {
        let event = transaction
            .data
            .and_then(|Data::TransactionActions(actions)| {
                actions
                    .chaincode_actions
                    .into_iter()
                    .find_map(|action| action.chaincode_event)
            });
        Self {
            transaction_id: transaction.txid.into(),
            header_type: HeaderType::from_number(transaction.r#type),
            code: ValidationCode::from_number(transaction.tx_validation_code),
            event: event
                .filter(|event| !event.event_name.is_empty())
                .map(|event| ChaincodeEvent::new(block_number, event)),
        }
    }
}
