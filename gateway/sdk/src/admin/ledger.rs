//! The ledger of a channel, asked for on one peer: height, blocks, transactions.

use bytes::Bytes;
use fabric_protos::common;

use super::call::{Operation, malformed, read};
use super::error::AdminError;
use super::peer::ChannelAdmin;
use crate::block::Block;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// The system chaincode that reads the ledger.
const LEDGER: &str = "qscc";

/// How far a peer's ledger goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainInfo {
    /// How many blocks there are: the number of the next one.
    pub height: u64,
    /// Hash of the newest block's header.
    pub current_block_hash: Bytes,
    /// Hash of the header before that one.
    pub previous_block_hash: Bytes,
    /// Where the ledger began from a snapshot: the last block in it. Earlier ones are not there.
    pub last_block_in_snapshot: Option<u64>,
}

/// A transaction as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerTransaction {
    /// The peer's verdict.
    pub code: ValidationCode,
    /// The envelope, byte for byte.
    pub envelope: Bytes,
}

/// A `protos.ProcessedTransaction` whose envelope stays the bytes that the peer sent.
#[derive(Clone, PartialEq, prost::Message)]
struct Processed {
    #[prost(bytes = "bytes", tag = "1")]
    envelope: Bytes,
    #[prost(int32, tag = "2")]
    validation_code: i32,
}

impl ChannelAdmin {
    /// Height and newest hashes.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn chain_info(&self) -> Result<ChainInfo, AdminError> {
        let arguments: [&[u8]; 1] = [self.name().as_bytes()];
        let operation = ledger("GetChainInfo", &arguments);
        let answer = self.ask(&operation).await?;
        let info: common::BlockchainInfo = read(&self.peer, &operation, &answer)?;
        let snapshot = info.bootstrapping_snapshot_info;
        Ok(ChainInfo {
            height: info.height,
            current_block_hash: info.current_block_hash,
            previous_block_hash: info.previous_block_hash,
            last_block_in_snapshot: snapshot.map(|snapshot| snapshot.last_block_in_snapshot),
        })
    }

    /// The block of this number; the newest for `u64::MAX`.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotFound`](super::Refusal::NotFound) where there is none.
    pub async fn block_by_number(&self, number: u64) -> Result<Block, AdminError> {
        self.block("GetBlockByNumber", number.to_string().as_bytes())
            .await
    }

    /// The block whose header has this hash.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotFound`](super::Refusal::NotFound) where there is none.
    pub async fn block_by_hash(&self, hash: impl AsRef<[u8]>) -> Result<Block, AdminError> {
        self.block("GetBlockByHash", hash.as_ref()).await
    }

    /// The block that holds this transaction, its first occurrence if there are several.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotFound`](super::Refusal::NotFound) where there is none.
    pub async fn block_by_transaction(
        &self,
        transaction_id: impl Into<TransactionId>,
    ) -> Result<Block, AdminError> {
        let id = transaction_id.into();
        self.block("GetBlockByTxID", id.as_str().as_bytes()).await
    }

    /// A transaction by its id, its first occurrence if there are several.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotFound`](super::Refusal::NotFound) where there is none.
    pub async fn transaction(
        &self,
        transaction_id: impl Into<TransactionId>,
    ) -> Result<LedgerTransaction, AdminError> {
        let id = transaction_id.into();
        let arguments: [&[u8]; 2] = [self.name().as_bytes(), id.as_str().as_bytes()];
        let operation = ledger("GetTransactionByID", &arguments);
        let answer = self.ask(&operation).await?;
        let processed: Processed = read(&self.peer, &operation, &answer)?;
        Ok(LedgerTransaction {
            code: ValidationCode::from_number(processed.validation_code),
            envelope: processed.envelope,
        })
    }

    async fn block(&self, name: &'static str, which: &[u8]) -> Result<Block, AdminError> {
        let arguments: [&[u8]; 2] = [self.name().as_bytes(), which];
        let operation = ledger(name, &arguments);
        let answer = self.ask(&operation).await?;
        Block::from_bytes(answer)
            .map_err(|source| malformed(&self.peer, &operation, "a block", Some(source)))
    }
}

fn ledger<'a>(name: &'static str, arguments: &'a [&'a [u8]]) -> Operation<'a> {
    Operation {
        chaincode: LEDGER,
        name,
        arguments,
    }
}
