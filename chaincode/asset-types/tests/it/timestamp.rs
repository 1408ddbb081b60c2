//! Times have one text each and follow the Gregorian calendar.

use asset_types::Timestamp;
use proptest::prelude::*;

#[track_caller]
fn same(text: &str, seconds: u64) {
    assert_eq!(
        text.parse::<Timestamp>().unwrap().unix_seconds(),
        seconds,
        "{text}"
    );
    assert_eq!(
        Timestamp::from_unix_seconds(seconds).unwrap().to_string(),
        text
    );
}

#[test]
fn known_times_are_read_and_written() {
    same("1970-01-01T00:00:00Z", 0);
    same("2000-02-29T23:59:59Z", 951_868_799);
    same("2026-11-21T14:25:27Z", 1_795_271_127);
    same("2100-03-01T00:00:00Z", 4_107_542_400);
    same("9999-12-31T23:59:59Z", Timestamp::MAX.unix_seconds());
}

#[test]
fn every_other_spelling_is_refused() {
    for text in [
        "",
        "2026-11-21",
        "2026-11-21T14:25:27",
        "2026-11-21t14:25:27z",
        "2026-11-21 14:25:27Z",
        "2026-11-21T14:25:27.0Z",
        "2026-11-21T14:25:27+00:00",
        "2026-06-31T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "1969-12-31T23:59:59Z",
        "+026-01-01T00:00:00Z",
        "２026-01-01T00:00Z",
    ] {
        assert!(text.parse::<Timestamp>().is_err(), "{text:?}");
    }
    assert!(Timestamp::from_unix_seconds(Timestamp::MAX.unix_seconds() + 1).is_err());
}

proptest! {
    #[test]
    fn every_second_survives_its_text(seconds in 0..=253_402_300_799_u64) {
        let time = Timestamp::from_unix_seconds(seconds).unwrap();
        prop_assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn texts_sort_as_times_do(one in 0..=253_402_300_799_u64, other in 0..=253_402_300_799_u64) {
        let one = Timestamp::from_unix_seconds(one).unwrap();
        let other = Timestamp::from_unix_seconds(other).unwrap();
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
    }
}
