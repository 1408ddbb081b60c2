//! Steps that are kept as bytes, signed in another process, and taken up again.

use bytes::Bytes;
use fabric_gateway_sdk::{
    Block, BlockWithPrivateData, ChaincodeEvent, Error, EventsRequest, FilteredBlock, Gateway,
    Identity,
};
use fabric_protos::{common, gateway};
use futures::{StreamExt as _, TryStreamExt as _};
use proptest::prelude::*;

use crate::events::events;
use crate::mock::{
    Answer, CHAINCODE_EVENTS, COMMIT_STATUS, DELIVER, DELIVER_FILTERED, DELIVER_WITH_PRIVATE_DATA,
    ENDORSE, EVALUATE, End, Mock, SUBMIT,
};
use crate::sample;

/// The process that talks to the peer; it has no key.
fn front(mock: &Mock) -> Gateway {
    mock.gateway(Identity::without_key(
        "Org1MSP",
        sample::user().certificate_pem(),
    ))
}

/// The process that has the key and sees only digests.
fn sign(digest: [u8; 32]) -> Bytes {
    sample::user().sign_digest(&digest).unwrap()
}

#[tokio::test]
async fn transaction_goes_through_bytes_at_every_step() {
    let mock = Mock::start().await;
    let contract = || {
        front(&mock)
            .network(sample::CHANNEL)
            .contract(sample::CHAINCODE)
    };
    let proposal = contract()
        .proposal("transfer")
        .arg("1")
        .endorsing_orgs(["Org1MSP"]);
    let proposal = proposal.build().unwrap();
    let proposal = front(&mock)
        .proposal_from_bytes(proposal.to_bytes())
        .unwrap();
    let signature = sign(proposal.digest());
    let kept = proposal.with_signature(signature).to_bytes();
    let proposal = front(&mock).proposal_from_bytes(kept).unwrap();
    proposal.evaluate().await.unwrap();
    let transaction = proposal.endorse().await.unwrap();

    let transaction = front(&mock)
        .transaction_from_bytes(transaction.to_bytes())
        .unwrap();
    assert_eq!(transaction.result(), sample::RESULT.as_bytes());
    let signature = sign(transaction.digest());
    let kept = transaction.with_signature(signature).to_bytes();
    let transaction = front(&mock).transaction_from_bytes(kept).unwrap();
    let commit = transaction.submit().await.unwrap();

    let commit = front(&mock).commit_from_bytes(commit.to_bytes()).unwrap();
    let signature = sign(commit.digest());
    let kept = commit.with_signature(signature).to_bytes();
    let commit = front(&mock).commit_from_bytes(kept).unwrap();
    assert!(commit.status().await.unwrap().is_valid());
    assert_eq!(commit.transaction_id(), transaction.transaction_id());

    let creator = sample::user().serialized().clone();
    let endorse: gateway::EndorseRequest = mock.requests(ENDORSE).remove(0);
    assert_eq!(endorse.endorsing_organizations, ["Org1MSP"]);
    let proposed = endorse.proposed_transaction.unwrap();
    sample::assert_signed(&creator, &proposed.proposal_bytes, &proposed.signature);
    let submit: gateway::SubmitRequest = mock.requests(SUBMIT).remove(0);
    assert_eq!(submit.transaction_id, transaction.transaction_id().as_str());
    let envelope = submit.prepared_transaction.unwrap();
    sample::assert_signed(&creator, &envelope.payload, &envelope.signature);
    let status: gateway::SignedCommitStatusRequest = mock.requests(COMMIT_STATUS).remove(0);
    sample::assert_signed(&creator, &status.request, &status.signature);
    assert_eq!(mock.calls(EVALUATE).len(), 1);
}

#[tokio::test]
async fn step_kept_without_a_signature_is_not_sent() {
    let mock = Mock::start().await;
    let network = front(&mock).network(sample::CHANNEL);
    let proposal = network
        .contract(sample::CHAINCODE)
        .proposal("transfer")
        .build()
        .unwrap();
    let proposal = front(&mock)
        .proposal_from_bytes(proposal.to_bytes())
        .unwrap();
    let error = proposal.endorse().await.unwrap_err();
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");
    let blocks = front(&mock).blocks_request_from_bytes(network.blocks().request().to_bytes());
    let error = blocks.unwrap().stream().try_next().await.unwrap_err();
    assert!(matches!(error, Error::Unsigned { .. }), "{error}");
    assert!(mock.calls(ENDORSE).is_empty() && mock.calls(DELIVER).is_empty());
}

/// Signs a request and gives it back as bytes.
fn signed<T: fabric_gateway_sdk::Event>(request: EventsRequest<T>) -> Bytes {
    let signature = sign(request.digest());
    request.with_signature(signature).to_bytes()
}

