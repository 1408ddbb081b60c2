//! The five operations of the gateway, and the details of their failures.

use bytes::Bytes;
use fabric_protos::common::Envelope;
use fabric_protos::gateway::gateway_client::GatewayClient;
use fabric_protos::gateway::{
    ChaincodeEventsRequest, ChaincodeEventsResponse, CommitStatusRequest, CommitStatusResponse,
    EndorseRequest, ErrorDetail, EvaluateRequest, SignedChaincodeEventsRequest,
    SignedCommitStatusRequest, SubmitRequest,
};
use fabric_protos::peer::Response;
use fabric_protos::rpc;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::{Client, MESSAGE_BYTES_MAX, Proposed};

impl Client {
    /// The gateway.
    #[must_use]
    pub fn gateway(&self) -> GatewayClient<Channel> {
        self.gateway_of(self.home)
    }

    /// The gateway of another organisation's peer.
    #[must_use]
    pub fn gateway_of(&self, organization: usize) -> GatewayClient<Channel> {
        GatewayClient::new(self.peer(organization).connection.clone())
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Evaluates.
    ///
    /// # Errors
    /// What the gateway answers.
    pub async fn evaluate(
        &self,
        proposed: &Proposed,
        organizations: &[&str],
    ) -> Result<Response, Status> {
        let request = EvaluateRequest {
            transaction_id: proposed.id.clone(),
            channel_id: self.channel.clone(),
            proposed_transaction: Some(proposed.signed.clone()),
            target_organizations: owned(organizations),
        };
        let answer = self.gateway().evaluate(request).await?.into_inner();
        Ok(answer.result.unwrap_or_default())
    }

    /// Endorses; gives the transaction, signed.
    ///
    /// # Errors
    /// What the gateway answers.
    ///
    /// # Panics
    /// Where the identity cannot sign.
    pub async fn endorse(
        &self,
        proposed: &Proposed,
        organizations: &[&str],
    ) -> Result<Envelope, Status> {
        let request = EndorseRequest {
            transaction_id: proposed.id.clone(),
            channel_id: self.channel.clone(),
            proposed_transaction: Some(proposed.signed.clone()),
            endorsing_organizations: owned(organizations),
        };
        let answer = self.gateway().endorse(request).await?.into_inner();
        let mut envelope = answer.prepared_transaction.unwrap_or_default();
        let signature = self.identity.sign(&envelope.payload);
        envelope.signature = signature.expect("the identity signs");
        Ok(envelope)
    }

    /// Hands a transaction to the orderer.
    ///
    /// # Errors
    /// What the gateway answers.
    pub async fn submit(&self, id: &str, envelope: &Envelope) -> Result<(), Status> {
        let request = SubmitRequest {
            transaction_id: id.to_owned(),
            channel_id: self.channel.clone(),
            prepared_transaction: Some(envelope.clone()),
        };
        self.gateway().submit(request).await.map(drop)
    }

    /// Waits for a transaction's status on the peer of an organisation.
    ///
    /// # Errors
    /// What the gateway answers.
    pub async fn status(
        &self,
        organization: usize,
        id: &str,
    ) -> Result<CommitStatusResponse, Status> {
        let request = CommitStatusRequest {
            transaction_id: id.to_owned(),
            channel_id: self.channel.clone(),
            identity: self.identity.serialized().clone(),
        };
        let request: Bytes = request.encode_to_vec().into();
        let signed = SignedCommitStatusRequest {
            signature: self.sign(&request),
            request,
        };
        let answer = self.gateway_of(organization).commit_status(signed).await?;
        Ok(answer.into_inner())
    }

    /// Follows the events of a chaincode.
    ///
    /// # Errors
    /// What the gateway answers.
    pub async fn events(
        &self,
        request: ChaincodeEventsRequest,
    ) -> Result<Streaming<ChaincodeEventsResponse>, Status> {
        let request = ChaincodeEventsRequest {
            channel_id: self.channel.clone(),
            identity: self.identity.serialized().clone(),
            ..request
        };
        let request: Bytes = request.encode_to_vec().into();
        let signed = SignedChaincodeEventsRequest {
            signature: self.sign(&request),
            request,
        };
        let answer = self.gateway().chaincode_events(signed).await?;
        Ok(answer.into_inner())
    }

    /// Signs anything.
    ///
    /// # Panics
    /// Where the identity cannot sign.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Bytes {
        self.identity.sign(bytes).expect("the identity signs")
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The details of a failure; none where there are none.
#[must_use]
pub fn details(status: &Status) -> Vec<ErrorDetail> {
    let details = rpc::Status::decode(status.details()).unwrap_or_default();
    let details = details.details.iter();
    details
        .map(|any| ErrorDetail::decode(&*any.value).unwrap_or_default())
        .collect()
}
