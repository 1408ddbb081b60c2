//! Ranges, several keys at once, batches, and the rules between queries and writes.

use super::{ORG1, ask, assert_refused, started, transact};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_write_and_ranges_and_multiple_reads_find() {
    let (_setup, one, two) = started().await;
    let batch = [
        "private", "batch", "shared", "put", "a", "1", "put", "b", "2", "put", "c", "3",
    ];
    transact(&one, ORG1, &batch).await.unwrap();
    transact(&one, ORG1, &["private", "put", "own", "aa", "0"])
        .await
        .unwrap();
    for client in [&one, &two] {
        for (bounds, expected) in [
            (["", ""], "3 a c"),
            (["a", "c"], "2 a b"),
            (["b", ""], "2 b c"),
            (["c", "a"], "0"),
        ] {
            let args = ["private", "range", "shared", bounds[0], bounds[1]];
            assert_eq!(ask(client, &args).await.unwrap(), expected, "{bounds:?}");
        }
        let multiple = ["private", "multiple", "shared", "c", "nothing", "a"];
        assert_eq!(ask(client, &multiple).await.unwrap(), "3,,1");
    }
    let batch = [
        "private", "batch", "shared", "delete", "a", "", "purge", "b", "",
    ];
    transact(&one, ORG1, &batch).await.unwrap();
    let range = ask(&two, &["private", "range", "shared", "", ""]).await;
    assert_eq!(range.unwrap(), "1 c");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_ranges_come_in_messages_and_a_small_page_size_ends_them() {
    let (_setup, one, _) = started().await;
    let keys: Vec<String> = (0..250).map(|number| format!("key{number:03}")).collect();
    let mut batch = vec!["private", "batch", "shared"];
    for key in &keys {
        batch.extend(["put", key, "value"]);
    }
    transact(&one, ORG1, &batch).await.unwrap();
    for (size, expected) in [
        ("0", "250 key000 key249"),
        ("1", "1 key000"),
        ("100", "100 key000 key099"),
        ("101", "250 key000 key249"),
    ] {
        let page = ask(&one, &["private", "page", "shared", "", "", size]).await;
        assert_eq!(page.unwrap(), expected, "page size {size}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_queries_private_data_or_writes() {
    let (_setup, one, _) = started().await;
    let refused = |answer: Result<String, String>, request: &str, reason: &str| {
        let text = answer.unwrap_err();
        assert!(text.starts_with(&format!("{request} failed: ")), "{text}");
        assert!(
            text.ends_with(reason) && text.contains(": txid ["),
            "{text}"
        );
    };
    refused(
        ask(&one, &["private", "range-and-put", "shared", "a"]).await,
        "PUT_STATE",
        "]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed",
    );
    refused(
        ask(&one, &["private", "put-and-range", "shared", "a"]).await,
        "GET_STATE_BY_RANGE",
        "]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction",
    );
    let query = ask(&one, &["private", "query", "shared", "{}"]).await;
    assert_refused(
        query,
        "GET_QUERY_RESULT",
        "ExecuteQuery not supported for leveldb",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_metadata_whether_it_exists_or_not() {
    let (_setup, one, two) = started().await;
    let metadata = ["private", "metadata", "shared", "a"];
    assert_eq!(ask(&one, &metadata).await.unwrap(), "");
    let policy = "OR('Org1MSP.peer')";
    let set = ["private", "set-policy", "shared", "a", policy];
    assert!(transact(&one, ORG1, &set).await.unwrap().code.is_valid());
    assert_eq!(
        ask(&one, &metadata).await.unwrap(),
        "",
        "of an absent key it is nothing"
    );

    transact(&one, ORG1, &["private", "put", "shared", "a", "1"])
        .await
        .unwrap();
    transact(&one, ORG1, &set).await.unwrap();

    for client in [&one, &two] {
        assert_eq!(
            ask(client, &metadata).await.unwrap(),
            "VALIDATION_PARAMETER"
        );
        let get = ask(client, &["private", "get", "shared", "a"]).await;
        assert_eq!(get.unwrap(), "1", "the plaintext goes with the new version");
    }
}
