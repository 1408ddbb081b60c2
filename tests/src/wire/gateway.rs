//! The five operations of the gateway, and the details of their failures.

use std::time::Duration;

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
use fabric_testnet::wait_for;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::{Client, MESSAGE_BYTES_MAX, Proposed};

/// What a real gateway says of a peer whose connection it closes while it asks: after the peer was
/// away, or a new configuration came.
const CONNECTION_CLOSING: &str = "grpc: the client connection is closing";
/// It has opened another connection in far less.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);

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
        let ask = || {
            let (mut gateway, request) = (self.gateway(), request.clone());
            async move { gateway.evaluate(request).await }
        };
        let answer = patiently(ask).await?.into_inner();
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
        let ask = || {
            let (mut gateway, request) = (self.gateway(), request.clone());
            async move { gateway.endorse(request).await }
        };
        let answer = patiently(ask).await?.into_inner();
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

/// Asks again as long as a real gateway closes the connection to the peer that it has just asked.
async fn patiently<T, Asking>(ask: impl Fn() -> Asking) -> Result<T, Status>
where
    Asking: Future<Output = Result<T, Status>>,
{
    let answered = wait_for(CONNECTION_DEADLINE, || {
        let asking = ask();
        async {
            let outcome = asking.await;
            let closing = outcome.as_ref().is_err_and(is_closing);
            (!closing).then_some(outcome)
        }
    });
    let passed = |_| Err(Status::unavailable(CONNECTION_CLOSING));
    answered.await.unwrap_or_else(passed)
}

/// Whether a failure says that, and nothing else.
fn is_closing(status: &Status) -> bool {
    let details = details(status);
    details
        .iter()
        .any(|one| one.message.ends_with(CONNECTION_CLOSING))
        || status.message().ends_with(CONNECTION_CLOSING)
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
