//! Streams of blocks from peers and from the orderer.

use fabric_ledger::chain::Evidence;
use fabric_protos::{
    common::{Envelope, HeaderType, Status as Outcome},
    orderer::{
        SeekInfo, SeekNewest, SeekOldest, SeekPosition, deliver_response as ordered,
        seek_info::{SeekBehavior, SeekContentType},
        seek_position,
    },
    peer::deliver_response::Type,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{
    Client, DEPLOYED, EITHER,
    client::{orderer, range, specified},
    ephemeral, setup, wait,
};

/// Sends one request to Deliver; gives the numbers of the blocks and the final status.
async fn deliver(client: &Client, envelope: Envelope) -> (Vec<u64>, i32) {
    let mut stream = client
        .deliver()
        .deliver(tokio_stream::once(envelope))
        .await
        .unwrap()
        .into_inner();
    let mut numbers = Vec::new();
    while let Some(response) = wait::within("a block", stream.message()).await.unwrap() {
        match response.r#type.unwrap() {
            Type::Block(block) => numbers.push(block.header.unwrap().number),
            Type::Status(status) => return (numbers, status),
            other => panic!("{other:?}"),
        }
    }
    panic!("the stream ended without a status after {numbers:?}");
}

fn position(r#type: seek_position::Type) -> Option<SeekPosition> {
    Some(SeekPosition {
        r#type: Some(r#type),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_come_from_any_start_to_any_end() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    for number in 0..3 {
        client
            .transact(&["put", "a", &number.to_string()])
            .await
            .unwrap();
    }
    let oldest = || position(seek_position::Type::Oldest(SeekOldest {}));
    let newest = || position(seek_position::Type::Newest(SeekNewest {}));
    let cases = [
        (oldest(), oldest(), vec![0]),
        (oldest(), newest(), (0..DEPLOYED + 3).collect()),
        (newest(), newest(), vec![DEPLOYED + 2]),
        (Some(specified(2)), Some(specified(3)), vec![2, 3]),
    ];
    for (start, stop, expected) in cases {
        let seek = SeekInfo {
            start,
            stop,
            ..Default::default()
        };
        let (numbers, status) = deliver(&client, client.seek(&seek)).await;
        assert_eq!((numbers, status), (expected, 200), "{seek:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_follows_the_chain() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let seek = client.seek(&range(0, u64::MAX));
    let mut stream = client
        .deliver()
        .deliver_filtered(tokio_stream::once(seek))
        .await
        .unwrap()
        .into_inner();
    let committed = client
        .transact(&["event", "named", "payload"])
        .await
        .unwrap();
    loop {
        let response = wait::within("a block", stream.message())
            .await
            .unwrap()
            .unwrap();
        let Type::FilteredBlock(block) = response.r#type.unwrap() else {
            panic!()
        };
        assert_eq!(block.channel_id, "mychannel");
        if block.number == committed.block {
            assert_eq!(block.filtered_transactions[0].txid, committed.id);
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stream_takes_several_requests() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let (requests, stream) = mpsc::channel(2);
    let mut answers = client
        .deliver()
        .deliver(ReceiverStream::new(stream))
        .await
        .unwrap()
        .into_inner();
    for _ in 0..2 {
        requests.send(client.seek(&range(0, 0))).await.unwrap();
        let first = wait::within("a block", answers.message())
            .await
            .unwrap()
            .unwrap();
        assert!(matches!(first.r#type, Some(Type::Block(_))));
        let second = wait::within("a status", answers.message())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(second.r#type, Some(Type::Status(200)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_make_no_sense_get_a_status() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let beyond = SeekInfo {
        behavior: SeekBehavior::FailIfNotReady.into(),
        ..range(1, 5)
    };
    let mut forged = client.seek(&range(0, 0));
    forged.signature = client.identity.sign(b"something else").unwrap();
    let elsewhere = client.on_channel("other").seek(&range(0, 0));
    let garbage = Envelope {
        payload: vec![0xff; 20].into(),
        ..Default::default()
    };
    let no_seek = client.envelope(HeaderType::DeliverSeekInfo, vec![0xff; 9].into());
    let nowhere = client.seek(&SeekInfo::default());
    let cases = [
        ("backwards", client.seek(&range(1, 0)), Outcome::BadRequest),
        ("no position", nowhere, Outcome::BadRequest),
        (
            "beyond the chain",
            client.seek(&range(7, 9)),
            Outcome::NotFound,
        ),
        ("not there yet", client.seek(&beyond), Outcome::NotFound),
        ("another channel", elsewhere, Outcome::NotFound),
        ("forged", forged, Outcome::Forbidden),
        ("garbage", garbage, Outcome::BadRequest),
        ("empty", Envelope::default(), Outcome::BadRequest),
        ("no seek", no_seek, Outcome::BadRequest),
    ];
    for (case, envelope, expected) in cases {
        assert_eq!(
            deliver(&client, envelope).await,
            (vec![], expected as i32),
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_alone_have_no_data() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let seek = SeekInfo {
        content_type: SeekContentType::HeaderWithSig.into(),
        ..range(0, 1)
    };
    let request = tokio_stream::once(client.seek(&seek));
    let mut stream = client
        .deliver()
        .deliver(request)
        .await
        .unwrap()
        .into_inner();
    let mut data = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(Type::Block(block)) = response.r#type {
            data.push(block.data.is_some());
        }
    }
    // The configuration always comes whole.
    assert_eq!(data, [true, false]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_orderer_delivers_blocks_as_it_made_them() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let request = tokio_stream::once(client.seek(&range(0, 1)));
    let mut orderer = orderer(&setup.network).await;
    let mut stream = orderer.deliver(request).await.unwrap().into_inner();
    let mut blocks = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(ordered::Type::Block(block)) = response.r#type {
            blocks.push(block);
        }
    }
    crate::support::verify_as(Evidence::Ordered, &blocks);
    let metadata = &blocks[1].metadata.as_ref().unwrap().metadata;
    assert!(!metadata[0].is_empty() && metadata[2].is_empty() && metadata[4].is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_with_private_data_come_with_none() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let request = tokio_stream::once(client.seek(&range(0, 0)));
    let mut stream = client
        .deliver()
        .deliver_with_private_data(request)
        .await
        .unwrap()
        .into_inner();
    let response = stream.message().await.unwrap().unwrap();
    let Some(Type::BlockAndPrivateData(block)) = response.r#type else {
        panic!()
    };
    assert_eq!(block.block.unwrap().header.unwrap().number, 0);
    assert!(block.private_data_map.is_empty());
}
