//! What the official clients send, and this one in their place: the same bytes.
//! `fixtures/gateway` has the requests of the Node and Go clients; its README says how they were made.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fabric_gateway_sdk::{
    Endpoint, Event, Events, Gateway, GatewayBuilder, Network, SigningIdentity,
};
use fabric_protos::{common, gateway, peer};
use prost::Message;
use serde::Deserialize;

use crate::mock::{ENDORSE, Mock, SUBMIT};
use crate::sample;

/// The requests of one official client.
#[derive(Deserialize)]
struct Vectors {
    client: String,
    requests: HashMap<String, Vec<String>>,
}

impl Vectors {
    fn all() -> Vec<Self> {
        ["node.json", "go.json"]
            .map(|name| serde_json::from_slice(&fixture(name)).unwrap())
            .into()
    }

    /// Where "for ever" ends: the Node client takes the largest number that JavaScript counts to.
    fn end_block(&self) -> u64 {
        match self.client.as_str() {
            "node 1.12.1" => (1 << 53) - 1,
            _ => u64::MAX,
        }
    }

    fn bytes(&self, method: &str, position: usize) -> Bytes {
        hex::decode(&self.requests[method][position])
            .unwrap()
            .into()
    }

    fn request<M: Message + Default>(&self, method: &str, position: usize) -> M {
        decode(&self.bytes(method, position))
    }
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/gateway");
    std::fs::read(folder.join(name)).unwrap()
}

fn identity() -> SigningIdentity {
    SigningIdentity::from_pem("Org1MSP", fixture("certificate.pem"), fixture("key.pem")).unwrap()
}

/// Its body is what the vectors have the hash of in place of a client certificate.
const CLIENT_CERTIFICATE: &str =
    "-----BEGIN CERTIFICATE-----\nYSBjbGllbnQgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";

/// Settings of a gateway whose clock and nonce are those of an official client's request.
fn repeatable(header: &common::Header) -> GatewayBuilder {
    let channel: common::ChannelHeader = decode(&header.channel_header);
    let signature: common::SignatureHeader = decode(&header.signature_header);
    let time = channel.timestamp.unwrap();
    let (seconds, nanos) = (
        time.seconds.try_into().unwrap(),
        time.nanos.try_into().unwrap(),
    );
    let now = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
    let nonce = signature.nonce.as_ref().try_into().unwrap_or_default();
    Gateway::builder(identity()).repeatable(nonce, now)
}

/// A channel where nothing is sent.
fn unconnected(header: &common::Header) -> Network {
    let endpoint = Endpoint::plain("http://127.0.0.1:1").unwrap();
    let endpoint = endpoint.client_certificate(CLIENT_CERTIFICATE, "").unwrap();
    let gateway = repeatable(header)
        .endpoint(endpoint)
        .connect_lazy()
        .unwrap();
    gateway.network(sample::CHANNEL)
}

fn decode<M: Message + Default>(bytes: &Bytes) -> M {
    M::decode(bytes.clone()).unwrap()
}

/// A header for requests that carry none.
fn any_time() -> common::Header {
    let channel_header = common::ChannelHeader {
        timestamp: Some(prost_types::Timestamp::default()),
        ..Default::default()
    };
    common::Header {
        channel_header: sample::encode(&channel_header),
        ..Default::default()
    }
}

fn header_of(proposal: &peer::SignedProposal) -> common::Header {
    decode(&decode::<peer::Proposal>(&proposal.proposal_bytes).header)
}

/// The proposal without the language of the chaincode. The Node client writes its own there
/// (`ChaincodeSpec.type`), the Go client nothing; no peer looks at it. All else stays as it is.
fn untyped(proposal: &Bytes) -> Bytes {
    let mut whole: peer::Proposal = decode(proposal);
    let mut payload: peer::ChaincodeProposalPayload = decode(&whole.payload);
    let mut invocation: peer::ChaincodeInvocationSpec = decode(&payload.input);
    if let Some(specification) = &mut invocation.chaincode_spec {
        if specification.r#type == 0 {
            return proposal.clone();
        }
        specification.r#type = 0;
    }
    payload.input = sample::encode(&invocation);
    whole.payload = sample::encode(&payload);
    sample::encode(&whole)
}

/// Checks the official client's signature with our rules.
#[track_caller]
pub(crate) fn assert_signed(message: &[u8], signature: &[u8]) {
    let pair = aws_lc_rs::signature::EcdsaKeyPair::from_private_key_der(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        pem::parse(fixture("key.pem")).unwrap().contents(),
    )
    .unwrap();
    let key = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        aws_lc_rs::signature::KeyPair::public_key(&pair),
    );
    key.verify(message, signature).unwrap();
}

