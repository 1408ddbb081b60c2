//! State keys are what their parts say, and nothing else is a key.

use asset_types::{NoteId, StateKey};

const TXID: &str = "e0c9035898dd52fc65c41454cec9c4d2611bfb37ffc9e1e2b5b9e6a2c2b1a7f0";

#[track_caller]
fn same(object_type: &str, attributes: &[&str]) {
    let key = StateKey::parse(object_type, attributes).unwrap();
    assert_eq!(
        (key.object_type(), key.attributes()),
        (object_type, attributes.to_vec())
    );
}

#[track_caller]
fn refused(object_type: &str, attributes: &[&str]) {
    assert!(
        StateKey::parse(object_type, attributes).is_err(),
        "{object_type} {attributes:?}"
    );
}

#[test]
fn keys_keep_their_parts() {
    same("token", &["gold"]);
    same("account", &["alice@example.com"]);
    same("note", &["gold", "unissued", &format!("{TXID}.0")]);
    same("note", &["gold", "alice", "lane.12"]);
    same("request", &["alice", "r-1"]);
}

#[test]
fn other_keys_are_none_of_ours() {
    refused("", &[]);
    refused("totalSupply", &["gold"]);
    refused("token", &[]);
    refused("token", &["gold", "more"]);
    refused("token", &["go\0ld"]);
    refused("account", &[""]);
    refused("note", &["gold", "alice"]);
    refused("note", &["gold", "alice", "lane.012"]);
    refused("request", &["alice", "a\u{10ffff}b"]);
}

#[test]
fn note_ids_have_one_text_each() {
    for text in [
        "lane.",
        "lane.-1",
        "lane.+1",
        "lane.01",
        "lane.4294967296",
        "1.0",
        "",
        ".",
        "lane",
    ] {
        assert!(text.parse::<NoteId>().is_err(), "{text:?}");
    }
    assert!(NoteId::of_transaction(&TXID.to_uppercase(), 0).is_err());
    assert_eq!(
        NoteId::of_transaction(TXID, 7).unwrap().as_str(),
        format!("{TXID}.7")
    );
    assert_eq!(NoteId::lane(3), "lane.3".parse().unwrap());
}
