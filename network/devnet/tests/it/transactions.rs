//! Evaluate, endorse, submit, commit status.

use fabric_ledger::{ValidationCode, block};
use fabric_protos::{common::Envelope, peer::SignedProposal};
use futures::future::join_all;
use prost::Message as _;
use tonic::Code;

use crate::support::{
    Client, EITHER,
    admin::http,
    client::{assert_fails, details},
    setup, verify_chain, wait,
};

/// MSP ids of the endorsers of a transaction.
fn endorsers(envelope: &Envelope) -> Vec<String> {
    let transaction = block::decode_transaction(0, envelope.encode_to_vec().into());
    let endorsements = &transaction.endorsed().unwrap().endorsements;
    let identities = endorsements.iter().map(|endorsement| {
        fabric_protos::msp::SerializedIdentity::decode(endorsement.endorser.clone()).unwrap()
    });
    identities.map(|identity| identity.mspid).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submitted_value_is_read_back() {
    let setup = setup(None).await;
    let client = Client::user1(&setup.network).await;

    let committed = client.transact(&["put", "asset", "42"]).await.unwrap();

    assert_eq!(committed.code, ValidationCode::VALID);
    assert_eq!(committed.block + 1, setup.network.height());
    assert_eq!(client.evaluate(&["get", "asset"]).await.unwrap(), "42");
    let other = Client::of(&setup.network, 2).await;
    assert_eq!(other.evaluate(&["get", "asset"]).await.unwrap(), "42");
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_channel_policy_takes_a_majority_of_organisations() {
    let setup = setup(None).await;
    let client = Client::of(&setup.network, 2).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org2MSP", "Org1MSP"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_organisations_endorse_than_the_policy_needs() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::of(&setup.network, 2).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org2MSP"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_of_another_organisation_is_met_through_any_gateway() {
    let setup = setup(Some("OR('Org2MSP.peer')")).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org2MSP"]);
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_that_the_client_names_endorse_whatever_the_policy_says() {
    let setup = setup(Some("AND('Org1MSP.peer','Org2MSP.peer')")).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &["Org2MSP"]).await.unwrap();
    assert_eq!(endorsers(&envelope), ["Org2MSP"]);
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::ENDORSEMENT_POLICY_FAILURE);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_runs_on_the_organisation_that_is_asked_for() {
    let setup = setup(None).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["echo", "hello"]);
    let answer = client.evaluate_proposal(&proposed, &["Org2MSP"]).await;
    assert_eq!(answer.unwrap(), "hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_transactions_that_read_one_key_the_second_conflicts() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    client.transact(&["put", "list", "a"]).await.unwrap();
    let first = client.propose("basic", &["append", "list", "b"]);
    let second = client.propose("basic", &["append", "list", "c"]);
    let first_envelope = client.endorse(&first, &[]).await.unwrap();
    let second_envelope = client.endorse(&second, &[]).await.unwrap();

    let first = client
        .submit_and_wait(&first.id, &first_envelope)
        .await
        .unwrap();
    let second = client
        .submit_and_wait(&second.id, &second_envelope)
        .await
        .unwrap();

    assert_eq!(first.code, ValidationCode::VALID);
    assert_eq!(second.code, ValidationCode::MVCC_READ_CONFLICT);
    assert_eq!(client.evaluate(&["get", "list"]).await.unwrap(), "ab");
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resent_transaction_keeps_its_first_status() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    let first = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();

    client.submit(&proposed.id, &envelope).await.unwrap();
    let last = first.block + 1;
    let blocks = wait::within("the copy", client.blocks(last, last)).await;

    let filter = &blocks[0].metadata.as_ref().unwrap().metadata[2];
    assert_eq!(**filter, [ValidationCode::DUPLICATE_TXID.byte()]);
    let status = client.status(&proposed.id).await.unwrap();
    assert_eq!((status.result, status.block_number), (0, first.block));
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_status_waits_for_the_commit() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    let waiting = {
        let (client, id) = (client.clone(), proposed.id.clone());
        tokio::spawn(async move { client.status(&id).await })
    };
    client.evaluate(&["echo", "meanwhile"]).await.unwrap();
    assert!(!waiting.is_finished());

    client.submit(&proposed.id, &envelope).await.unwrap();

    let status = wait::within("the status", waiting).await.unwrap().unwrap();
    assert_eq!(status.result, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_lose_nothing() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let keys: Vec<String> = (0..100).map(|number| format!("key{number:03}")).collect();
    let transactions = keys.iter().map(|key| {
        let client = client.clone();
        async move { client.transact(&["put", key, "value"]).await }
    });
    for committed in join_all(transactions).await {
        assert_eq!(committed.unwrap().code, ValidationCode::VALID);
    }
    assert_eq!(
        client.evaluate(&["range", "key", "l"]).await.unwrap(),
        "100 key000 key099"
    );
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_that_refuses_is_reported_with_its_peer() {
    let setup = setup(None).await;
    let client = Client::user1(&setup.network).await;

    let evaluated = client.evaluate(&["fail", "no such asset"]).await;
    let text = "chaincode response 500, no such asset";
    let status = assert_fails(
        evaluated,
        Code::Unknown,
        &format!("evaluate call to endorser returned error: {text}"),
    );
    let port = setup.network.peer_endpoint("Org1MSP").unwrap().port();
    let [detail] = &details(&status)[..] else {
        panic!("{status:?}")
    };
    assert_eq!(detail.address, format!("peer0.org1.example.com:{port}"));
    assert_eq!((&*detail.msp_id, &*detail.message), ("Org1MSP", text));

    let endorsed = client.transact(&["fail", "no such asset"]).await;
    let status = assert_fails(
        endorsed,
        Code::Aborted,
        "failed to endorse transaction, see attached details for more info",
    );
    assert_eq!(details(&status)[0].message, text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_results_of_two_peers_are_no_transaction() {
    let setup = setup(None).await;
    let client = Client::user1(&setup.network).await;
    let status = assert_fails(
        client.transact(&["differ", "a"]).await,
        Code::Aborted,
        "failed to collect enough transaction endorsements, see attached details for more info",
    );
    let [detail] = &details(&status)[..] else {
        panic!("{status:?}")
    };
    assert_eq!(&*detail.msp_id, "Org2MSP");
    assert_eq!(&*detail.message, "ProposalResponsePayloads do not match");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endorser_answers_clients_that_choose_it_themselves() {
    let setup = setup(None).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let response = client
        .endorser()
        .process_proposal(proposed.signed)
        .await
        .unwrap();
    let response = response.into_inner();
    assert_eq!(response.response.unwrap().status, 200);
    assert!(response.endorsement.is_some());

    let empty = client
        .endorser()
        .process_proposal(SignedProposal::default())
        .await
        .unwrap_err();
    let text = "request unauthorized due to incorrect timestamp 1970-01-01T00:00:00Z, peer time ";
    assert_eq!(empty.code(), Code::Unknown);
    assert!(empty.message().starts_with(text), "{empty:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_calls_of_a_transaction_are_remembered() {
    let network = &setup(Some(EITHER)).await.network;
    let client = Client::user1(network).await;
    let committed = client.transact(&["append", "a", "1"]).await.unwrap();
    let (code, calls) = http(network, &format!("GET /traces/{}", committed.id), None).await;
    assert_eq!(code, 200);
    let calls = calls.as_array().unwrap();
    let names: Vec<_> = calls
        .iter()
        .map(|call| call["call"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"GET_STATE"), "{names:?}");
    assert_eq!(calls[0]["about"], "`a`");
    assert!(calls[0]["microseconds"].is_u64());
    let (_, none) = http(network, "GET /traces/unknown", None).await;
    assert_eq!(none.as_array().unwrap().len(), 0);
}
