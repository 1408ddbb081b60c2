//! Collections in a chaincode's definition.

use fabric_devnet::{CollectionConfig, CollectionConfigError, Deployment};
use serde_json::json;

use super::{COLLECTIONS, ORG1, ask, pass, shown_once, started, transact};
use crate::support::{EITHER, ephemeral};

/// Deploys with one collection; gives what is wrong with it.
async fn refused(collections: serde_json::Value) -> String {
    let network = ephemeral().await;
    let collections = CollectionConfig::parse(&collections.to_string()).unwrap();
    let deployment = Deployment::new("basic", "127.0.0.1:9999").collections(collections);
    let error = network.deploy(deployment).await.unwrap_err().to_string();
    let prefix = "chaincode `basic` was not deployed: ";
    error.strip_prefix(prefix).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collections_that_make_no_sense_are_refused_as_a_peer_refuses_them() {
    let member = "OR('Org1MSP.member')";
    let named = |name: &str| json!({"name": name, "policy": member});
    for (collections, expected) in [
        (
            json!([named("_own")]),
            "invalid collection name '_own'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'",
        ),
        (
            json!([named("a"), named("a")]),
            "collection-name: a -- found duplicate in collection configuration",
        ),
        (
            json!([{"name": "a", "policy": member, "requiredPeerCount": 2}]),
            "collection-name: a -- maximum peer count (1) cannot be less than the required peer count (2)",
        ),
        (
            json!([{"name": "a", "policy": member, "requiredPeerCount": -1}]),
            "collection-name: a -- requiredPeerCount (-1) cannot be less than zero",
        ),
        (
            json!([{"name": "a", "policy": "AND('Org1MSP.member','Org2MSP.member')"}]),
            "collection-name: a -- error in member org policy: signature policy is not an OR concatenation, NOutOf 2",
        ),
        (
            json!([{"name": "a", "policy": "OR('Org9MSP.member')"}]),
            "collection-name: a -- collection member 'Org9MSP' is not part of the channel",
        ),
    ] {
        assert_eq!(refused(collections).await, expected);
    }
    let nonsense = refused(json!([{"name": "a", "policy": "OR("}])).await;
    assert!(nonsense.starts_with("invalid policy OR(: "), "{nonsense}");
    let two =
        json!({"signaturePolicy": member, "channelConfigPolicy": "/Channel/Application/Writers"});
    let two = refused(json!([{"name": "a", "policy": member, "endorsementPolicy": two}])).await;
    let text = r#"cannot specify both "--signature-policy" and "--channel-config-policy""#;
    assert!(two.ends_with(text), "{two}");
}

#[test]
fn a_file_that_is_no_json_array_is_refused() {
    for text in ["", "{}", "[1]", r#"[{"name": 1}]"#, "[{]"] {
        let error = CollectionConfig::parse(text).unwrap_err();
        assert!(matches!(error, CollectionConfigError::Json(_)));
        let text = error.to_string();
        assert!(
            text.starts_with("could not parse the collection configuration: "),
            "{text}"
        );
    }
    assert_eq!(CollectionConfig::parse("null").unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_definition_keeps_collections_and_may_add_some() {
    let (setup, one, two) = started().await;
    let address = setup.chaincode.address().to_string();
    let collections = CollectionConfig::parse(COLLECTIONS).unwrap();
    let deployment = Deployment::new("basic", &address).policy(EITHER);

    let same = deployment.clone().collections(collections.clone());
    assert_eq!(
        setup.network.deploy(same).await.unwrap().transaction_id,
        None
    );

    let fails = async |deployment: Deployment, expected: &str| {
        let error = setup.network.deploy(deployment).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
    };
    fails(
        deployment.clone(),
        "the proposed collection config does not contain previously defined collections",
    )
    .await;
    fails(
        deployment.clone().collections(collections[1..].to_vec()),
        "existing collection [shared] missing in the proposed collection configuration",
    )
    .await;
    let mut longer = collections.clone();
    longer[3].block_to_live = 5;
    fails(
        deployment.clone().collections(longer),
        "the BlockToLive in an existing collection [brief] modified. Existing value [2]",
    )
    .await;

    // Org2 joins a collection: its peer has what was written before.
    let put = transact(&one, ORG1, &["private", "put", "own", "a", "1"])
        .await
        .unwrap();
    let mut wider = collections;
    wider[1].policy = "OR('Org1MSP.member','Org2MSP.member')".to_owned();
    let wider = setup
        .network
        .deploy(deployment.collections(wider))
        .await
        .unwrap();
    assert_eq!(wider.sequence, 2);
    assert_eq!(
        ask(&two, &["private", "get", "own", "a"]).await.unwrap(),
        "1"
    );
    assert_eq!(shown_once(&two, put.block).await, ["basic/own/a=1"]);
    pass(&one, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_see_a_blocks_data_the_definition_of_its_time_says() {
    let (setup, one, two) = started().await;
    let put = ["private", "put", "closed", "a", "1"];
    let before = transact(&one, ORG1, &put).await.unwrap();
    let address = setup.chaincode.address().to_string();
    let mut collections = CollectionConfig::parse(COLLECTIONS).unwrap();
    collections[2].policy = "OR('Org1MSP.member','Org2MSP.member')".to_owned();
    let deployment = Deployment::new("basic", &address)
        .policy(EITHER)
        .collections(collections);
    setup.network.deploy(deployment).await.unwrap();
    let after = transact(&one, ORG1, &put).await.unwrap();

    assert_eq!(shown_once(&two, before.block).await, [""; 0]);
    assert_eq!(shown_once(&two, after.block).await, ["basic/closed/a=1"]);
    assert_eq!(
        ask(&two, &["private", "get", "closed", "a"]).await.unwrap(),
        "1"
    );
}
