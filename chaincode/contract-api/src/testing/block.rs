//! Blocks of endorsed transactions, as far as validation looks at them.

use bytes::Bytes;
use fabric_ledger::block::{
    ChaincodeCall, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction,
    TransactionHeader,
};

use super::{CHAINCODE, CHANNEL, Endorsed};
use crate::peer::KeyModification;

/// Fabric's header type of an endorsed transaction.
const ENDORSER_TRANSACTION: i32 = 3;

pub(super) fn of(number: u64, transactions: &[Endorsed]) -> DecodedBlock {
    DecodedBlock {
        number,
        previous_hash: Bytes::new(),
        data_hash: Bytes::new(),
        header_hash: [0; 32],
        computed_data_hash: [0; 32],
        transactions_filter: Bytes::new(),
        commit_hash: None,
        transactions: transactions.iter().enumerate().map(transaction).collect(),
    }
}

fn transaction((index, endorsed): (usize, &Endorsed)) -> DecodedTransaction {
    let header = TransactionHeader {
        header_type: ENDORSER_TRANSACTION,
        channel: CHANNEL.to_owned(),
        transaction_id: endorsed.transaction_id.clone(),
        timestamp: Some((endorsed.timestamp.seconds, endorsed.timestamp.nanoseconds)),
        creator: Bytes::new(),
        nonce: Bytes::new(),
    };
    let chaincode = ChaincodeCall {
        name: CHAINCODE.to_owned(),
        version: String::new(),
        arguments: Vec::new(),
    };
    let content = EndorsedTransaction {
        chaincode,
        status: endorsed.response.status,
        message: String::new(),
        response: Bytes::new(),
        event: None,
        rwset: endorsed.rwset.clone(),
        endorsements: Vec::new(),
        response_payload: Bytes::new(),
    };
    DecodedTransaction {
        index,
        envelope_size: 0,
        payload: Bytes::new(),
        signature: Bytes::new(),
        header: Some(header),
        content: Content::Endorsed(Box::new(content)),
    }
}

/// The public writes of a transaction, as histories show them.
pub(super) fn changes(
    transaction: &Endorsed,
) -> impl Iterator<Item = ((String, String), KeyModification)> {
    transaction.rwset.namespaces.iter().flat_map(|namespace| {
        namespace.writes.iter().map(|write| {
            let change = KeyModification {
                transaction_id: transaction.transaction_id.clone(),
                value: write.value.to_vec(),
                timestamp: transaction.timestamp,
                is_delete: write.deletes(),
            };
            ((namespace.namespace.clone(), write.key.clone()), change)
        })
    })
}
