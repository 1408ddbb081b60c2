//! A client in Fabric's own messages, so that nothing is taken from a library that might share a
//! mistake with the network.

mod signed;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use fabric_devnet::Network;
use fabric_ledger::ValidationCode;
use fabric_msp::{SigningIdentity, layout};
use fabric_protos::{
    common::{Block, Envelope},
    gateway::{
        CommitStatusRequest, CommitStatusResponse, EndorseRequest, ErrorDetail, EvaluateRequest,
        SignedCommitStatusRequest, SubmitRequest, gateway_client::GatewayClient,
    },
    orderer::atomic_broadcast_client::AtomicBroadcastClient,
    peer::{
        SignedProposal, deliver_client::DeliverClient, deliver_response,
        endorser_client::EndorserClient,
    },
    rpc,
};
use prost::Message as _;
use tonic::{
    Code, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

pub(crate) use signed::{nonce, range, specified};

/// An identity with a connection to one peer.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) identity: SigningIdentity,
    pub(crate) channel: String,
    connection: Channel,
}

/// A proposal with the id of the transaction that it may become.
#[derive(Clone)]
pub(crate) struct Proposed {
    pub(crate) id: String,
    pub(crate) signed: SignedProposal,
}

/// A committed transaction.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) id: String,
    pub(crate) code: ValidationCode,
    pub(crate) block: u64,
}

/// Connects to an endpoint with this TLS authority.
pub(crate) async fn connect(address: std::net::SocketAddr, authority: &Path) -> Channel {
    try_connect(address, authority).await.unwrap()
}

/// The same, where nobody may listen.
pub(crate) async fn try_connect(
    address: std::net::SocketAddr,
    authority: &Path,
) -> Result<Channel, tonic::transport::Error> {
    let authority = Certificate::from_pem(std::fs::read(authority).unwrap());
    Endpoint::from_shared(format!("https://{address}"))
        .unwrap()
        .tls_config(
            ClientTlsConfig::new()
                .ca_certificate(authority)
                .domain_name("localhost"),
        )
        .unwrap()
        .connect()
        .await
}

/// Folder of a user's identity.
pub(crate) fn user(network: &Network, organization: usize, name: &str) -> SigningIdentity {
    let dir = layout::user_msp(network.organizations_dir(), organization, name);
    SigningIdentity::from_msp_dir(dir, layout::organization_msp_id(organization)).unwrap()
}

impl Client {
    /// `User1` of Org1, connected to its peer.
    pub(crate) async fn user1(network: &Network) -> Self {
        Self::of(network, 1).await
    }

    /// `User1` of an organisation, connected to its peer.
    pub(crate) async fn of(network: &Network, organization: usize) -> Self {
        Self::with(network, organization, user(network, organization, "User1")).await
    }

    /// Any identity, connected to the peer of an organisation.
    pub(crate) async fn with(
        network: &Network,
        organization: usize,
        identity: SigningIdentity,
    ) -> Self {
        let entry = &network.state().peers[organization - 1];
        let connection = connect(entry.address, &entry.tls_ca).await;
        Self {
            identity,
            channel: network.channel().to_owned(),
            connection,
        }
    }

    /// Any identity over any connection.
    pub(crate) fn over(connection: Channel, identity: SigningIdentity, channel: &str) -> Self {
        Self {
            identity,
            channel: channel.to_owned(),
            connection,
        }
    }

