//! Amounts are exact or refused.

use asset_types::{Amount, ParseAmountError};
use proptest::prelude::*;

#[track_caller]
fn refused(text: &str, expect: ParseAmountError) {
    assert_eq!(text.parse::<Amount>(), Err(expect), "{text:?}");
    let json = serde_json::to_string(text).unwrap();
    assert!(
        serde_json::from_str::<Amount>(&json).is_err(),
        "{text:?} as JSON"
    );
}

#[track_caller]
fn exact(text: &str, units: u128) {
    let amount: Amount = text.parse().unwrap();
    assert_eq!(amount.units(), units);
    assert_eq!(amount.to_string(), text);
    let json = format!("\"{text}\"");
    assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
    assert_eq!(serde_json::to_string(&amount).unwrap(), json);
}

#[test]
fn texts_that_are_no_amounts_are_refused() {
    refused("", ParseAmountError::Empty);
    for text in [
        "-1", "+1", "1e18", "1E18", "12abc", "1.0", "1,0", " 1", "1 ", "1\n", "\t1", "0x10", "1_0",
        "१", "NaN", "Infinity", "null",
    ] {
        refused(text, ParseAmountError::NotDigits);
    }
    for text in ["00", "007", "0000000000000000000000000000000000000001"] {
        refused(text, ParseAmountError::LeadingZero);
    }
    for text in [
        "340282366920938463463374607431768211456",
        "999999999999999999999999999999999999999",
        "1000000000000000000000000000000000000000",
    ] {
        refused(text, ParseAmountError::TooLarge);
    }
    refused(&"9".repeat(1 << 20), ParseAmountError::TooLarge);
}

#[test]
fn amounts_beyond_a_double_are_exact() {
    exact("0", 0);
    exact("9007199254740993", (1 << 53) + 1);
    exact("18446744073709551616", 1 << 64);
    exact("79228162514264337593543950336", 1 << 96);
    exact("340282366920938463463374607431768211455", u128::MAX);
}

#[test]
fn a_json_number_is_refused() {
    for json in [
        "1",
        "0",
        "-1",
        "1.0",
        "1e3",
        "18446744073709551616",
        "null",
        "true",
        "[]",
        "{}",
    ] {
        assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
    }
}

#[test]
fn arithmetic_never_wraps() {
    assert_eq!(Amount::MAX.checked_add(Amount::from(1)), None);
    assert_eq!(Amount::ZERO.checked_sub(Amount::from(1)), None);
    assert_eq!(
        Amount::checked_sum([Amount::MAX, Amount::ZERO]),
        Some(Amount::MAX)
    );
    assert_eq!(Amount::checked_sum([Amount::MAX, Amount::from(1)]), None);
}

proptest! {
    #[test]
    fn every_amount_survives_its_text(units: u128) {
        exact(&units.to_string(), units);
    }

    #[test]
    fn any_text_is_refused_or_written_back_as_it_was(text in "\\PC{0,45}") {
        if let Ok(amount) = text.parse::<Amount>() {
            prop_assert_eq!(amount.to_string(), text);
        }
    }
}
