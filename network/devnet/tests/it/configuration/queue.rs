//! What waits while the configuration changes: batches, transactions that are no longer let in,
//! updates that no longer fit.

use std::time::Duration;

use fabric_devnet::{Cut, Network, Ports};
use fabric_ledger::ValidationCode;
use fabric_protos::{
    common::Status,
    orderer::{BatchSize, BatchTimeout, ConsensusType, consensus_type::State},
};
use futures::future::join_all;
use prost::Message as _;

use super::anchor;
use crate::support::{
    Client, DEPLOYED, EITHER, TestChaincode,
    client::details,
    configuration::{admin, at, broadcast, change, config, orderer_admin, set},
    deploy, verify_chain,
};

async fn network(cut: Cut) -> (Network, TestChaincode) {
    let builder = Network::builder().ephemeral().ports(Ports::Free).cut(cut);
    let network = builder.start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, Some(EITHER)).await;
    (network, chaincode)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_cut_before_an_update_and_the_next_batch_by_it() {
    let (network, _chaincode) = network(Cut::Fabric {
        max_message_count: 100,
        preferred_max_bytes: 2 << 20,
        batch_timeout: Duration::from_secs(600),
    })
    .await;
    let client = Client::user1(&network).await;
    let waiting = client.transact_at(&["put", "a", "1"]).await;
    assert_eq!(network.height(), DEPLOYED);

    let answer = broadcast(&network, &[orderer_admin(&network)], |config| {
        let size = BatchSize {
            max_message_count: 3,
            absolute_max_bytes: 4096 * 1024,
            preferred_max_bytes: 1024 * 1024,
        };
        set(at(config, "Orderer"), "BatchSize", &size);
    })
    .await;
    assert_eq!(answer.status(), Status::Success);

    assert_eq!(
        client.status(&waiting).await.unwrap().block_number,
        DEPLOYED
    );
    let ids: Vec<String> = join_all(["b", "c", "d"].map(|key| {
        let client = client.clone();
        async move { client.transact_at(&["put", key, "1"]).await }
    }))
    .await;
    for id in &ids {
        assert_eq!(client.status(id).await.unwrap().block_number, DEPLOYED + 2);
    }
    // A time limit of its own takes the place of ten minutes.
    change(&network, &[orderer_admin(&network)], |config| {
        let timeout = "20ms".to_owned();
        set(
            at(config, "Orderer"),
            "BatchTimeout",
            &BatchTimeout { timeout },
        );
    })
    .await;
    let alone = client.transact(&["put", "e", "1"]).await.unwrap();
    assert_eq!(alone.block, DEPLOYED + 4);
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_updates_of_one_state_the_second_is_dropped() {
    let (network, _chaincode) = network(Cut::Manual).await;
    let admins = [admin(&network, 1)];
    for port in [1, 2] {
        let answer = broadcast(&network, &admins, |config| {
            set(
                at(config, "Application/Org1MSP"),
                "AnchorPeers",
                &anchor(port),
            );
        });
        assert_eq!(answer.await.status(), Status::Success);
    }
    let first = network.cut("mychannel", 10).await.unwrap();
    assert_eq!(
        (first.block, first.transactions, first.waiting),
        (Some(DEPLOYED), 1, 1)
    );
    let second = network.cut("mychannel", 10).await.unwrap();
    assert_eq!(
        (second.block, second.transactions, second.waiting),
        (None, 0, 0)
    );
    let mut config = config(&network).await;
    let value = &at(&mut config, "Application/Org1MSP").values["AnchorPeers"];
    assert_eq!(*value.value, *anchor(1).encode_to_vec());
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_an_organisation_that_is_gone_is_dropped() {
    let (network, _chaincode) = network(Cut::Manual).await;
    let (first, second) = (Client::user1(&network).await, Client::of(&network, 2).await);
    let admins = [admin(&network, 1), admin(&network, 2)];
    let answer = broadcast(&network, &admins, |config| {
        at(config, "Application").groups.remove("Org2MSP");
    });
    assert_eq!(answer.await.status(), Status::Success);
    second.transact_at(&["put", "a", "1"]).await;
    let stays = first.transact_at(&["put", "b", "1"]).await;

    assert_eq!(network.cut("mychannel", 10).await.unwrap().transactions, 1);
    let block = network.cut("mychannel", 10).await.unwrap();

    assert_eq!((block.block, block.transactions), (Some(DEPLOYED + 1), 1));
    let status = first.status(&stays).await.unwrap();
    assert_eq!(
        ValidationCode::from_byte(u8::try_from(status.result).unwrap()),
        ValidationCode::VALID
    );
    let gone = second.propose("basic", &["put", "c", "1"]);
    let gone = second.endorse(&gone, &[]).await.unwrap_err();
    let reason = &details(&gone)[0].message;
    assert!(
        reason.ends_with("creator org unknown, creator is malformed"),
        "{reason}"
    );
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_maintenance_nothing_but_configurations_is_ordered() {
    let (network, _chaincode) = network(Cut::Instant).await;
    let client = Client::user1(&network).await;
    let to = |state: State| {
        move |config: &mut _| {
            let orderer = at(config, "Orderer");
            let value = orderer.values["ConsensusType"].value.clone();
            let mut consensus = ConsensusType::decode(value).unwrap();
            consensus.state = state.into();
            set(orderer, "ConsensusType", &consensus);
        }
    };
    let admins = [orderer_admin(&network)];
    change(&network, &admins, to(State::Maintenance)).await;
    let refused = client.transact(&["put", "a", "1"]).await.unwrap_err();
    assert!(
        refused.message().contains("no orderers could successfully"),
        "{refused:?}"
    );
    let by_peers = broadcast(&network, &[admin(&network, 1)], |config| {
        set(at(config, "Application/Org1MSP"), "AnchorPeers", &anchor(1));
    })
    .await;
    assert_eq!(by_peers.status(), Status::Forbidden);
    change(&network, &admins, to(State::Normal)).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
}