#[tokio::test]
async fn requests_for_blocks_of_all_kinds_go_through_bytes() {
    let mock = Mock::with_chain(&sample::chain(4)).await;
    let network = front(&mock).network(sample::CHANNEL);
    let front = front(&mock);
    let kept = signed(network.blocks().from_block(1).end_block(2).request());
    let blocks = front.blocks_request_from_bytes(kept).unwrap().stream();
    let blocks: Vec<Block> = blocks.try_collect().await.unwrap();
    assert_eq!(blocks.iter().map(Block::number).collect::<Vec<_>>(), [1, 2]);

    let kept = signed(
        network
            .filtered_blocks()
            .from_block(3)
            .end_block(3)
            .request(),
    );
    let blocks = front
        .filtered_blocks_request_from_bytes(kept)
        .unwrap()
        .stream();
    let blocks: Vec<FilteredBlock> = blocks.try_collect().await.unwrap();
    assert_eq!(blocks[0].number, 3);

    let kept = signed(
        network
            .blocks_with_private_data()
            .from_block(0)
            .end_block(0)
            .request(),
    );
    let blocks = front
        .blocks_with_private_data_request_from_bytes(kept)
        .unwrap()
        .stream();
    let blocks: Vec<BlockWithPrivateData> = blocks.try_collect().await.unwrap();
    assert_eq!(blocks.len(), 1);

    for method in [DELIVER, DELIVER_FILTERED, DELIVER_WITH_PRIVATE_DATA] {
        let envelope: common::Envelope = mock.requests(method).remove(0);
        let creator = sample::user().serialized().clone();
        sample::assert_signed(&creator, &envelope.payload, &envelope.signature);
    }
    mock.wait_for_open_calls(0).await;
}

#[tokio::test]
async fn request_for_chaincode_events_goes_through_bytes() {
    let mock = Mock::start().await;
    let network = front(&mock).network(sample::CHANNEL);
    let answer = Answer::Send(vec![events(5, &["a", "b"])], End::Never);
    mock.then(CHAINCODE_EVENTS, answer);
    let kept = signed(
        network
            .chaincode_events(sample::CHAINCODE)
            .from_block(5)
            .request(),
    );
    let stream = front(&mock)
        .chaincode_events_request_from_bytes(kept)
        .unwrap()
        .stream();
    let events: Vec<ChaincodeEvent> = stream.take(2).try_collect().await.unwrap();
    assert_eq!(events[1].transaction_id.as_str(), "b");
    let sent: gateway::SignedChaincodeEventsRequest = mock.requests(CHAINCODE_EVENTS).remove(0);
    sample::assert_signed(sample::user().serialized(), &sent.request, &sent.signature);
}

#[tokio::test]
async fn request_with_a_gap_in_its_answer_ends_with_the_gap() {
    let mock = Mock::start().await;
    let chain = sample::chain(4);
    let delivered = |block: &common::Block| {
        sample::encode(&fabric_protos::peer::DeliverResponse {
            r#type: Some(fabric_protos::peer::deliver_response::Type::Block(
                block.clone(),
            )),
        })
    };
    mock.then(
        DELIVER,
        Answer::Send(vec![delivered(&chain[0]), delivered(&chain[3])], End::Never),
    );
    let network = mock.network();
    let request = network.blocks().from_block(0).request().stream();
    let error = request.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Gap {
                expected: 1,
                received: 3
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn bytes_of_another_transaction_are_refused() {
    let mock = Mock::start().await;
    let contract = mock.network().contract(sample::CHAINCODE);
    let proposal = contract.proposal("transfer").build().unwrap();
    let kept = gateway::ProposedTransaction {
        transaction_id: "another".to_owned(),
        ..prost::Message::decode(proposal.to_bytes()).unwrap()
    };
    let gateway = front(&mock);
    let refused = gateway.proposal_from_bytes(sample::encode(&kept));
    assert!(matches!(refused.err(), Some(Error::NotKept { .. })));
    let transaction = proposal.endorse().await.unwrap();
    let kept = gateway::PreparedTransaction {
        transaction_id: "another".to_owned(),
        ..prost::Message::decode(transaction.to_bytes()).unwrap()
    };
    let refused = gateway.transaction_from_bytes(sample::encode(&kept));
    assert!(matches!(refused.err(), Some(Error::NotKept { .. })));
    assert!(gateway.commit_from_bytes(Bytes::new()).is_err());
    assert!(gateway.blocks_request_from_bytes(Bytes::new()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_taken_up_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let endpoint = fabric_gateway_sdk::Endpoint::plain("http://127.0.0.1:1").unwrap();
        let gateway = Gateway::builder(sample::user()).endpoint(endpoint).connect_lazy().unwrap();
        let _ = gateway.proposal_from_bytes(bytes.clone());
        let _ = gateway.transaction_from_bytes(bytes.clone());
        let _ = gateway.commit_from_bytes(bytes.clone());
        let _ = gateway.chaincode_events_request_from_bytes(bytes.clone());
        let _ = gateway.blocks_request_from_bytes(bytes.clone());
        let _ = gateway.filtered_blocks_request_from_bytes(bytes.clone());
        let _ = gateway.blocks_with_private_data_request_from_bytes(bytes);
    }
}
