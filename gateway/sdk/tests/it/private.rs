//! Blocks with the private data that the peer keeps.

use bytes::Bytes;
use fabric_gateway_sdk::{Error, Step};
use fabric_protos::peer::deliver_response::Type;
use fabric_protos::peer::{BlockAndPrivateData, DeliverResponse};
use futures::TryStreamExt as _;

use crate::mock::{Answer, DELIVER_WITH_PRIVATE_DATA, End, Mock};
use crate::sample;

#[tokio::test]
async fn plaintext_comes_beside_the_block() {
    let mock = Mock::with_chain(&sample::chain(2)).await;
    let blocks = mock
        .network()
        .blocks_with_private_data()
        .from_block(1)
        .end_block(1);
    let blocks: Vec<_> = blocks.stream().try_collect().await.unwrap();
    let [block] = blocks.as_slice() else {
        panic!("{} blocks", blocks.len())
    };
    assert_eq!(block.block.number(), 1);
    assert_eq!(block.private_writes[&0], sample::private_writes());
}

#[tokio::test]
async fn plaintext_that_nobody_endorsed_is_found_out() {
    let mock = Mock::with_chain(&sample::chain(1)).await;
    let blocks = mock
        .network()
        .blocks_with_private_data()
        .from_block(0)
        .end_block(0);
    let block = blocks.stream().try_next().await.unwrap().unwrap();
    let forged = block.forged_collection().unwrap();
    assert_eq!(
        forged,
        Some((0, sample::CHAINCODE.to_owned(), "dealers".to_owned()))
    );
}

#[tokio::test]
async fn garbage_and_data_of_no_transaction_are_errors() {
    let block = sample::block(0, vec![sample::envelope("a", None)], &[0]);
    let mut beyond = sample::with_private_data(block.clone());
    let writes = beyond.private_data_map.remove(&0).unwrap();
    beyond.private_data_map.insert(1, writes);
    let headless = BlockAndPrivateData::default();
    let whole = |kind| sample::encode(&DeliverResponse { r#type: Some(kind) });
    let messages = [
        whole(Type::BlockAndPrivateData(beyond)),
        whole(Type::BlockAndPrivateData(headless)),
        whole(Type::Block(block)),
        Bytes::from_static(b"\x22\x03\x12\x01\xff"),
    ];
    for message in messages {
        let mock = Mock::start().await;
        mock.then(
            DELIVER_WITH_PRIVATE_DATA,
            Answer::Send(vec![message], End::Never),
        );
        let blocks = mock.network().blocks_with_private_data().from_block(0);
        let error = blocks.stream().try_next().await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert_eq!(error.step(), Some(Step::BlocksWithPrivateData));
    }
}
