//! Bounded, checked texts. A value of these types has passed its rule; the rule is part of its name.

use crate::id;

/// Why a text was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTextError {
    /// Empty, or longer than the type allows.
    #[error("{kind} must have 1 to {bytes_max} bytes, not {bytes}")]
    Length {
        /// What the text was meant to be.
        kind: &'static str,
        /// The longest text that is accepted.
        bytes_max: usize,
        /// The length that was given.
        bytes: usize,
    },
    /// A character that the type does not allow.
    #[error("{kind} must be {rule}")]
    Characters {
        /// What the text was meant to be.
        kind: &'static str,
        /// What is allowed.
        rule: &'static str,
    },
}

/// Defines a newtype over `String` whose values all satisfy a length bound and a predicate.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $bytes_max:expr, $rule:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest accepted text, in bytes.
            pub const BYTES_MAX: usize = $bytes_max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn check(text: &str) -> Result<(), $crate::text::ParseTextError> {
                if text.is_empty() || text.len() > Self::BYTES_MAX {
                    return Err($crate::text::ParseTextError::Length {
                        kind: $kind,
                        bytes_max: Self::BYTES_MAX,
                        bytes: text.len(),
                    });
                }
                let accepts: fn(&str) -> bool = $accepts;
                if !accepts(text) {
                    return Err($crate::text::ParseTextError::Characters { kind: $kind, rule: $rule });
                }
                Ok(())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::ParseTextError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::check(&text)?;
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::ParseTextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": Self::BYTES_MAX,
                    "description": concat!($kind, ": ", $rule),
                })
            }
        }
    };
}
pub(crate) use checked_text;

checked_text!(
    /// The name of a membership service provider, as the channel configuration has it.
    MspId,
    "an MSP id",
    128,
    "letters, digits, '.', '_' and '-'",
    |text| id::is_plain(text, "._-")
);

checked_text!(
    /// A SHA-256 digest: 64 lower-case hexadecimal digits.
    Digest,
    "a SHA-256 digest",
    64,
    "64 lower-case hexadecimal digits",
    |text| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
);

checked_text!(
    /// The full name of a token.
    TokenName,
    "a token name",
    128,
    "printable text without leading or trailing space",
    is_printable
);

checked_text!(
    /// The short name of a token, as on a price list.
    TokenSymbol,
    "a token symbol",
    16,
    "letters, digits, '.', '_' and '-'",
    |text| id::is_plain(text, "._-")
);

checked_text!(
    /// A note to the payee, kept on the ledger for every member to read.
    Memo,
    "a memo",
    256,
    "printable text without leading or trailing space",
    is_printable
);

fn is_printable(text: &str) -> bool {
    text.trim() == text && !text.chars().any(char::is_control)
}
