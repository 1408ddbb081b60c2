//! Who may read and write what, at which peer.

use super::{ORG1, ORG2, ask, assert_refused, started, transact};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_read_at_any_members_peer_what_one_of_them_wrote() {
    let (_setup, one, two) = started().await;
    transact(&one, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    for client in [&one, &two] {
        let get = ask(client, &["private", "get", "shared", "a"]).await;
        assert_eq!(get.unwrap(), "1");
        let absent = ask(client, &["private", "get", "shared", "b"]).await;
        assert_eq!(absent.unwrap(), "");
    }
    assert_eq!(
        ask(&one, &["get", "a"]).await.unwrap(),
        "",
        "public state is apart"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_no_member_has_hashes_alone() {
    let (_setup, one, two) = started().await;
    let put = transact(&one, ORG1, &["private", "put", "own", "a", "1"])
        .await
        .unwrap();

    let get = ask(&two, &["private", "get", "own", "a"]).await;

    let versions = format!(
        "private data matching public hash version is not available. Public hash version = {{BlockNum: {}, TxNum: 0}}, Private data version = <nil>",
        put.block
    );
    assert_refused(get, "GET_STATE", &versions);
    assert_eq!(
        ask(&two, &["private", "range", "own", "", ""])
            .await
            .unwrap(),
        "0"
    );
    assert_eq!(
        ask(&two, &["private", "multiple", "own", "a"])
            .await
            .unwrap(),
        ""
    );
    let hash = ask(&two, &["private", "hash", "own", "a"]).await.unwrap();
    let sha256_of_one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    assert_eq!(hash, sha256_of_one);
    let absent = ask(&two, &["private", "hash", "own", "b"]).await;
    assert_eq!(absent.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_use_a_collection_for_members_only() {
    let (setup, one, two) = started().await;
    transact(&one, ORG1, &["private", "put", "closed", "a", "1"])
        .await
        .unwrap();
    assert_eq!(
        ask(&one, &["private", "get", "closed", "a"]).await.unwrap(),
        "1"
    );

    let stranger = crate::support::client::user(&setup.network, 2, "User1");
    let stranger = crate::support::Client::with(&setup.network, 1, stranger).await;
    for client in [&two, &stranger] {
        let denied = |what: &str| {
            format!(
                "tx creator does not have {what} access permission on privatedata in chaincodeName:basic collectionName: closed"
            )
        };
        for (args, request) in [
            (&["private", "get", "closed", "a"][..], "GET_STATE"),
            (
                &["private", "multiple", "closed", "a"],
                "GET_STATE_MULTIPLE",
            ),
            (
                &["private", "metadata", "closed", "a"],
                "GET_STATE_METADATA",
            ),
            (
                &["private", "range", "closed", "", ""],
                "GET_STATE_BY_RANGE",
            ),
            (&["private", "query", "closed", "{}"], "GET_QUERY_RESULT"),
        ] {
            assert_refused(ask(client, args).await, request, &denied("read"));
        }
        for (args, request) in [
            (&["private", "put", "closed", "a", "2"][..], "PUT_STATE"),
            (&["private", "delete", "closed", "a"], "DEL_STATE"),
            (&["private", "purge", "closed", "a"], "PURGE_PRIVATE_DATA"),
            (
                &["private", "set-policy", "closed", "a", ""],
                "PUT_STATE_METADATA",
            ),
            (
                &["private", "batch", "closed", "put", "a", "2"],
                "WRITE_BATCH_STATE",
            ),
        ] {
            assert_refused(ask(client, args).await, request, &denied("write"));
        }
        let hash = ask(client, &["private", "hash", "closed", "a"]).await;
        assert_eq!(hash.unwrap().len(), 64, "hashes are for everyone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_collections_are_named() {
    let (_setup, one, _) = started().await;
    let unfound = "collection mychannel/basic/nothing could not be found";
    for (args, request) in [
        (&["private", "get", "nothing", "a"][..], "GET_STATE"),
        (&["private", "put", "nothing", "a", "1"], "PUT_STATE"),
        (&["private", "purge", "nothing", "a"], "PURGE_PRIVATE_DATA"),
        (
            &["private", "range", "nothing", "", ""],
            "GET_STATE_BY_RANGE",
        ),
    ] {
        assert_refused(ask(&one, args).await, request, unfound);
    }
    let undefined = |name: &str| {
        format!("collection [{name}] not defined in the collection config for chaincode [basic]")
    };
    let hash = ask(&one, &["private", "hash", "nothing", "a"]).await;
    assert_refused(hash, "GET_PRIVATE_DATA_HASH", &undefined("nothing"));
    // Each name that begins so is found, and only then looked for among the organisations.
    let name = "_implicit_org_NobodyMSP";
    let put = ask(&one, &["private", "put", name, "a", "1"]).await;
    assert_refused(put, "PUT_STATE", &undefined(name));
    let get = ask(&one, &["private", "get", name, "a"]).await;
    assert_refused(get, "GET_STATE", &undefined(name));
    let purge = ask(&one, &["private", "purge", "", "a"]).await;
    assert_refused(
        purge,
        "PURGE_PRIVATE_DATA",
        "only applicable for private data",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_organisation_has_a_collection_to_itself() {
    let (_setup, one, two) = started().await;
    let name = "_implicit_org_Org2MSP";
    let put = transact(&two, ORG2, &["private", "put", name, "a", "1"])
        .await
        .unwrap();
    assert!(put.code.is_valid());
    assert_eq!(
        ask(&two, &["private", "get", name, "a"]).await.unwrap(),
        "1"
    );
    let get = ask(&one, &["private", "get", name, "a"]).await.unwrap_err();
    assert!(get.contains("is not available"), "{get}");
    // Its own peers must endorse, whatever the chaincode's policy is.
    let put = transact(&one, ORG1, &["private", "put", name, "a", "2"])
        .await
        .unwrap();
    assert_eq!(put.code.to_string(), "ENDORSEMENT_POLICY_FAILURE");
    assert_eq!(
        ask(&two, &["private", "get", name, "a"]).await.unwrap(),
        "1"
    );
}
