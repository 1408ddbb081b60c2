//! Table `channel`: whose ledger this schema holds.

use crate::column::hexadecimal;
use crate::{Store, StoreError};

/// A channel, known by its genesis block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// The header hash of its block 0.
    pub genesis_hash: Vec<u8>,
    /// The chaincode whose records are read as tokens, accounts and notes.
    pub chaincode: String,
}

impl Store {
    /// The channel that this schema holds, once it holds one.
    ///
    /// # Errors
    /// The database's own.
    pub async fn channel(&self) -> Result<Option<Channel>, StoreError> {
        let row: Option<(String, Vec<u8>, String)> =
            sqlx::query_as("SELECT name, genesis_hash, chaincode FROM channel")
                .fetch_optional(self.pool())
                .await?;
        Ok(row.map(|(name, genesis_hash, chaincode)| Channel {
            name,
            genesis_hash,
            chaincode,
        }))
    }

    /// Makes this schema the given channel's, or confirms that it is.
    ///
    /// # Errors
    /// [`StoreError::OtherChain`] where it is another's, [`StoreError::OtherChaincode`] where it
    /// reads another chaincode's records.
    pub async fn claim(&self, channel: &Channel) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO channel (name, genesis_hash, chaincode) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&channel.name)
        .bind(&channel.genesis_hash)
        .bind(&channel.chaincode)
        .execute(self.pool())
        .await?;
        match self.channel().await? {
            Some(recorded) if recorded == *channel => Ok(()),
            Some(recorded)
                if recorded.name == channel.name
                    && recorded.genesis_hash == channel.genesis_hash =>
            {
                Err(StoreError::OtherChaincode {
                    recorded: recorded.chaincode,
                    given: channel.chaincode.clone(),
                })
            }
            Some(recorded) => Err(StoreError::OtherChain {
                recorded_name: recorded.name,
                recorded_hash: hexadecimal(&recorded.genesis_hash),
                given_name: channel.name.clone(),
                given_hash: hexadecimal(&channel.genesis_hash),
            }),
            None => Ok(()),
        }
    }
}