#[tokio::test]
async fn proposals_are_those_of_the_official_clients() {
    for vectors in Vectors::all() {
        let first: gateway::EvaluateRequest = vectors.request("Evaluate", 0);
        let proposed = first.proposed_transaction.unwrap();
        let bonds = unconnected(&header_of(&proposed)).contract("bonds");
        let ours = bonds.proposal("read").args(["a", "", "ü"]).build().unwrap();
        assert_eq!(
            ours.bytes(),
            &untyped(&proposed.proposal_bytes),
            "{}",
            vectors.client
        );
        assert_eq!(ours.transaction_id().as_str(), first.transaction_id);
        assert_signed(&proposed.proposal_bytes, &proposed.signature);

        let second: gateway::EvaluateRequest = vectors.request("Evaluate", 1);
        let proposed = second.proposed_transaction.unwrap();
        let network = unconnected(&header_of(&proposed));
        let call = network
            .contract_with_name("bonds", "Market")
            .proposal("read");
        let call = call.arg([0, 255]).transient("price", "secret");
        let ours = call.endorsing_orgs(["Org1MSP", "Org2MSP"]).build().unwrap();
        assert_eq!(
            ours.bytes(),
            &untyped(&proposed.proposal_bytes),
            "{}",
            vectors.client
        );
        let kept: gateway::ProposedTransaction = decode(&ours.to_bytes());
        assert_eq!(kept.endorsing_organizations, second.target_organizations);
    }
}

#[tokio::test]
async fn transactions_and_questions_for_commits_are_those_of_the_official_clients() {
    for vectors in Vectors::all() {
        let mut endorse: gateway::EndorseRequest = vectors.request("Endorse", 0);
        let proposed = endorse.proposed_transaction.as_mut().unwrap();
        proposed.proposal_bytes = untyped(&proposed.proposal_bytes);
        let mock = Mock::start().await;
        let gateway = repeatable(&header_of(proposed)).endpoint(mock.endpoint());
        let gateway = gateway.commit_stream(false).connect_lazy().unwrap();
        let contract = gateway.network(sample::CHANNEL).contract("bonds");
        let commit = contract
            .submit("transfer")
            .args(["1", "bob"])
            .send()
            .await
            .unwrap();

        let mut ours: gateway::EndorseRequest = mock.requests(ENDORSE).remove(0);
        ours.proposed_transaction.as_mut().unwrap().signature =
            std::mem::take(&mut proposed.signature);
        proposed.signature = ours
            .proposed_transaction
            .as_ref()
            .unwrap()
            .signature
            .clone();
        assert_eq!(
            sample::encode(&ours),
            sample::encode(&endorse),
            "{}",
            vectors.client
        );

        let question: gateway::SignedCommitStatusRequest = vectors.request("CommitStatus", 0);
        assert_eq!(commit.bytes(), &question.request, "{}", vectors.client);
        assert_signed(&question.request, &question.signature);
    }
}

#[tokio::test]
async fn transactions_that_official_clients_signed_are_taken_up() {
    for vectors in Vectors::all() {
        let submit: gateway::SubmitRequest = vectors.request("Submit", 0);
        let envelope = submit.prepared_transaction.unwrap();
        let kept = gateway::PreparedTransaction {
            transaction_id: submit.transaction_id.clone(),
            envelope: Some(envelope.clone()),
        };
        let mock = Mock::start().await;
        let gateway = mock.gateway(identity());
        let transaction = gateway
            .transaction_from_bytes(sample::encode(&kept))
            .unwrap();
        assert_eq!(transaction.bytes(), &envelope.payload);
        assert_signed(transaction.bytes(), &envelope.signature);
        transaction.submit().await.unwrap();
        assert_eq!(
            mock.calls(SUBMIT)[0].message,
            vectors.bytes("Submit", 0),
            "{}",
            vectors.client
        );
    }
}

#[tokio::test]
async fn requests_for_events_are_those_of_the_official_clients() {
    for vectors in Vectors::all() {
        for (position, start) in [None, Some(5)].into_iter().enumerate() {
            let signed: gateway::SignedChaincodeEventsRequest =
                vectors.request("ChaincodeEvents", position);
            let events = unconnected(&any_time()).chaincode_events("bonds");
            let events = start.into_iter().fold(events, Events::from_block);
            assert_eq!(
                events.request().bytes(),
                &signed.request,
                "{}",
                vectors.client
            );
            assert_signed(&signed.request, &signed.signature);
        }
        for (position, start) in [None, Some(0), Some(300)].into_iter().enumerate() {
            let end = vectors.end_block();
            check(&vectors, "Deliver", position, |network| {
                from(network.blocks(), start, end)
            });
            check(&vectors, "DeliverFiltered", position, |network| {
                from(network.filtered_blocks(), start, end)
            });
            check(&vectors, "DeliverWithPrivateData", position, |network| {
                from(network.blocks_with_private_data(), start, end)
            });
        }
    }
}

fn from<T: Event>(events: Events<T>, start: Option<u64>, end: u64) -> Bytes {
    let events = start
        .into_iter()
        .fold(events, Events::from_block)
        .end_block(end);
    events.request().bytes().clone()
}

#[track_caller]
fn check(vectors: &Vectors, method: &str, position: usize, ours: impl Fn(&Network) -> Bytes) {
    let envelope: common::Envelope = vectors.request(method, position);
    let payload: common::Payload = decode(&envelope.payload);
    let network = unconnected(&payload.header.unwrap());
    assert_eq!(
        ours(&network),
        envelope.payload,
        "{} {method}",
        vectors.client
    );
    assert_signed(&envelope.payload, &envelope.signature);
}
