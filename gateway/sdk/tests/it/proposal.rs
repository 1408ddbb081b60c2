//! What goes over the wire when a transaction goes well.

use aws_lc_rs::digest;
use bytes::Bytes;
use fabric_gateway_sdk::TransactionId;
use fabric_protos::{common, gateway, peer};
use prost::Message;

use crate::mock::{COMMIT_STATUS, ENDORSE, EVALUATE, Mock, SUBMIT};
use crate::sample;

/// The parts of a signed proposal.
struct Parts {
    channel: common::ChannelHeader,
    signature: common::SignatureHeader,
    payload: peer::ChaincodeProposalPayload,
    input: peer::ChaincodeSpec,
}

#[tokio::test]
async fn transaction_id_is_the_hash_of_nonce_and_creator() {
    let mock = Mock::start().await;
    mock.network()
        .contract(sample::CHAINCODE)
        .evaluate("read")
        .await
        .unwrap();
    let request: gateway::EvaluateRequest = mock.requests(EVALUATE).remove(0);
    let parts = parts(request.proposed_transaction.as_ref().unwrap());
    assert_eq!(parts.signature.nonce.len(), 24);
    let hashed = [
        parts.signature.nonce.as_ref(),
        parts.signature.creator.as_ref(),
    ]
    .concat();
    let expected = hex::encode(digest::digest(&digest::SHA256, &hashed));
    assert_eq!(parts.channel.tx_id, expected);
    assert_eq!(request.transaction_id, expected);
    assert_eq!(request.channel_id, sample::CHANNEL);
}

#[tokio::test]
async fn two_proposals_have_two_ids() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    let (first, second) = (
        contract.proposal("read").build().unwrap(),
        contract.proposal("read").build().unwrap(),
    );
    assert_ne!(first.transaction_id(), second.transaction_id());
}

#[tokio::test]
async fn proposal_carries_what_was_asked_and_a_signature_that_stands() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    contract
        .submit("transfer")
        .arg("1")
        .args([b"\xff\x00"])
        .json_arg(&["bob"])
        .transient("secret", "price")
        .endorsing_orgs(["Org1MSP", "Org3MSP"])
        .await
        .unwrap();
    let request: gateway::EndorseRequest = mock.requests(ENDORSE).remove(0);
    assert_eq!(request.endorsing_organizations, ["Org1MSP", "Org3MSP"]);
    let signed = request.proposed_transaction.unwrap();
    let parts = parts(&signed);
    sample::assert_signed(
        &parts.signature.creator,
        &signed.proposal_bytes,
        &signed.signature,
    );
    let arguments: Vec<&[u8]> = parts
        .input
        .input
        .as_ref()
        .unwrap()
        .args
        .iter()
        .map(Bytes::as_ref)
        .collect();
    assert_eq!(
        arguments,
        [&b"transfer"[..], b"1", b"\xff\x00", br#"["bob"]"#]
    );
    assert_eq!(parts.payload.transient_map["secret"], "price");
    assert_eq!(parts.input.chaincode_id.unwrap().name, sample::CHAINCODE);
    assert_eq!((parts.channel.r#type, parts.channel.epoch), (3, 0));
    assert!(parts.channel.timestamp.is_some());
    let extension = peer::ChaincodeHeaderExtension::decode(parts.channel.extension).unwrap();
    assert_eq!(extension.chaincode_id.unwrap().name, sample::CHAINCODE);
}

#[tokio::test]
async fn named_contract_qualifies_its_functions() {
    let mock = Mock::start().await;
    mock.network()
        .contract_with_name(sample::CHAINCODE, "coupons")
        .evaluate("read")
        .await
        .unwrap();
    let request: gateway::EvaluateRequest = mock.requests(EVALUATE).remove(0);
    let input = parts(request.proposed_transaction.as_ref().unwrap())
        .input
        .input
        .unwrap();
    assert_eq!(input.args, ["coupons:read"]);
}

#[tokio::test]
async fn submit_sends_the_endorsed_payload_as_it_came_and_signed() {
    let mock = Mock::start().await;
    let receipt = mock
        .network()
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap();
    assert_eq!(
        (receipt.block_number, receipt.result.as_ref()),
        (7, sample::RESULT.as_bytes())
    );
    let endorsed = sample::endorsed(&mock.requests(ENDORSE)[0])
        .prepared_transaction
        .unwrap();
    let request: gateway::SubmitRequest = mock.requests(SUBMIT).remove(0);
    let envelope = request.prepared_transaction.unwrap();
    assert_eq!(envelope.payload, endorsed.payload);
    sample::assert_signed(
        sample::user().serialized(),
        &envelope.payload,
        &envelope.signature,
    );
    assert_eq!(request.transaction_id, receipt.transaction_id.as_str());
}

#[tokio::test]
async fn commit_status_is_asked_for_by_id_and_signed() {
    let mock = Mock::start().await;
    let status = mock.network().commit_status("ab12").await.unwrap();
    assert!(status.is_valid());
    assert_eq!(status.transaction_id, TransactionId::from("ab12"));
    let signed: gateway::SignedCommitStatusRequest = mock.requests(COMMIT_STATUS).remove(0);
    let request = gateway::CommitStatusRequest::decode(signed.request.clone()).unwrap();
    assert_eq!(
        (request.transaction_id.as_str(), request.channel_id.as_str()),
        ("ab12", sample::CHANNEL)
    );
    sample::assert_signed(&request.identity, &signed.request, &signed.signature);
}

#[tokio::test]
async fn result_is_read_as_json_on_demand() {
    #[derive(serde::Deserialize)]
    struct Bond {
        price: u64,
    }
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    let evaluated: Bond = contract.evaluate("read").json().await.unwrap();
    let submitted: Bond = contract.submit("read").await.unwrap().json().unwrap();
    assert_eq!((evaluated.price, submitted.price), (7, 7));
}

fn parts(signed: &peer::SignedProposal) -> Parts {
    let proposal = peer::Proposal::decode(signed.proposal_bytes.clone()).unwrap();
    let header = common::Header::decode(proposal.header).unwrap();
    let payload = peer::ChaincodeProposalPayload::decode(proposal.payload).unwrap();
    let input = peer::ChaincodeInvocationSpec::decode(payload.input.clone())
        .unwrap()
        .chaincode_spec
        .unwrap();
    Parts {
        channel: common::ChannelHeader::decode(header.channel_header).unwrap(),
        signature: common::SignatureHeader::decode(header.signature_header).unwrap(),
        payload,
        input,
    }
}
