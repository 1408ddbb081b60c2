//! Reads: as few requests as the peer's offer allows, and what comes back.

use fabric_contract_api_rust::peer::InvocationKind;
use fabric_protos::peer::{StateMetadata, chaincode_message::Type};
use sha2::{Digest, Sha256};

use crate::{
    mock_peer::{BATCHES, MockPeer, completed, terminal, transaction},
    server::Running,
};

async fn peer() -> (Running, MockPeer) {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, Some(BATCHES)).await;
    (server, peer)
}

async fn text(peer: &MockPeer, id: &str, args: &[&str]) -> String {
    let answer = peer.answer(id, args).await;
    assert_eq!(answer.status, 200, "{}", answer.message);
    String::from_utf8(answer.payload.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_public_keys_are_one_request() {
    let (_server, peer) = peer().await;
    peer.ledger(|ledger| ledger.put("", "a", "A"));
    assert_eq!(
        text(&peer, "tx", &["get", "", "a", "b"]).await,
        "[Some([65]), None]"
    );
    assert_eq!(peer.requests("tx"), [Type::GetStateMultiple]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_keys_than_offered_are_several_requests_in_order() {
    let (_server, peer) = peer().await;
    let keys: Vec<String> = (0..2_001).map(|n| format!("k{n}")).collect();
    for key in &keys {
        peer.ledger(|ledger| ledger.put("", key, key));
    }
    let args: Vec<&str> = ["get", ""]
        .into_iter()
        .chain(keys.iter().map(String::as_str))
        .collect();
    let values = format!(
        "{:?}",
        keys.iter()
            .map(|key| Some(key.as_bytes()))
            .collect::<Vec<_>>()
    );
    assert_eq!(text(&peer, "tx", &args).await, values);
    assert_eq!(peer.requests("tx"), [Type::GetStateMultiple; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_keys_are_read_one_by_one() {
    let (_server, peer) = peer().await;
    peer.ledger(|ledger| ledger.put("secrets", "a", "A"));
    assert_eq!(
        text(&peer, "tx", &["get", "secrets", "a", "b"]).await,
        "[Some([65]), None]"
    );
    assert_eq!(peer.requests("tx"), [Type::GetState; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_without_multiple_reads_gets_single_reads() {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, None).await;
    assert_eq!(
        text(&peer, "tx", &["get", "", "a", "b"]).await,
        "[None, None]"
    );
    assert_eq!(peer.requests("tx"), [Type::GetState; 2]);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_read_to_its_end_and_not_closed() {
    let (_server, peer) = peer().await;
    for n in 0..250 {
        peer.ledger(|ledger| ledger.put("", &format!("k{n:03}"), "v"));
    }
    let keys: Vec<String> = (0..250).map(|n| format!("k{n:03}")).collect();
    assert_eq!(
        text(&peer, "tx", &["range", "k", "l"]).await,
        format!("{keys:?}")
    );
    let next = Type::QueryStateNext;
    assert_eq!(peer.requests("tx"), [Type::GetStateByRange, next, next]);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_left_early_is_closed() {
    let (_server, peer) = peer().await;
    for n in 0..101 {
        peer.ledger(|ledger| ledger.put("", &format!("k{n:03}"), "v"));
    }
    assert_eq!(text(&peer, "tx", &["first-page", "k", "l"]).await, "100");
    assert_eq!(
        peer.requests("tx"),
        [Type::GetStateByRange, Type::QueryStateClose]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_bookmark() {
    let (_server, peer) = peer().await;
    for key in ["a", "b", "c"] {
        peer.ledger(|ledger| ledger.put("", key, "v"));
    }
    let page = text(&peer, "tx1", &["page", "a", "z", "2", ""]).await;
    assert!(
        page.contains(r#"bookmark: "c""#) && page.contains("has_more: false"),
        "{page}"
    );
    let page = text(&peer, "tx2", &["page", "a", "z", "2", "c"]).await;
    assert!(
        page.contains(r#"key: "c""#) && page.contains(r#"bookmark: """#),
        "{page}"
    );
    assert_eq!(
        peer.answer("tx3", &["page", "a", "z", "0", ""])
            .await
            .status,
        500
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_to_its_end() {
    let (_server, peer) = peer().await;
    let history = text(&peer, "tx", &["history", "k"]).await;
    assert_eq!(history.matches("transaction_id").count(), 101);
    assert!(history.contains("seconds: 7, nanoseconds: 8"), "{history}");
    assert_eq!(
        peer.requests("tx"),
        [Type::GetHistoryForKey, Type::QueryStateNext]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_and_metadata_come_back() {
    let (_server, peer) = peer().await;
    peer.ledger(|ledger| {
        ledger.put("secrets", "k", "v");
        let entry = StateMetadata {
            metakey: "VALIDATION_PARAMETER".into(),
            value: "p".into(),
        };
        ledger.metadata.insert((String::new(), "k".into()), entry);
    });
    let hash = format!("{:?}", Some(b"hash of v"));
    assert_eq!(text(&peer, "tx1", &["hash", "secrets", "k"]).await, hash);
    assert_eq!(
        text(&peer, "tx2", &["hash", "secrets", "none"]).await,
        "None"
    );
    let metadata = text(&peer, "tx3", &["metadata", "", "k"]).await;
    assert_eq!(metadata, r#"{"VALIDATION_PARAMETER": [112]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_told_who_when_and_what() {
    let (server, peer) = peer().await;
    peer.answer("tx", &["noop"]).await;
    let seen = server.script.seen.lock().unwrap().clone().unwrap();
    assert_eq!(
        (seen.channel.as_str(), seen.transaction_id.as_str()),
        ("mychannel", "tx")
    );
    assert_eq!(
        (seen.timestamp.seconds, seen.timestamp.nanoseconds),
        (1_700_000_000, 5)
    );
    assert_eq!(seen.args, [b"noop"]);
    assert_eq!(seen.transient["pin"], b"1234");
    assert_eq!(seen.creator.msp_id, "Org1MSP");
    assert_eq!(seen.creator.certificate_pem, b"a certificate");
    assert_eq!(seen.kind, InvocationKind::Transaction);
    let mut binding = Sha256::new();
    // The creator's encoding, then the epoch 3, little-endian.
    binding.update(b"a nonce\x0a\x07Org1MSP\x12\x0da certificate\x03\0\0\0\0\0\0\0");
    assert_eq!(seen.binding, binding.finalize().to_vec());
    assert!(seen.is_direct());
    let signed = seen.signed_proposal.unwrap();
    assert_eq!(signed.args, seen.args);
    assert_eq!(signed.chaincode, "bonds");
    assert_eq!((signed.epoch, signed.nonce), (3, b"a nonce".to_vec()));
    assert_eq!(signed.creator, b"\x0a\x07Org1MSP\x12\x0da certificate");
    assert_eq!(signed.signature, b"signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn init_is_an_invocation_of_another_kind() {
    let (server, peer) = peer().await;
    let mut init = transaction("tx", &["noop"]);
    init.set_type(Type::Init);
    let answer = terminal(peer.begin_with(init).await).await;
    assert_eq!(completed(&answer).status, 200);
    let seen = server.script.seen.lock().unwrap().clone().unwrap();
    assert_eq!(seen.kind, InvocationKind::Initialization);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_the_contract_as_the_peer_wrote_it() {
    let (_server, peer) = peer().await;
    peer.ledger(|ledger| ledger.refusal = Some("GET_STATE failed: no ledger context".into()));
    let answer = peer.answer("tx", &["get", "", "a"]).await;
    assert_eq!(answer.status, 500);
    assert!(
        answer.message.contains("no ledger context"),
        "{}",
        answer.message
    );
}
