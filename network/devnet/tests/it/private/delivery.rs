//! Blocks with private data.

use std::collections::BTreeMap;

use super::{ORG1, ORG2, delivered, shown, shown_once, started, transact};
use crate::support::{Client, client::user};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_show_what_they_keep_to_those_who_may_see_it() {
    let (setup, one, two) = started().await;
    let stranger = user(&setup.network, 2, "User1");
    let stranger = Client::with(&setup.network, 1, stranger).await;
    let mut blocks = BTreeMap::new();
    for collection in ["shared", "own", "closed", "_implicit_org_Org1MSP"] {
        let put = ["private", "put", collection, "a", "1"];
        let put = transact(&one, ORG1, &put).await.unwrap();
        assert!(put.code.is_valid());
        blocks.insert(collection, put.block);
    }
    for (collection, at_one, at_two, for_stranger_at_one) in [
        ("shared", true, true, true),
        ("own", true, false, true),
        ("closed", true, false, false),
        ("_implicit_org_Org1MSP", true, false, true),
    ] {
        let written = format!("basic/{collection}/a=1");
        for (client, seen) in [
            (&one, at_one),
            (&two, at_two),
            (&stranger, for_stranger_at_one),
        ] {
            let shown = shown_once(client, blocks[collection]).await;
            let expected: &[String] = if seen {
                std::slice::from_ref(&written)
            } else {
                &[]
            };
            assert_eq!(shown, expected, "{collection}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_valid_transactions_have_private_data_and_blocks_are_whole() {
    let (_setup, one, _) = started().await;
    let name = "_implicit_org_Org2MSP";
    let refused = transact(&one, ORG1, &["private", "put", name, "a", "1"])
        .await
        .unwrap();
    assert!(!refused.code.is_valid());
    let public = transact(&one, ORG2, &["put", "a", "1"]).await.unwrap();
    for number in [0, refused.block, public.block] {
        let block = delivered(&one, number).await;
        assert!(block.private_data_map.is_empty());
        assert_eq!(block.block.unwrap(), one.blocks(number, number).await[0]);
    }
    assert!(shown(&one, refused.block).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_is_its_organisations_private_data() {
    let (_setup, one, two) = started().await;
    // Org1 approves in block 1, Org2 in block 2.
    for (client, own, other) in [(&one, 1, 2), (&two, 2, 1)] {
        let approval = shown_once(client, own).await;
        let prefix = format!("_lifecycle/_implicit_org_Org{own}MSP/");
        assert_eq!(approval.len(), 6);
        assert!(approval.iter().all(|line| line.starts_with(&prefix)));
        assert_eq!(shown_once(client, other).await, [""; 0]);
    }
}
