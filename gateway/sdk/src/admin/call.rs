//! One call of a system chaincode on one peer.

use std::time::Duration;

use bytes::Bytes;
use fabric_protos::peer::endorser_client::EndorserClient;
use fabric_protos::peer::{ProposalResponse, SignedProposal};
use prost::Message;

use super::error::{AdminError, Refusal};
use super::peer::{ChannelAdmin, PeerAdmin};
use crate::block::{BlockError, decode};
use crate::connection::{MESSAGE_BYTES_MAX, Peer, call, limited};
use crate::error::{Error, Step};
use crate::network::Network;
use crate::proposal::Proposal;
use crate::transaction_id::TransactionId;

/// From here on a status is a refusal. (Fabric: `shim.ERRORTHRESHOLD`)
const REFUSAL_STATUS_MIN: i32 = 400;

/// What is called.
pub(super) struct Operation<'a> {
    /// Name of the system chaincode.
    pub(super) chaincode: &'static str,
    /// Name of the function.
    pub(super) name: &'static str,
    pub(super) arguments: &'a [&'a [u8]],
}

impl Operation<'_> {
    pub(super) fn proposal(&self, network: &Network) -> Result<Proposal, Error> {
        let contract = network.contract(self.chaincode);
        contract.proposal(self.name).args(self.arguments).build()
    }
}

impl PeerAdmin {
    /// Asks something that is about the peer and no channel.
    pub(super) async fn ask(&self, operation: &Operation<'_>) -> Result<Bytes, AdminError> {
        let network = self.no_channel();
        let limit = network.shared().timeouts.evaluate;
        ask(&network, &self.connection, operation, limit).await
    }

    /// As [`PeerAdmin::ask`], for what takes a peer longer.
    pub(super) async fn ask_within(
        &self,
        operation: &Operation<'_>,
        limit: Duration,
    ) -> Result<Bytes, AdminError> {
        ask(&self.no_channel(), &self.connection, operation, limit).await
    }
}

impl ChannelAdmin {
    /// Asks something about the channel.
    pub(super) async fn ask(&self, operation: &Operation<'_>) -> Result<Bytes, AdminError> {
        let limit = self.network.shared().timeouts.evaluate;
        ask(&self.network, &self.peer.connection, operation, limit).await
    }
}

async fn ask(
    network: &Network,
    peer: &Peer,
    operation: &Operation<'_>,
    limit: Duration,
) -> Result<Bytes, AdminError> {
    let proposal = operation.proposal(network)?;
    let call = Proposed::new(&proposal, operation.name, Step::Evaluate, limit).await?;
    let answer = call.process(peer).await?;
    Ok(answer.response.unwrap_or_default().payload)
}

/// A proposal on its way to one or several peers, signed once.
pub(super) struct Proposed<'a> {
    signed: SignedProposal,
    transaction_id: &'a TransactionId,
    operation: &'static str,
    step: Step,
    limit: Duration,
}

impl<'a> Proposed<'a> {
    pub(super) async fn new(
        proposal: &'a Proposal,
        operation: &'static str,
        step: Step,
        limit: Duration,
    ) -> Result<Self, Error> {
        Ok(Self {
            signed: proposal.signed(step).await?,
            transaction_id: proposal.transaction_id(),
            operation,
            step,
            limit,
        })
    }

    /// Has a peer run it. What comes back is not a refusal.
    pub(super) async fn process(&self, peer: &Peer) -> Result<ProposalResponse, AdminError> {
        let mut client =
            EndorserClient::new(peer.channel()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let request = client.process_proposal(limited(self.signed.clone(), self.limit));
        let answer = call(self.step, self.transaction_id, self.limit, request).await?;
        let (url, operation) = (|| peer.endpoint.url().to_owned(), self.operation);
        let Some(response) = &answer.response else {
            return Err(AdminError::Malformed {
                peer: url(),
                operation,
                reason: "a response is missing",
                source: None,
            });
        };
        if response.status >= REFUSAL_STATUS_MIN {
            return Err(AdminError::Refused {
                peer: url(),
                operation,
                status: response.status,
                message: response.message.clone(),
                refusal: Refusal::of(&response.message),
            });
        }
        Ok(answer)
    }
}

/// Reads the answer to an operation.
pub(super) fn read<M: Message + Default>(
    peer: &PeerAdmin,
    operation: &Operation<'_>,
    answer: &Bytes,
) -> Result<M, AdminError> {
    decode("answer", answer)
        .map_err(|source| malformed(peer, operation, "the answer", Some(source)))
}

pub(super) fn malformed(
    peer: &PeerAdmin,
    operation: &Operation<'_>,
    reason: &'static str,
    source: Option<BlockError>,
) -> AdminError {
    AdminError::Malformed {
        peer: peer.url().to_owned(),
        operation: operation.name,
        reason,
        source,
    }
}
