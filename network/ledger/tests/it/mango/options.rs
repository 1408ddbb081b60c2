//! Fields, sorts, pages, and what a query must not be.

use fabric_ledger::mango::QUERY_BYTES_MAX;
use fabric_ledger::rwset::Read;
use fabric_ledger::simulate::{SimulateError, Simulator};
use fabric_ledger::state::MemoryState;
use fabric_ledger::validate::{TransactionCheck, settle};
use fabric_ledger::{ValidationCode, Version};

use super::{check_refused, keys, run, state};
use crate::conflicts::block;

fn numbered(count: usize) -> MemoryState {
    let documents: Vec<(String, String)> = (0..count)
        .map(|n| {
            (
                format!("k{n:04}"),
                format!(r#"{{"n":{n},"half":{}}}"#, n / 2),
            )
        })
        .collect();
    let documents: Vec<_> = documents
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    state(&documents)
}

/// One value as a query returns it.
#[track_caller]
fn check_value(stored: &str, options: &str, expect: &str) {
    let query = format!(r#"{{"selector":{{}}{options}}}"#);
    let rows = run(&state(&[("k", stored)]), &query).unwrap();
    assert_eq!(rows, [("k".to_owned(), expect.to_owned())]);
}

#[test]
fn values_come_back_as_go_writes_json() {
    check_value(
        r#" { "b": 1.0, "a": [ 1e21, 1e-7, 0.1, -0.5, 12345678901 ], "c": "<é>\u0001" } "#,
        "",
        r#"{"a":[1e+21,1e-7,0.1,-0.5,12345678901],"b":1,"c":"\u003cé\u003e\u0001"}"#,
    );
    check_value("not JSON", "", "not JSON");
    check_value("[1, 2]", "", "[1, 2]");
}

#[test]
fn fields_choose_parts_of_a_document() {
    let stored = r#"{"a":1,"b":{"c":2,"d":3},"e":[4]}"#;
    check_value(
        stored,
        r#","fields":["a","b.c","x","_id"]"#,
        r#"{"a":1,"b":{"c":2}}"#,
    );
    check_value(stored, r#","fields":["b","b.c"]"#, r#"{"b":{"c":2,"d":3}}"#);
    check_value(stored, r#","fields":["e.0"]"#, r#"{"e":{"0":4}}"#);
    check_value(stored, r#","fields":[]"#, "{}");
    check_value("not JSON", r#","fields":["a"]"#, "{}");
}

#[test]
fn a_sort_orders_by_fields_then_by_key_and_leaves_out_what_lacks_one() {
    let state = state(&[
        ("a", r#"{"s":"b","n":1}"#),
        ("b", r#"{"s":"B","n":1}"#),
        ("c", r#"{"s":"a","n":1}"#),
        ("d", r#"{"n":1}"#),
        ("e", r#"{"s":null,"n":1}"#),
        ("f", r#"{"s":"a","n":2}"#),
    ]);
    assert_eq!(keys(&state, r#"{"selector":{},"sort":["s"]}"#), "e c f a b");
    assert_eq!(
        keys(&state, r#"{"selector":{},"sort":[{"s":"desc"}]}"#),
        "b a f c e"
    );
    let sort = r#"{"selector":{},"sort":[{"n":"desc"},{"s":"desc"}]}"#;
    assert_eq!(keys(&state, sort), "f b a c e");
    assert_eq!(keys(&state, r#"{"selector":{},"sort":[]}"#), "a b c d e f");
}

#[test]
fn limits_of_a_query_count_for_nothing_and_skips_do() {
    let state = numbered(5);
    let query = r#"{"selector":{},"limit":1,"skip":3,"use_index":["design","name"]}"#;
    assert_eq!(keys(&state, query), "k0003 k0004");
}

#[test]
fn skips_count_in_each_request_of_a_thousand_as_they_do_in_a_peer() {
    let state = numbered(2500);
    let rows = run(&state, r#"{"selector":{},"skip":2}"#).unwrap();
    assert_eq!(rows.len(), 2500 - 3 * 2);
    assert_eq!(rows[999].0, "k1001");
    assert_eq!(rows[1000].0, "k1004");
}

#[test]
fn pages_follow_each_other_by_bookmark() {
    let state = numbered(7);
    for sort in ["[]", r#"["half"]"#, r#"[{"half":"desc"}]"#] {
        let query = format!(r#"{{"selector":{{"n":{{"$gt":0}}}},"sort":{sort}}}"#);
        let whole = keys(&state, &query);
        let (mut found, mut bookmark, mut sizes) = (Vec::new(), String::new(), Vec::new());
        loop {
            let mut simulator = Simulator::new(&state, "tx");
            let page = simulator.bookmarked_documents("cc", &query, &bookmark, 4);
            let (rows, next) = page.unwrap();
            sizes.push(rows.len());
            found.extend(rows.into_iter().map(|row| row.key));
            if found.len() == 6 && sizes.last() == Some(&0) {
                assert_eq!(next, bookmark, "nothing new to mark");
                break;
            }
            bookmark = next;
        }
        assert_eq!((found.join(" "), sizes), (whole, vec![4, 2, 0]));
    }
}

#[test]
fn an_empty_first_page_has_no_bookmark() {
    let state = numbered(1);
    let mut simulator = Simulator::new(&state, "tx");
    let query = r#"{"selector":{"n":5}}"#;
    let page = simulator.bookmarked_documents("cc", query, "", 4).unwrap();
    assert_eq!(page, (Vec::new(), "nil".to_owned()));
}

#[test]
fn a_page_and_a_write_exclude_each_other() {
    let state = numbered(3);
    let mut simulator = Simulator::new(&state, "tx");
    simulator
        .bookmarked_documents("cc", r#"{"selector":{}}"#, "", 2)
        .unwrap();
    let refused = simulator.put("cc", "a", "1").unwrap_err();
    assert!(matches!(refused, SimulateError::WriteAfterPagedQuery(_)));

    let mut simulator = Simulator::new(&state, "tx");
    simulator.put("cc", "a", "1").unwrap();
    let refused = simulator.bookmarked_documents("cc", r#"{"selector":{}}"#, "", 2);
    assert!(matches!(
        refused,
        Err(SimulateError::PagedQueryAfterWrite(_))
    ));
    simulator.open_query("cc", r#"{"selector":{}}"#).unwrap();
}

#[test]
fn what_was_returned_is_read_and_what_was_not_is_no_phantom() {
    let state = numbered(3);
    let mut simulator = Simulator::new(&state, "tx");
    let query = r#"{"selector":{"n":{"$lt":2}}}"#;
    let id = simulator.open_query("cc", query).unwrap();
    simulator.next_documents(id, 100).unwrap();
    let reader = simulator.finish().rwset;
    let read = |key: &str, transaction| Read {
        key: key.to_owned(),
        version: Some(Version::new(1, transaction)),
    };
    let set = &reader.namespaces[0];
    assert_eq!(set.reads, [read("k0000", 0), read("k0001", 1)]);
    assert!(set.range_queries.is_empty());

    let write = |key: &str| {
        let mut simulator = Simulator::new(&state, "tx");
        simulator.put("cc", key, r#"{"n":1}"#).unwrap();
        simulator.finish().rwset
    };
    for (key, code) in [
        ("new", ValidationCode::VALID),
        ("k0001", ValidationCode::MVCC_READ_CONFLICT),
    ] {
        let block = block(2, vec![("tx0", write(key)), ("tx1", reader.clone())]);
        let checks = vec![TransactionCheck::from(ValidationCode::VALID); 2];
        assert_eq!(
            settle(&state, &block, &checks).unwrap().codes[1],
            code,
            "{key}"
        );
    }
}

#[test]
fn a_batch_reads_one_document_beyond_it() {
    let state = numbered(5);
    let mut simulator = Simulator::new(&state, "tx");
    let id = simulator.open_query("cc", r#"{"selector":{}}"#).unwrap();
    let page = simulator.next_documents(id, 2).unwrap();
    assert_eq!((page.results.len(), page.has_more), (2, true));
    assert_eq!(simulator.finish().rwset.namespaces[0].reads.len(), 3);
}

#[test]
fn documents_refuse_what_couchdb_keeps_for_itself() {
    let state = numbered(0);
    let mut simulator = Simulator::new(&state, "tx").over_documents();
    let mut check = |key: &str, value: &str, expect: &str| {
        let refused = simulator.put("cc", key, value.to_owned()).unwrap_err();
        assert_eq!(refused.to_string(), expect);
    };
    check("_a", "1", "invalid key [_a], cannot begin with \"_\"");
    check(
        "",
        "1",
        "invalid key. Empty string is not supported as a key by couchdb",
    );
    let field = |name| format!("field [{name}] is not valid for the CouchDB state database");
    check("a", r#"{"_x":1}"#, &field("_x"));
    check("a", r#"{"~version":1}"#, &field("~version"));
    simulator.put("cc", "a", r#"{"x":{"_y":1}}"#).unwrap();
    simulator.delete("cc", "a").unwrap();
}

#[test]
fn options_are_refused_in_couchdbs_words() {
    let check = |options: &str, error, reason: &str| {
        check_refused(&format!(r#"{{"selector":{{}},{options}}}"#), error, reason);
    };
    check_refused(
        "{}",
        "missing_required_key",
        "Missing required key: selector",
    );
    let reason = "Selector must be a JSON object, not: [1]";
    check_refused(r#"{"selector":[1]}"#, "invalid_selector_json", reason);
    check(
        r#""foo":1"#,
        "invalid_key",
        "Invalid key foo for this request.",
    );
    let reason = "-1 is not an integer greater than or equal to zero";
    check(r#""skip":-1"#, "invalid_non_neg_integer", reason);
    let reason = "Sort must be an array of sort specs, not: <<\"a\">>";
    check(r#""sort":"a""#, "invalid_sort_json", reason);
    let reason = "Invalid sort field: {[{<<\"a\">>,<<\"up\">>}]}";
    check(r#""sort":[{"a":"up"}]"#, "invalid_sort_field", reason);
    let reason = "Sorts currently only support a single direction for all fields.";
    check(
        r#""sort":["a",{"b":"desc"}]"#,
        "unsupported_mixed_sort",
        reason,
    );
    check(
        r#""fields":[1]"#,
        "invalid_field",
        "Invalid JSON for field spec: 1",
    );
    check(
        r#""use_index":5"#,
        "invalid_index_name",
        "Invalid index name: 5",
    );
    check(
        r#""bookmark":"nil""#,
        "invalid_bookmark",
        "Invalid bookmark value: \"nil\"",
    );
    check(
        r#""update":"yes""#,
        "invalid_boolean",
        "Invalid boolean value: <<121,101,115>>",
    );
    check(
        r#""r":0"#,
        "invalid_pos_integer",
        "0 is not an integer greater than zero",
    );
}

#[test]
fn what_is_no_query_is_refused_in_gos_words() {
    #[track_caller]
    fn check(query: &str, expect: &str) {
        assert_eq!(run(&state(&[]), query).unwrap_err(), expect);
    }
    check("", "EOF");
    check(r#"{"selector":"#, "unexpected EOF");
    check("x", "invalid character 'x' looking for beginning of value");
    check(
        "[]",
        "json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
    check(
        r#"{"selector":{},"fields":"a"}"#,
        "fields definition must be an array",
    );
    let long = format!(
        r#"{{"selector":{{"a":"{}"}}}}"#,
        "x".repeat(QUERY_BYTES_MAX)
    );
    assert!(run(&state(&[]), &long).unwrap_err().contains("too long"));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(run(&state(&[]), &deep).is_err());
}
