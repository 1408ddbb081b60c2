//! Identifiers and free texts are bounded and printable.

use std::str::FromStr;

use asset_types::{
    AccountId, Decimals, Digest, Memo, MspId, RequestId, TokenId, TokenName, TokenSymbol,
};

#[track_caller]
fn check<T: FromStr>(text: &str, accepted: bool) {
    assert_eq!(T::from_str(text).is_ok(), accepted, "{text:?}");
}

#[test]
fn identifiers_are_plain_and_bounded() {
    check::<AccountId>("alice@example.com", true);
    check::<AccountId>("did:example:1", true);
    check::<AccountId>(&"a".repeat(64), true);
    for text in [
        "",
        " a",
        "a b",
        "a/b",
        "a\0b",
        "_a",
        ":a",
        "é",
        "a\u{10ffff}",
        &"a".repeat(65),
    ] {
        check::<AccountId>(text, false);
        check::<TokenId>(text, false);
        check::<RequestId>(text, false);
    }
    check::<TokenId>("gold@mine", false);
    check::<MspId>("Org1MSP", true);
}

#[test]
fn only_the_ledgers_own_account_is_reserved() {
    assert!(AccountId::unissued().is_reserved());
    assert!(!"unissued2".parse::<AccountId>().unwrap().is_reserved());
}

#[test]
fn free_texts_are_printable_and_trimmed() {
    check::<TokenName>("Gold, 1 g", true);
    check::<Memo>("für Äpfel 🍏", true);
    for text in ["", " x", "x ", "a\nb", "a\0b", "\u{7f}"] {
        check::<TokenName>(text, false);
        check::<Memo>(text, false);
    }
    check::<Memo>(&"a".repeat(257), false);
    check::<TokenSymbol>("XAU", true);
    check::<TokenSymbol>("X AU", false);
}

#[test]
fn digests_are_lower_case_hexadecimal() {
    check::<Digest>(&"0f".repeat(32), true);
    check::<Digest>(&"0F".repeat(32), false);
    check::<Digest>(&"0f".repeat(31), false);
    check::<Digest>(&"0g".repeat(32), false);
}

#[test]
fn decimals_end_at_38() {
    assert_eq!(Decimals::try_from(38).unwrap().places(), 38);
    assert!(Decimals::try_from(39).is_err());
    assert!(serde_json::from_str::<Decimals>("39").is_err());
}
