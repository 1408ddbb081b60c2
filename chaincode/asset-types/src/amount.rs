//! Quantities of a token, in its smallest unit. Never a float, never a JSON number, never wraps.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `u128::MAX` has 39 decimal digits; nothing longer can be an amount.
const DIGITS_MAX: usize = 39;

/// A quantity of a token in its smallest unit, 0 to 2^128-1.
///
/// In JSON it is a string of decimal digits: numbers lose precision in JavaScript above 2^53, and
/// `serde_json`'s `arbitrary_precision` changes how they are read. There is exactly one text for
/// each amount (no sign, no leading zero), so equal requests have equal hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

/// Why a text is not an [`Amount`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    /// Nothing was given.
    #[error("the amount is empty: write decimal digits")]
    Empty,
    /// A sign, a point, an exponent, white space or anything else that is not a digit.
    #[error("the amount may only contain the digits 0 to 9")]
    NotDigits,
    /// `007`: each amount has one text only.
    #[error("the amount has a leading zero: leave it out")]
    LeadingZero,
    /// 2^128 or more.
    #[error("the amount is larger than 2^128-1")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 2^128-1, also the cap of a token that is created without one.
    pub const MAX: Self = Self(u128::MAX);

    /// The amount of `units` smallest units.
    #[must_use]
    pub const fn new(units: u128) -> Self {
        Self(units)
    }

    /// The number of smallest units.
    #[must_use]
    pub const fn units(self) -> u128 {
        self.0
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above 2^128-1.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// The sum of all, or `None` above 2^128-1.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl From<u64> for Amount {
    fn from(units: u64) -> Self {
        Self(units.into())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl FromStr for Amount {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ParseAmountError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseAmountError::NotDigits);
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(ParseAmountError::LeadingZero);
        }
        if text.len() > DIGITS_MAX {
            return Err(ParseAmountError::TooLarge);
        }
        text.parse()
            .map(Self)
            .map_err(|_| ParseAmountError::TooLarge)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(0|[1-9][0-9]{0,38})$",
            "description": "decimal digits, 0 to 2^128-1, in the token's smallest unit",
        })
    }
}
