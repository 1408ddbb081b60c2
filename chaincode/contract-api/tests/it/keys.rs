//! Keys in Fabric's form.

use fabric_contract_api_rust::{Key, KeyError, KeyRange, key::KEY_BYTES_MAX};
use proptest::prelude::*;

#[test]
fn a_composite_key_has_fabrics_form() {
    let key = Key::composite("note", ["gold", "", "ann"]).unwrap();
    assert_eq!(key.as_str(), "\0note\0gold\0\0ann\0");
    assert_eq!(key.split(), Some(("note", vec!["gold", "", "ann"])));
    assert_eq!(
        Key::composite("note", [""; 0]).unwrap().as_str(),
        "\0note\0"
    );
}

#[test]
fn a_simple_key_does_not_split() {
    assert_eq!(Key::simple("ann").unwrap().split(), None);
}

#[test]
fn keys_that_a_peer_refuses_are_refused_here() {
    let long = "x".repeat(KEY_BYTES_MAX + 1);
    assert_eq!(Key::simple(""), Err(KeyError::Empty));
    assert_eq!(Key::simple("\0a"), Err(KeyError::LeadingNull));
    assert_eq!(
        Key::simple(long.as_str()),
        Err(KeyError::TooLong {
            bytes: KEY_BYTES_MAX + 1
        })
    );
    assert_eq!(Key::composite("", ["a"]), Err(KeyError::EmptyObjectType));
    assert_eq!(
        Key::composite("a", ["b\0"]),
        Err(KeyError::Reserved { character: '\0' })
    );
    let highest = '\u{10FFFF}';
    assert_eq!(
        Key::composite("a", ["b\u{10FFFF}"]),
        Err(KeyError::Reserved { character: highest })
    );
    assert!(matches!(
        Key::composite("a", [long]),
        Err(KeyError::TooLong { .. })
    ));
}

#[test]
fn an_open_simple_range_begins_after_composite_keys() {
    let range = KeyRange::simple("", "").unwrap();
    assert_eq!((range.start(), range.end()), ("\u{1}", ""));
    assert!(Key::composite("a", ["b"]).unwrap().as_str() < range.start());
    assert_eq!(KeyRange::simple("\0", "b"), Err(KeyError::LeadingNull));
}

fn part() -> impl Strategy<Value = String> {
    "[^\u{0}\u{10FFFF}]{0,8}"
}

proptest! {
    #[test]
    fn a_composite_key_splits_into_its_parts(
        object_type in "[^\u{0}\u{10FFFF}]{1,8}",
        attributes in prop::collection::vec(part(), 0..5),
    ) {
        let key = Key::composite(&object_type, &attributes).unwrap();
        let (split_type, split_attributes) = key.split().unwrap();
        prop_assert_eq!(split_type, object_type);
        prop_assert_eq!(split_attributes, attributes);
    }

    #[test]
    fn a_composite_range_holds_exactly_what_its_prefix_begins(
        prefix in prop::collection::vec(part(), 0..3),
        attributes in prop::collection::vec(part(), 0..5),
    ) {
        let key = Key::composite("t", &attributes).unwrap();
        let range = KeyRange::composite("t", &prefix).unwrap();
        let inside = range.start() <= key.as_str() && key.as_str() < range.end();
        prop_assert_eq!(inside, attributes.starts_with(&prefix));
    }

    #[test]
    fn any_text_is_a_key_or_refused(text in any::<String>(), part in any::<String>()) {
        let _ = Key::simple(text.as_str());
        let _ = Key::composite(&text, [part.as_str()]);
        let _ = KeyRange::simple(&text, &part);
    }
}
