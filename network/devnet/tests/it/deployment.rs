//! Deploying chaincodes, through the handle and through the admin endpoint.

use std::time::Instant;

use fabric_devnet::{Cut, Deployment, DevnetError, Network, Ports, StateFile};
use fabric_ledger::{
    ValidationCode, block,
    lifecycle::{self, NAMESPACE},
};
use serde_json::json;

use crate::support::{
    Client, DEPLOYED, EITHER, TestChaincode, admin::http, ephemeral, setup, verify_chain,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_is_what_administrators_would_do_on_a_real_network() {
    let network = ephemeral().await;
    let deployment = Deployment::new("basic", "127.0.0.1:9999").policy(EITHER);

    let begin = Instant::now();
    let deployed = network.deploy(deployment).await.unwrap();
    println!("deployed in {:?}", begin.elapsed());

    assert_eq!((deployed.sequence, &*deployed.version), (1, "1.0"));
    assert_eq!(network.height(), DEPLOYED);
    let client = Client::user1(&network).await;
    let blocks = client.blocks(1, DEPLOYED - 1).await;
    let decoded: Vec<_> = blocks
        .iter()
        .map(|block| block::decode(block).unwrap())
        .collect();
    for (organization, block) in (1..).zip(&decoded[..2]) {
        let endorsed = block.transactions[0].endorsed().unwrap();
        let set = endorsed.rwset.namespace(NAMESPACE).unwrap();
        assert_eq!(block.codes().unwrap(), [ValidationCode::VALID]);
        assert_eq!((endorsed.endorsements.len(), set.writes.len()), (1, 0));
        let collection = &set.collections[0];
        let own = lifecycle::implicit_collection(&format!("Org{organization}MSP"));
        assert_eq!((&collection.collection, collection.writes.len()), (&own, 6));
    }
    let commit = &decoded[2].transactions[0];
    assert_eq!(
        Some(commit.transaction_id()),
        deployed.transaction_id.as_deref()
    );
    let endorsed = commit.endorsed().unwrap();
    assert_eq!(endorsed.chaincode.name, NAMESPACE);
    assert_eq!(endorsed.endorsements.len(), 2);
    let set = endorsed.rwset.namespace(NAMESPACE).unwrap();
    let written: Vec<_> = set.writes.iter().map(|write| write.key.as_str()).collect();
    let expected = [
        lifecycle::field_key("basic", "Collections"),
        lifecycle::field_key("basic", "EndorsementInfo"),
        lifecycle::field_key("basic", "Sequence"),
        lifecycle::field_key("basic", "ValidationInfo"),
        lifecycle::metadata_key("basic"),
    ];
    assert_eq!(written, expected);
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_does_only_what_is_not_done_yet() {
    let network = ephemeral().await;
    let deployment = Deployment::new("basic", "127.0.0.1:9999").policy(EITHER);
    network.deploy(deployment.clone()).await.unwrap();

    let again = network.deploy(deployment.clone()).await.unwrap();
    assert_eq!((again.sequence, again.transaction_id), (1, None));
    assert_eq!(network.height(), DEPLOYED);

    // Another address is another package, which each organisation approves for what is in force.
    let moved = Deployment {
        address: "127.0.0.1:9998".to_owned(),
        ..deployment.clone()
    };
    let moved = network.deploy(moved).await.unwrap();
    assert_eq!((moved.sequence, moved.transaction_id), (1, None));
    assert_eq!(network.height(), DEPLOYED + 2);

    let upgraded = network.deploy(deployment.version("2.0")).await.unwrap();
    assert_eq!(upgraded.sequence, 2);
    assert_eq!(network.height(), DEPLOYED + 5);
    verify_chain(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_endorsed_before_an_upgrade_is_void() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let proposed = client.propose("basic", &["put", "a", "1"]);
    let envelope = client.endorse(&proposed, &[]).await.unwrap();
    crate::support::deploy(&setup.network, &setup.chaincode, Some("OR('Org1MSP.peer')")).await;
    let committed = client
        .submit_and_wait(&proposed.id, &envelope)
        .await
        .unwrap();
    assert_eq!(committed.code, ValidationCode::MVCC_READ_CONFLICT);
    verify_chain(&setup.network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployments_that_make_no_sense_are_refused() {
    let network = ephemeral().await;
    let good = Deployment::new("basic", "127.0.0.1:9999");
    let named = |name: &str| Deployment {
        name: name.to_owned(),
        ..good.clone()
    };
    let at = |address: &str| Deployment {
        address: address.to_owned(),
        ..good.clone()
    };
    let system = "the name is that of a system chaincode";
    let cases = [
        (named("../x"), "the name must be letters and digits"),
        (named(""), "the name must be letters and digits"),
        (named("qscc"), system),
        (at("nowhere"), "`nowhere` is no address"),
        (at(":70000"), "`:70000` is no address"),
        (
            good.clone().policy("SOME('x')"),
            "its policy makes no sense",
        ),
    ];
    for (deployment, expected) in cases {
        let error = network.deploy(deployment.clone()).await.unwrap_err();
        let DevnetError::Deployment { reason, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.starts_with(expected), "{reason}");
    }
    assert_eq!(network.height(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_endpoint_deploys_and_reports() {
    let network = ephemeral().await;
    let chaincode = TestChaincode::start().await;
    assert_eq!(
        http(&network, "GET /healthz", None).await,
        (200, json!({"status": "OK"}))
    );

    let body =
        json!({"name": "basic", "address": chaincode.address().to_string(), "policy": EITHER});
    let (code, answer) = http(&network, "POST /chaincodes", Some(body)).await;
    assert_eq!((code, &answer["sequence"]), (200, &json!(1)));
    let package_id = answer["package_id"].as_str().unwrap();
    assert!(package_id.starts_with("basic_1.0:"), "{package_id}");

    let client = Client::user1(&network).await;
    assert_eq!(client.evaluate(&["echo", "hello"]).await.unwrap(), "hello");
    let (code, status) = http(&network, "GET /status", None).await;
    assert_eq!(code, 200);
    assert_eq!(status["height"], DEPLOYED);
    assert_eq!(status["chaincodes"][0]["name"], "basic");
    let state: StateFile = serde_json::from_value(status).unwrap();
    assert_eq!(&state, network.state());
    assert_eq!(StateFile::read(network.dir()).unwrap(), Some(state));

    let body = json!({"name": "basic", "address": "nowhere"});
    let (code, answer) = http(&network, "POST /chaincodes", Some(body)).await;
    assert_eq!(code, 400);
    assert!(
        answer["error"].as_str().unwrap().contains("is no address"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_of_one_and_of_five_organisations_work() {
    for organizations in [1, 5] {
        let network = Network::builder()
            .ephemeral()
            .organizations(organizations)
            .ports(Ports::Free)
            .channel("another.channel-2")
            .start()
            .await
            .unwrap();
        let chaincode = TestChaincode::start().await;
        crate::support::deploy(&network, &chaincode, None).await;
        let client = Client::of(&network, organizations).await;
        let committed = client.transact(&["put", "a", "1"]).await.unwrap();
        assert_eq!(committed.code, ValidationCode::VALID);
        verify_chain(&network).await;
        network.shutdown().await;
    }
}

#[tokio::test]
async fn builders_that_make_no_sense_are_refused() {
    let builder = || Network::builder().ephemeral().ports(Ports::Free);
    let custom = Ports::Custom {
        orderer: 0,
        peers: vec![0],
        admin: 0,
    };
    for refused in [
        builder().organizations(0),
        builder().organizations(21),
        builder().channel("Upper"),
        builder().channel(""),
        builder().ports(custom),
        builder().ports(Ports::Base(65534)),
        Network::builder(),
    ] {
        let error = refused.clone().start().await.unwrap_err();
        assert!(
            matches!(error, DevnetError::Configuration(_)),
            "{refused:?}: {error:?}"
        );
    }
    let _ = Cut::fabric();
}
