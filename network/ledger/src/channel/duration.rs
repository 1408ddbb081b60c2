//! Durations as Go writes and reads them: `2s`, `500ms`, `1m30s`. (Go: `time.ParseDuration`)

use std::fmt;

/// A duration in nanoseconds, which may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GoDuration(pub(crate) i64);

/// Why a text is no duration, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not numbers with units.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// A number alone.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// A unit that Go does not know.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

const SECOND: u64 = 1_000_000_000;

/// Largest length in nanoseconds, and the length of the smallest negative one.
const LENGTH_MAX: u64 = 1 << 63;

impl GoDuration {
    pub(crate) fn parse(text: &str) -> Result<Self, DurationError> {
        let invalid = || DurationError::Invalid(text.to_owned());
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut length = 0u64;
        while !rest.is_empty() {
            let (part, after) = leading_part(rest, text)?;
            length = length.checked_add(part).ok_or_else(invalid)?;
            if length > LENGTH_MAX {
                return Err(invalid());
            }
            rest = after;
        }
        match (negative, i64::try_from(length)) {
            (false, Ok(length)) => Ok(Self(length)),
            (false, Err(_)) => Err(invalid()),
            (true, length) => Ok(Self(length.map_or(i64::MIN, |length| -length))),
        }
    }
}

/// A number with its unit, in nanoseconds, and what follows.
fn leading_part<'a>(rest: &'a str, text: &str) -> Result<(u64, &'a str), DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (whole, rest) = digits(rest);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit());
    let (unit, rest) = rest.split_at(end.unwrap_or(rest.len()));
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(text.to_owned()));
    }
    let unit = nanoseconds(unit).ok_or_else(|| DurationError::UnknownUnit {
        unit: unit.to_owned(),
        text: text.to_owned(),
    })?;
    let whole: u64 = match whole {
        "" => 0,
        whole => whole.parse().map_err(|_| invalid())?,
    };
    let whole = whole.checked_mul(unit).ok_or_else(invalid)?;
    // Digits beyond the nineteenth are far below a nanosecond of the largest unit.
    let fraction = fraction.get(..19).unwrap_or(fraction);
    let fraction = u32::try_from(fraction.len())
        .ok()
        .and_then(|count| Some((fraction.parse::<u128>().ok()?, 10u128.pow(count))))
        .and_then(|(digits, scale)| u64::try_from(digits * u128::from(unit) / scale).ok());
    let length = whole.checked_add(fraction.unwrap_or(0));
    Ok((length.ok_or_else(invalid)?, rest))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    })
}

impl fmt::Display for GoDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        let length = self.0.unsigned_abs();
        match length {
            0 => formatter.write_str("0s"),
            1..1_000 => write!(formatter, "{length}ns"),
            1_000..1_000_000 => write!(formatter, "{}µs", decimal(length, 1_000)),
            1_000_000..SECOND => write!(formatter, "{}ms", decimal(length, 1_000_000)),
            _ => {
                let (hours, minutes) = (length / (3600 * SECOND), length / (60 * SECOND) % 60);
                if hours > 0 {
                    write!(formatter, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(formatter, "{minutes}m")?;
                }
                write!(formatter, "{}s", decimal(length % (60 * SECOND), SECOND))
            }
        }
    }
}

/// A number of units with as many decimals as it takes.
fn decimal(length: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", length / unit, length % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DurationError, GoDuration};

    #[track_caller]
    fn check(text: &str, nanoseconds: i64, written: &str) {
        let parsed = GoDuration::parse(text);
        assert_eq!(parsed, Ok(GoDuration(nanoseconds)), "{text}");
        assert_eq!(GoDuration(nanoseconds).to_string(), written);
    }

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        check("2s", 2_000_000_000, "2s");
        check("500ms", 500_000_000, "500ms");
        check("-1.5h", -5_400_000_000_000, "-1h30m0s");
        check("0", 0, "0s");
        check("+.5s1us", 500_001_000, "500.001ms");
        check("1m0.25s", 60_250_000_000, "1m0.25s");
    }

    #[test]
    fn texts_that_are_no_durations_are_refused_in_gos_words() {
        for text in ["", "-", "s", ".s", "9223372036854775808ns", "1s,"] {
            assert!(GoDuration::parse(text).is_err(), "{text}");
        }
        let missing = GoDuration::parse("5");
        assert_eq!(missing, Err(DurationError::MissingUnit("5".to_owned())));
        let text = GoDuration::parse("5 seconds").unwrap_err().to_string();
        assert_eq!(
            text,
            r#"time: unknown unit " seconds" in duration "5 seconds""#
        );
    }
}
