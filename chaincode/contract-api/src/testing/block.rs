//! Blocks of endorsed transactions, as far as validation looks at them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_ledger::{
    ValidationCode,
    block::{
        ChaincodeCall, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction,
        TransactionHeader,
    },
    validate::TransactionCheck,
};

use super::{CHAINCODE, CHANNEL, client::Endorsed};
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

/// What a peer finds of each transaction by itself: whether its id was used before.
pub(super) fn checks(transactions: &[Endorsed], used: &BTreeSet<String>) -> Vec<TransactionCheck> {
    let code = |endorsed: &Endorsed| match used.contains(&endorsed.transaction_id) {
        true => ValidationCode::DUPLICATE_TXID,
        false => ValidationCode::VALID,
    };
    transactions
        .iter()
        .map(|endorsed| code(endorsed).into())
        .collect()
}

/// Notes the public writes of a valid transaction, newest first.
pub(super) fn remember(
    history: &mut BTreeMap<(String, String), Vec<KeyModification>>,
    transaction: &Endorsed,
) {
    for namespace in &transaction.rwset.namespaces {
        for write in &namespace.writes {
            let change = KeyModification {
                transaction_id: transaction.transaction_id.clone(),
                value: write.value.to_vec(),
                timestamp: transaction.timestamp,
                is_delete: write.deletes(),
            };
            let key = (namespace.namespace.clone(), write.key.clone());
            history.entry(key).or_default().insert(0, change);
        }
    }
}
