//! How the command line and the network file say when a block is cut.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// When a block is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Instant,
    Fabric,
    Manual,
    Every(Duration),
}

impl FromStr for Cut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "instant" => Ok(Self::Instant),
            "fabric" => Ok(Self::Fabric),
            "manual" => Ok(Self::Manual),
            _ => match parse_duration(text) {
                Ok(period) if !period.is_zero() => Ok(Self::Every(period)),
                _ => Err("write instant, fabric, manual, or an interval such as 500ms".to_owned()),
            },
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant => f.write_str("instant"),
            Self::Fabric => f.write_str("fabric"),
            Self::Manual => f.write_str("manual"),
            Self::Every(period) => write!(f, "{}ms", period.as_millis()),
        }
    }
}

impl From<Cut> for fabric_devnet::Cut {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Instant => Self::Instant,
            Cut::Fabric => Self::fabric(),
            Cut::Manual => Self::Manual,
            Cut::Every(period) => Self::Interval(period),
        }
    }
}

/// A whole number of milliseconds or seconds: `500ms`, `30s`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => {
            let number = text.strip_suffix('s');
            number.and_then(|number| number.parse().ok().map(Duration::from_secs))
        }
    };
    duration.ok_or_else(|| "write a duration such as 500ms or 30s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Cut>) {
        assert_eq!(text.parse::<Cut>().ok(), expected, "{text}");
    }

    #[test]
    fn cuts_are_words_or_intervals() {
        check("instant", Some(Cut::Instant));
        check("fabric", Some(Cut::Fabric));
        check("manual", Some(Cut::Manual));
        check("500ms", Some(Cut::Every(Duration::from_millis(500))));
        check("2s", Some(Cut::Every(Duration::from_secs(2))));
        for text in ["", "0ms", "0s", "2", "s", "-1s", "1.5s", "Instant", "1m"] {
            check(text, None);
        }
    }

    #[test]
    fn a_cut_is_shown_as_it_is_written() {
        for text in ["instant", "fabric", "manual", "250ms"] {
            assert_eq!(text.parse::<Cut>().unwrap().to_string(), text);
        }
    }
}
