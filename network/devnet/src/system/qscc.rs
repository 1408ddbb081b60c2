//! `qscc`: blocks and transactions of a channel (`core/scc/qscc/query.go`).

use std::sync::Arc;

use fabric_protos::{
    common::{BlockchainInfo, Envelope},
    peer::{ProcessedTransaction, Response},
};
use prost::Message as _;

use super::{Call, acl, error, success};
use crate::{chain::ServedBlock, peer::PeerLedger, storage::StorageError};

pub(super) fn invoke(call: &Call<'_>) -> Response {
    respond(call).unwrap_or_else(error)
}

fn respond(call: &Call<'_>) -> Result<Response, String> {
    let count = call.arguments().len();
    if count < 2 {
        return Err(format!("Incorrect number of arguments, {count}"));
    }
    let (function, name) = (call.text(0), call.text(1));
    if function != "GetChainInfo" && count < 3 {
        return Err(format!("missing 3rd argument for {function}"));
    }
    let ledger = call
        .peer
        .ledger(&name)
        .ok_or_else(|| format!("Invalid chain ID, {name}"))?;
    acl::check(call, &format!("qscc/{function}"), Some(ledger.channel()))
        .map_err(|reason| format!("access denied for [{function}][{name}]: [{reason}]"))?;
    let argument = call.arguments().get(2).cloned().unwrap_or_default();
    let text = call.text(2);
    match function.as_str() {
        "GetChainInfo" => chain_info(ledger)
            .map(|info| success(&info))
            .map_err(|error| format!("Failed to get block info with error {error}")),
        "GetBlockByNumber" => {
            let number = parse_number(&text)
                .map_err(|error| format!("Failed to parse block number with error {error}"))?;
            block_by_number(ledger, number)
                .map(|block| success(block.block()))
                .map_err(|error| format!("Failed to get block number {number}, error {error}"))
        }
        "GetBlockByHash" => block_by_hash(ledger, &argument)
            .map(|block| success(block.block()))
            .map_err(|error| format!("Failed to get block hash {text}, error {error}")),
        "GetTransactionByID" => transaction(ledger, &text)
            .map(|transaction| success(&transaction))
            .map_err(|error| format!("Failed to get transaction with id {text}, error {error}")),
        "GetBlockByTxID" => block_of(ledger, &text)
            .map(|block| success(block.block()))
            .map_err(|error| format!("Failed to get block for txID {text}, error {error}")),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

/// Go's `strconv.ParseUint`, with its words.
fn parse_number(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let reason = match text.parse::<u64>() {
        Ok(number) if digits => return Ok(number),
        Err(_) if digits => "value out of range",
        _ => "invalid syntax",
    };
    Err(format!("strconv.ParseUint: parsing {text:?}: {reason}"))
}

fn chain_info(ledger: &PeerLedger) -> Result<BlockchainInfo, StorageError> {
    let view = ledger.view();
    let head = view.head();
    let last = head.height.checked_sub(1);
    let last = last.map(|last| ledger.block(last)).transpose()?;
    let header = last
        .flatten()
        .and_then(|block| block.block().header.clone());
    Ok(BlockchainInfo {
        height: head.height,
        current_block_hash: head.block_hash.clone(),
        previous_block_hash: header.unwrap_or_default().previous_hash,
        ..Default::default()
    })
}

/// The highest number that there is stands for the last block.
fn block_by_number(ledger: &PeerLedger, number: u64) -> Result<Arc<ServedBlock>, String> {
    let asked = match number {
        u64::MAX => ledger.height().saturating_sub(1),
        number => number,
    };
    ledger
        .block(asked)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("no such block number [{asked}] in index"))
}

fn block_by_hash(ledger: &PeerLedger, hash: &[u8]) -> Result<Arc<ServedBlock>, String> {
    let view = ledger.view();
    let number = view
        .block_by_hash(hash)
        .map_err(|error| error.to_string())?;
    match number {
        Some(number) => block_by_number(ledger, number),
        None => Err(format!(
            "no such block hash [{}] in index",
            hex::encode(hash)
        )),
    }
}

fn block_of(ledger: &PeerLedger, id: &str) -> Result<Arc<ServedBlock>, String> {
    let view = ledger.view();
    let position = view.transaction(id).map_err(|error| error.to_string())?;
    let position = position.ok_or_else(|| no_transaction(id))?;
    block_by_number(ledger, position.block)
}

fn transaction(ledger: &PeerLedger, id: &str) -> Result<ProcessedTransaction, String> {
    let view = ledger.view();
    let position = view.transaction(id).map_err(|error| error.to_string())?;
    let position = position.ok_or_else(|| no_transaction(id))?;
    let block = block_by_number(ledger, position.block)?;
    let index = usize::try_from(position.index).unwrap_or(usize::MAX);
    let data = block.block().data.as_ref();
    let envelope = data
        .and_then(|data| data.data.get(index))
        .and_then(|bytes| Envelope::decode(bytes.clone()).ok());
    Ok(ProcessedTransaction {
        transaction_envelope: Some(envelope.ok_or_else(|| no_transaction(id))?),
        validation_code: i32::from(position.code),
    })
}

fn no_transaction(id: &str) -> String {
    format!("no such transaction ID [{id}] in index")
}
