//! From endorsement to commit: what is in the block, what is kept, what is missing.

use fabric_ledger::{ValidationCode, block, lifecycle};
use fabric_protos::common::Envelope;
use prost::Message as _;
use tonic::Code;

use super::{ORG1, ORG2, ask, assert_refused, deploy, shown_once, started, transact};
use crate::support::{
    Client, TestChaincode,
    client::{details, nonce},
    in_folder, verify_chain,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_has_hashes_alone() {
    let (setup, one, _) = started().await;
    let value = "nobody-but-members-knows-this";
    let put = ["private", "put-transient", "shared", "secret-key"];
    let proposed = one.propose_transient("basic", &put, nonce(), &[("value", value)]);
    let envelope = one.endorse(&proposed, ORG1).await.unwrap();

    let committed = one.submit_and_wait(&proposed.id, &envelope).await.unwrap();

    assert_eq!(committed.code, ValidationCode::VALID);
    let blocks = one.blocks(committed.block, committed.block).await;
    let bytes = blocks[0].encode_to_vec();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(!holds(value));
    let decoded = block::decode(&blocks[0]).unwrap();
    let rwset = &decoded.transactions[0].endorsed().unwrap().rwset;
    let set = rwset.namespace("basic").unwrap();
    assert_eq!(set.collections[0].collection, "shared");
    assert_eq!(set.collections[0].private_hash.len(), 32);
    // The whole definition counts as read, as on a real peer.
    let reads = &rwset.namespace(lifecycle::NAMESPACE).unwrap().reads;
    let reads: Vec<_> = reads.iter().map(|read| read.key.as_str()).collect();
    let field = |name| lifecycle::field_key("basic", name);
    let expected = [
        field("Collections"),
        field("EndorsementInfo"),
        field("Sequence"),
        field("ValidationInfo"),
        lifecycle::metadata_key("basic"),
    ];
    assert_eq!(reads, expected);
    assert_eq!(
        ask(&one, &["private", "get", "shared", "secret-key"])
            .await
            .unwrap(),
        value
    );
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_endorsements_that_differ_the_one_in_the_block_counts() {
    let (_setup, one, two) = started().await;
    let nonce = nonce();
    let put = ["private", "put-transient", "shared", "a"];
    let proposal = |value| one.propose_transient("basic", &put, nonce.clone(), &[("value", value)]);
    let (first, second) = (proposal("first"), proposal("second"));
    assert_eq!(first.id, second.id);
    let chosen = one.endorse(&first, ORG1).await.unwrap();
    one.endorse(&second, ORG2).await.unwrap();
    one.endorse(&second, ORG1).await.unwrap();

    one.submit_and_wait(&first.id, &chosen).await.unwrap();

    for client in [&one, &two] {
        let get = ask(client, &["private", "get", "shared", "a"]).await;
        assert_eq!(get.unwrap(), "first");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_disagree_on_plaintext_endorse_nothing_together() {
    let (_setup, one, _) = started().await;
    // Each peer gets other transient data under one id, as from a client that means no good.
    let nonce = nonce();
    let put = ["private", "put-transient", "both", "a"];
    let proposal = |value| one.propose_transient("basic", &put, nonce.clone(), &[("value", value)]);
    let mut first = one.endorse(&proposal("first"), ORG1).await.unwrap();
    let second = one.endorse(&proposal("second"), ORG2).await.unwrap();
    let id = proposal("first").id;
    join_endorsements(&mut first, &second);
    first.signature = one.identity.sign(&first.payload).unwrap();

    let committed = one.submit_and_wait(&id, &first).await.unwrap();

    assert_eq!(committed.code, ValidationCode::ENDORSEMENT_POLICY_FAILURE);
    assert_eq!(
        ask(&one, &["private", "get", "both", "a"]).await.unwrap(),
        ""
    );
    assert_eq!(shown_once(&one, committed.block).await, [""; 0]);
}

/// Adds the endorsements of another transaction to those of the first.
fn join_endorsements(envelope: &mut Envelope, other: &Envelope) {
    use fabric_protos::{
        common::Payload,
        peer::{ChaincodeActionPayload, Transaction},
    };
    let parts = |envelope: &Envelope| {
        let payload = Payload::decode(envelope.payload.clone()).unwrap();
        let transaction = Transaction::decode(payload.data.clone()).unwrap();
        let action = transaction.actions[0].payload.clone();
        (
            payload,
            transaction,
            ChaincodeActionPayload::decode(action).unwrap(),
        )
    };
    let (mut payload, mut transaction, mut action) = parts(envelope);
    let (_, _, others) = parts(other);
    let endorsed = action.action.as_mut().unwrap();
    endorsed
        .endorsements
        .extend(others.action.unwrap().endorsements);
    transaction.actions[0].payload = action.encode_to_vec().into();
    payload.data = transaction.encode_to_vec().into();
    envelope.payload = payload.encode_to_vec().into();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collections_endorsement_policy_is_kept() {
    let (_setup, one, two) = started().await;
    let put = ["private", "put", "both", "a", "1"];
    let alone = transact(&one, ORG1, &put).await.unwrap();
    assert_eq!(alone.code, ValidationCode::ENDORSEMENT_POLICY_FAILURE);
    let together = transact(&one, &["Org1MSP", "Org2MSP"], &put).await.unwrap();
    assert_eq!(together.code, ValidationCode::VALID);
    assert_eq!(
        ask(&two, &["private", "get", "both", "a"]).await.unwrap(),
        "1"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_of_plaintext_conflict_with_writes() {
    let (_setup, one, _) = started().await;
    transact(&one, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    let mut pending = Vec::new();
    for value in ["2", "3"] {
        let proposed = one.propose("basic", &["private", "append", "shared", "a", value]);
        let envelope = one.endorse(&proposed, ORG1).await.unwrap();
        pending.push((proposed.id, envelope));
    }
    let mut codes = Vec::new();
    for (id, envelope) in &pending {
        codes.push(one.submit_and_wait(id, envelope).await.unwrap().code);
    }
    let conflict = ValidationCode::MVCC_READ_CONFLICT;
    assert_eq!(codes, [ValidationCode::VALID, conflict]);
    assert_eq!(
        ask(&one, &["private", "get", "shared", "a"]).await.unwrap(),
        "12"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_members_refuse_an_endorsement() {
    let (_setup, one, _) = started().await;
    let proposed = one.propose("basic", &["private", "put", "crowded", "a", "1"]);
    let refused = one.endorse(&proposed, ORG1).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted);
    let text = format!(
        "error in simulation: failed to distribute private collection, txID {}, channel mychannel: could not build private data dissemination plan for chaincode basic and collection crowded: required to disseminate to at least 2 peers, but know of only 1 eligible peers",
        proposed.id
    );
    assert!(details(&refused)[0].message.ends_with(&text), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_plaintext_and_forgets_what_was_only_endorsed() {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    deploy(&network, &chaincode).await;
    let client = Client::user1(&network).await;
    let put = transact(&client, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    let proposed = client.propose("basic", &["private", "put", "shared", "b", "2"]);
    let envelope = client.endorse(&proposed, ORG1).await.unwrap();
    network.shutdown().await;

    let network = in_folder(dir.path()).await;

    let client = Client::of(&network, 2).await;
    assert_eq!(
        ask(&client, &["private", "get", "shared", "a"])
            .await
            .unwrap(),
        "1"
    );
    assert_eq!(shown_once(&client, put.block).await, ["basic/shared/a=1"]);
    let late = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(late.code, ValidationCode::VALID);
    let get = ask(&client, &["private", "get", "shared", "b"]).await;
    let missing = format!(
        "private data matching public hash version is not available. Public hash version = {{BlockNum: {}, TxNum: 0}}, Private data version = <nil>",
        late.block
    );
    assert_refused(get, "GET_STATE", &missing);
    // Written again it is there again.
    transact(&client, ORG1, &["private", "put", "shared", "b", "3"])
        .await
        .unwrap();
    assert_eq!(
        ask(&client, &["private", "get", "shared", "b"])
            .await
            .unwrap(),
        "3"
    );
    verify_chain(&network).await;
}