    /// The same client on a channel of another name.
    pub(crate) fn on_channel(&self, channel: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn gateway(&self) -> GatewayClient<Channel> {
        GatewayClient::new(self.connection.clone())
            .max_decoding_message_size(100 << 20)
            .max_encoding_message_size(200 << 20)
    }

    pub(crate) fn connection(&self) -> Channel {
        self.connection.clone()
    }

    pub(crate) fn deliver(&self) -> DeliverClient<Channel> {
        DeliverClient::new(self.connection.clone())
    }

    pub(crate) fn endorser(&self) -> EndorserClient<Channel> {
        EndorserClient::new(self.connection.clone())
    }

    /// Evaluates; gives the result's payload as text.
    pub(crate) async fn evaluate(&self, args: &[&str]) -> Result<String, Status> {
        self.evaluate_proposal(&self.propose("basic", args), &[])
            .await
    }

    pub(crate) async fn evaluate_proposal(
        &self,
        proposed: &Proposed,
        organizations: &[&str],
    ) -> Result<String, Status> {
        let request = EvaluateRequest {
            transaction_id: proposed.id.clone(),
            channel_id: self.channel.clone(),
            proposed_transaction: Some(proposed.signed.clone()),
            target_organizations: organizations.iter().map(|&id| id.to_owned()).collect(),
        };
        let result = self
            .gateway()
            .evaluate(request)
            .await?
            .into_inner()
            .result
            .unwrap();
        Ok(String::from_utf8(result.payload.to_vec()).unwrap())
    }

    /// Endorses; gives the transaction, signed.
    pub(crate) async fn endorse(
        &self,
        proposed: &Proposed,
        organizations: &[&str],
    ) -> Result<Envelope, Status> {
        let request = EndorseRequest {
            transaction_id: proposed.id.clone(),
            channel_id: self.channel.clone(),
            proposed_transaction: Some(proposed.signed.clone()),
            endorsing_organizations: organizations.iter().map(|&id| id.to_owned()).collect(),
        };
        let response = self.gateway().endorse(request).await?.into_inner();
        let mut envelope = response.prepared_transaction.unwrap();
        envelope.signature = self.identity.sign(&envelope.payload).unwrap();
        Ok(envelope)
    }

    /// Hands an envelope to the orderer.
    pub(crate) async fn submit(&self, id: &str, envelope: &Envelope) -> Result<(), Status> {
        let request = SubmitRequest {
            transaction_id: id.to_owned(),
            channel_id: self.channel.clone(),
            prepared_transaction: Some(envelope.clone()),
        };
        self.gateway().submit(request).await.map(|_| ())
    }

    /// Waits for a transaction's status.
    pub(crate) async fn status(&self, id: &str) -> Result<CommitStatusResponse, Status> {
        let request = CommitStatusRequest {
            transaction_id: id.to_owned(),
            channel_id: self.channel.clone(),
            identity: self.identity.serialized().clone(),
        };
        let request: Bytes = request.encode_to_vec().into();
        let signature = self.identity.sign(&request).unwrap();
        let signed = SignedCommitStatusRequest { request, signature };
        Ok(self.gateway().commit_status(signed).await?.into_inner())
    }

    /// Endorses, submits and waits.
    pub(crate) async fn transact(&self, args: &[&str]) -> Result<Committed, Status> {
        let proposed = self.propose("basic", args);
        let envelope = self.endorse(&proposed, &[]).await?;
        self.submit_and_wait(&proposed.id, &envelope).await
    }

    /// Endorses and submits; gives the id of the transaction.
    pub(crate) async fn transact_at(&self, args: &[&str]) -> String {
        let proposed = self.propose("basic", args);
        let envelope = self.endorse(&proposed, &[]).await.unwrap();
        self.submit(&proposed.id, &envelope).await.unwrap();
        proposed.id
    }

    /// Submits and waits.
    pub(crate) async fn submit_and_wait(
        &self,
        id: &str,
        envelope: &Envelope,
    ) -> Result<Committed, Status> {
        self.submit(id, envelope).await?;
        let status = self.status(id).await?;
        Ok(Committed {
            id: id.to_owned(),
            code: ValidationCode::from_byte(u8::try_from(status.result).unwrap()),
            block: status.block_number,
        })
    }

    /// Whole blocks from the peer, first and last included.
    pub(crate) async fn blocks(&self, first: u64, last: u64) -> Vec<Block> {
        let request = tokio_stream::once(self.seek(&range(first, last)));
        let mut stream = self.deliver().deliver(request).await.unwrap().into_inner();
        let mut blocks = Vec::new();
        while let Some(response) = stream.message().await.unwrap() {
            match response.r#type.unwrap() {
                deliver_response::Type::Block(block) => blocks.push(block),
                deliver_response::Type::Status(status) => {
                    assert_eq!(status, 200);
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        blocks
    }
}

/// A connection to the orderer.
pub(crate) async fn orderer(network: &Network) -> AtomicBroadcastClient<Channel> {
    let organizations = network.organizations_dir();
    let authority: PathBuf = layout::orderer_tls_ca(organizations);
    AtomicBroadcastClient::new(connect(network.orderer_endpoint(), &authority).await)
        .max_encoding_message_size(200 << 20)
}

/// The details of a status.
pub(crate) fn details(status: &Status) -> Vec<ErrorDetail> {
    let details = rpc::Status::decode(status.details()).unwrap();
    assert_eq!(details.code, status.code() as i32);
    details
        .details
        .iter()
        .map(|any| {
            assert_eq!(any.type_url, "type.googleapis.com/gateway.ErrorDetail");
            ErrorDetail::decode(&*any.value).unwrap()
        })
        .collect()
}

/// Checks code and text of a failure.
#[track_caller]
pub(crate) fn assert_fails<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
    message: &str,
) -> Status {
    let status = result.unwrap_err();
    assert_eq!((status.code(), status.message()), (code, message));
    status
}
