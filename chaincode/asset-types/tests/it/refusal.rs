//! Refusals are found in the words that peers put around them.

use asset_types::{ErrorCode, Refusal};

#[test]
fn a_refusal_is_found_inside_a_peers_message() {
    let text = r#"chaincode response 409, {"code":"NOTE_SPENT","data":{"note":"lane.1"}}"#;
    let refusal = Refusal::find(text).unwrap();
    assert_eq!(refusal.code, ErrorCode::NoteSpent);
    assert_eq!(refusal.text("note"), Some("lane.1"));
}

#[test]
fn a_refusal_is_found_before_more_words() {
    let text = r#"{"code":"X_Y"} (from peer0)"#;
    assert_eq!(
        Refusal::find(text).unwrap().code,
        ErrorCode::Other("X_Y".into())
    );
}

#[test]
fn other_messages_have_none() {
    for text in [
        "",
        "no",
        r#"{"code"#,
        r#"{"code":5}"#,
        "{\"code\":\"A\", \"data\": [}",
    ] {
        assert_eq!(Refusal::find(text), None, "{text}");
    }
}

#[test]
fn codes_keep_their_text() {
    for text in ["INSUFFICIENT_FUNDS", "DUPLICATE_REQUEST", "SOMETHING_NEW"] {
        assert_eq!(ErrorCode::from(text.to_owned()).to_string(), text);
    }
}

#[test]
fn every_code_of_the_contracts_is_known() {
    let source = include_str!("../../../assets/src/error.rs");
    let codes: Vec<_> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("#[code(")?.split('"').nth(1))
        .collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let known = ErrorCode::from(code.to_owned());
        assert!(!matches!(known, ErrorCode::Other(_)), "{code}");
    }
}
