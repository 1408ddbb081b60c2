//! Points in time as the ledger writes them: whole seconds, UTC. Never reads a clock.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

const SECONDS_PER_DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z: the last time that RFC 3339 can write.
const SECONDS_MAX: u64 = 253_402_300_799;
const TEXT_BYTES: usize = "1970-01-01T00:00:00Z".len();

/// Seconds since 1970-01-01 UTC, written in JSON as RFC 3339: `2027-01-31T12:00:00Z`.
///
/// Only that form is accepted (no fractions, no other offset), so each time has one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(u64);

/// Why a text or number is not a [`Timestamp`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as 2027-01-31T12:00:00Z, between 1970 and 9999")]
pub struct ParseTimestampError;

impl Timestamp {
    /// The end of the calendar, 9999-12-31T23:59:59Z.
    pub const MAX: Self = Self(SECONDS_MAX);

    /// The time `seconds` after the beginning of 1970.
    ///
    /// # Errors
    /// After the year 9999.
    pub const fn from_unix_seconds(seconds: u64) -> Result<Self, ParseTimestampError> {
        if seconds <= SECONDS_MAX {
            Ok(Self(seconds))
        } else {
            Err(ParseTimestampError)
        }
    }

    /// Seconds since the beginning of 1970.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0 / SECONDS_PER_DAY);
        let second = self.0 % SECONDS_PER_DAY;
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = parse(text).ok_or(ParseTimestampError)?;
        // Writing it again refuses the 31st of June and every second spelling.
        if parsed.to_string() == text {
            Ok(parsed)
        } else {
            Err(ParseTimestampError)
        }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = ParseTimestampError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "UTC, whole seconds: 2027-01-31T12:00:00Z",
        })
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    if text.len() != TEXT_BYTES || !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = days_before(year, month, day) * SECONDS_PER_DAY;
    Timestamp::from_unix_seconds(seconds + hour * 3_600 + minute * 60 + second).ok()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March
/// so that the leap day is the last one.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_1970
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;
const DAYS_PER_ERA: u64 = 146_097;

/// The inverse of [`days_before`], by eras of 400 years.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}
