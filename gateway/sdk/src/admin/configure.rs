//! Changing a channel's configuration: an update handed to the ordering service, and the wait for
//! its block.

use bytes::Bytes;
use fabric_protos::common::{
    ChannelHeader, ConfigEnvelope, ConfigUpdateEnvelope, Envelope, HeaderType, Payload,
    SignatureHeader,
};
use fabric_protos::gateway::SubmitRequest;
use futures::StreamExt as _;
use prost::Message as _;

use super::configuration::{ChannelConfiguration, ConfigurationUpdate};
use super::error::{AdminError, UpdateRefusal};
use super::peer::ChannelAdmin;
use crate::block::Block;
use crate::block::decode;
use crate::connection::Ask;
use crate::error::{Error, Step};
use crate::proposal::sign;
use crate::transaction_id::TransactionId;

const SUBMIT: &str = "/gateway.Gateway/Submit";

/// How a gateway introduces what an ordering node answered.
const ANSWER: &str = "received unsuccessful response from orderer: status=";

/// A configuration that came into force.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConfigurationChange {
    /// The block that holds it.
    pub block_number: u64,
    /// The configuration.
    pub configuration: ChannelConfiguration,
}

impl ChannelAdmin {
    /// Hands an update to the ordering service, and waits until this peer has the configuration that
    /// it makes. This administrator sends it, and need not be one of those who approve it.
    ///
    /// It goes through the gateway of this peer, which knows the channel's ordering nodes.
    ///
    /// # Errors
    ///
    /// [`AdminError::UpdateRefused`] with what the ordering service has against it;
    /// [`AdminError::NotInForce`] where it was taken and no block with it came in time: another
    /// update may have come first, so read the configuration anew. Any other [`AdminError`].
    pub async fn submit_update(
        &self,
        update: &ConfigurationUpdate,
    ) -> Result<ConfigurationChange, AdminError> {
        // Before it is sent, so that its block is not missed.
        let height = self.network.height().await?;
        self.broadcast(update).await?;
        let limit = self.network.shared().timeouts.commit_status;
        match tokio::time::timeout(limit, self.await_update(update, height)).await {
            Ok(change) => change,
            Err(_) => Err(AdminError::NotInForce { waited: limit }),
        }
    }

    async fn broadcast(&self, update: &ConfigurationUpdate) -> Result<(), AdminError> {
        let shared = self.network.shared();
        let creator = shared.identity.creator().clone();
        let no_nonce = |source| Error::Sign {
            step: Step::Submit,
            transaction_id: None,
            source,
        };
        let nonce = shared.nonce().map_err(no_nonce)?;
        let nonce = Bytes::copy_from_slice(&nonce);
        let id = TransactionId::derive(&nonce, &creator);
        let header = ChannelHeader {
            r#type: HeaderType::ConfigUpdate.into(),
            timestamp: Some(shared.now().into()),
            channel_id: self.name().to_owned(),
            ..Default::default()
        };
        let mut envelope = update.envelope(&header, &SignatureHeader { creator, nonce });
        envelope.signature =
            sign(&self.network, Step::Submit, &id, None, &envelope.payload).await?;
        let request = SubmitRequest {
            transaction_id: id.to_string(),
            channel_id: self.name().to_owned(),
            prepared_transaction: Some(envelope),
        };
        let ask = Ask {
            step: Step::Submit,
            transaction_id: &id,
            limit: shared.timeouts.submit,
            path: SUBMIT,
            message: request.encode_to_vec().into(),
            observer: shared.observer.as_deref(),
        };
        let answer = ask.one(&shared.peers, &self.peer.connection).await;
        answer.map(drop).map_err(refused)
    }

    /// The block from this one on that holds what the update makes.
    async fn await_update(
        &self,
        update: &ConfigurationUpdate,
        height: u64,
    ) -> Result<ConfigurationChange, AdminError> {
        let mut blocks = self.network.blocks().from_block(height).stream();
        while let Some(block) = blocks.next().await {
            let block = block?;
            if last_update(&block).is_none_or(|found| found != update.bytes()) {
                continue;
            }
            if let Ok(configuration) = ChannelConfiguration::from_block(&block) {
                return Ok(ConfigurationChange {
                    block_number: block.number(),
                    configuration,
                });
            }
        }
        Err(AdminError::NotInForce {
            waited: self.network.shared().timeouts.commit_status,
        })
    }
}

/// The update that led to the configuration in a block, if there is one in it.
fn last_update(block: &Block) -> Option<Bytes> {
    let transaction = block.transactions().next()?;
    let envelope: Envelope = decode("envelope", transaction.envelope()).ok()?;
    let payload: Payload = decode("payload", &envelope.payload).ok()?;
    let header: ChannelHeader = decode("header", &payload.header?.channel_header).ok()?;
    if header.r#type != i32::from(HeaderType::Config) {
        return None;
    }
    let config: ConfigEnvelope = decode("configuration", &payload.data).ok()?;
    let payload: Payload = decode("payload", &config.last_update?.payload).ok()?;
    let update: ConfigUpdateEnvelope = decode("update", &payload.data).ok()?;
    Some(update.config_update)
}

/// What an ordering node answered, where it is one that did.
fn refused(error: Error) -> AdminError {
    let message = match &error {
        Error::Call { failure } => failure.message.clone(),
        _ => return error.into(),
    };
    let Some((status, info)) = message
        .strip_prefix(ANSWER)
        .and_then(|rest| rest.split_once(", info="))
    else {
        return error.into();
    };
    AdminError::UpdateRefused {
        status: status.to_owned(),
        message: info.to_owned(),
        refusal: UpdateRefusal::of(info),
    }
}
