//! Bytes that a foreign implementation made, against every generated type.

use std::collections::BTreeSet;

use crate::fixtures::{self, Case};
use crate::message_types;

#[track_caller]
fn reencode(case: &Case, bytes: &[u8]) -> Option<Vec<u8>> {
    let types = message_types::by_name();
    let reencode = types
        .get(&case.message_type)
        .unwrap_or_else(|| panic!("{} is not in message_types", case.message_type));
    reencode(bytes).ok()
}

#[test]
fn every_message_of_the_schema_has_golden_bytes() {
    let known: BTreeSet<_> = message_types::by_name().into_keys().collect();
    let golden: BTreeSet<_> = fixtures::golden("identical")
        .into_iter()
        .map(|case| case.message_type)
        .collect();

    assert_eq!(known, golden);
}

#[test]
fn foreign_bytes_encode_again_to_the_same_bytes() {
    for case in fixtures::golden("identical") {
        let encoded = reencode(&case, &case.bytes).map(hex::encode);
        assert_eq!(encoded, Some(hex::encode(&case.bytes)), "{}", case.name);
    }
}

#[test]
fn other_encodings_of_a_message_are_the_same_message() {
    for case in fixtures::golden("equivalent") {
        let equivalent = case.equivalent.as_ref().expect("the case has two forms");
        assert_eq!(
            reencode(&case, equivalent),
            Some(case.bytes.clone()),
            "{}",
            case.name
        );
    }
}

#[test]
fn default_map_entries_keep_their_meaning_and_lose_bytes() {
    for case in fixtures::golden("default_map_entries") {
        let shorter = reencode(&case, &case.bytes).expect("the case decodes");
        assert!(shorter.len() < case.bytes.len(), "{}", case.name);
        assert_eq!(
            reencode(&case, &shorter),
            Some(shorter.clone()),
            "{}",
            case.name
        );
    }
}

#[test]
fn bytes_that_fabric_rejects_are_rejected() {
    for case in fixtures::golden("rejected") {
        assert_eq!(reencode(&case, &case.bytes), None, "{}", case.name);
    }
}
