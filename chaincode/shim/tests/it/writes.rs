//! Writes leave in one flush: batched as negotiated, one by one otherwise.

use fabric_protos::peer::{ChaincodeAdditionalParams, chaincode_message::Type};

use crate::{
    mock_peer::{BATCHES, MockPeer},
    server::Running,
};

async fn peer(offer: Option<ChaincodeAdditionalParams>) -> (Running, MockPeer) {
    let server = Running::start().await;
    let peer = MockPeer::ready(server.address, offer).await;
    (server, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_put_is_one_batch() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    assert_eq!(
        peer.answer("tx", &["write", "put", "", "a"]).await.status,
        200
    );
    assert_eq!(peer.requests("tx"), [Type::WriteBatchState]);
    assert_eq!(
        peer.ledger(|ledger| ledger.get("", "a").cloned()).unwrap(),
        "vvvvv"
    );
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_without_batches_gets_single_writes() {
    let (_server, peer) = peer(None).await;
    assert_eq!(
        peer.answer("tx", &["put-many", "30", "4"]).await.status,
        200
    );
    assert_eq!(peer.requests("tx"), [Type::PutState; 30]);
    assert_eq!(peer.ledger(|ledger| ledger.state.len()), 30);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writes_are_cut_at_the_offered_size() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    assert_eq!(
        peer.answer("tx", &["put-many", "2300", "4"]).await.status,
        200
    );
    assert_eq!(
        peer.ledger(|ledger| ledger.batches.clone()),
        [1_000, 1_000, 300]
    );
    assert_eq!(peer.ledger(|ledger| ledger.state.len()), 2_300);
    peer.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_writes_are_cut_by_bytes() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    let seven_megabytes = (7 * 1024 * 1024).to_string();
    assert_eq!(
        peer.answer("tx", &["put-many", "5", &seven_megabytes])
            .await
            .status,
        200
    );
    assert_eq!(peer.ledger(|ledger| ledger.batches.clone()), [2, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_writes_are_no_request() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    assert_eq!(peer.answer("tx", &["put-many", "0", "1"]).await.status, 200);
    assert_eq!(peer.requests("tx"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_write_arrives_batched_and_single() {
    for (offer, single) in [(Some(BATCHES), false), (None, true)] {
        let (_server, peer) = peer(offer).await;
        let kinds = [
            ("put", "", Type::PutState),
            ("delete", "", Type::DelState),
            ("put", "secrets", Type::PutState),
            ("purge", "secrets", Type::PurgePrivateData),
            ("metadata", "secrets", Type::PutStateMetadata),
        ];
        for (n, (kind, collection, alone)) in kinds.into_iter().enumerate() {
            let id = format!("tx{n}");
            assert_eq!(
                peer.answer(&id, &["write", kind, collection, "k"])
                    .await
                    .status,
                200
            );
            assert_eq!(
                peer.requests(&id),
                [if single { alone } else { Type::WriteBatchState }]
            );
        }
        peer.ledger(|ledger| {
            assert!(ledger.state.is_empty());
            assert_eq!(ledger.purged, [("secrets".to_owned(), "k".to_owned())]);
            assert_eq!(ledger.metadata.values().next().unwrap().metakey, "POLICY");
        });
        peer.assert_rules_kept();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_peer_would_misread_never_leaves() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    let writes = [("put-empty", "", "a"), ("put", "", ""), ("purge", "", "a")];
    for (kind, collection, key) in writes {
        let answer = peer.answer("tx", &["write", kind, collection, key]).await;
        assert_eq!(answer.status, 500);
        assert!(answer.message.contains("key"), "{}", answer.message);
    }
    assert_eq!(peer.requests("tx"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_contract_writes_nothing_and_keeps_its_status() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    let answer = peer.answer("tx", &["fail", "409", "taken"]).await;
    assert_eq!((answer.status, answer.message.as_str()), (409, "taken"));
    assert_eq!(peer.requests("tx"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_with_the_terminal_message() {
    let (_server, peer) = peer(Some(BATCHES)).await;
    let terminal = peer.run("tx", &["event", "Transferred", "{}"]).await;
    let event = terminal.chaincode_event.unwrap();
    assert_eq!(
        (event.event_name.as_str(), &event.payload[..]),
        ("Transferred", &b"{}"[..])
    );
}
