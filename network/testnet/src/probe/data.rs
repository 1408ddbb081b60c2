//! Bytes that are text in JSON where they can be.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes; in JSON a string, or `{"hex": "..."}` where they are not UTF-8.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Data(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Hexadecimal { hex: String },
}

impl Data {
    /// The bytes as text, where they are.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(formatter, "{text:?}"),
            None => write!(formatter, "0x{}", hex::encode(&self.0)),
        }
    }
}

impl<B: AsRef<[u8]> + ?Sized> From<&B> for Data {
    fn from(bytes: &B) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self.text() {
            Some(text) => Form::Text(text.to_owned()),
            None => Form::Hexadecimal {
                hex: hex::encode(&self.0),
            },
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(Self(text.into_bytes())),
            Form::Hexadecimal { hex } => {
                let bytes = hex::decode(hex).map_err(serde::de::Error::custom)?;
                Ok(Self(bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_other_bytes_are_hexadecimal() {
        for (bytes, json) in [(&b"a"[..], r#""a""#), (&[0xff][..], r#"{"hex":"ff"}"#)] {
            let data = Data::from(bytes);
            assert_eq!(serde_json::to_string(&data).unwrap(), json);
            assert_eq!(serde_json::from_str::<Data>(json).unwrap(), data);
        }
    }
}
