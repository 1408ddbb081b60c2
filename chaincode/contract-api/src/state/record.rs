//! A state as it is stored: JSON, with the version beside the fields where it is not the first.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::State;
use crate::{error::LedgerError, key::Key};

/// The field that tells the version. CouchDB keeps names that begin with `_` and `~` for itself.
const VERSION_FIELD: &str = "stateVersion";
/// The version of a value that tells none.
const VERSION_FIRST: u32 = 1;

/// A state, and the version that it is stored as.
pub(super) struct Record<T> {
    pub(super) value: T,
    pub(super) version: u32,
}

#[derive(Serialize)]
struct Tagged<'t, T> {
    #[serde(rename = "stateVersion")]
    version: u32,
    #[serde(flatten)]
    value: &'t T,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "stateVersion", default = "version_first")]
    version: u32,
}

fn version_first() -> u32 {
    VERSION_FIRST
}

pub(super) fn encode<T: State>(key: &Key, value: &T) -> Result<Vec<u8>, LedgerError> {
    let version = T::VERSION;
    let encoded = if version == VERSION_FIRST {
        serde_json::to_vec(value)
    } else {
        serde_json::to_vec(&Tagged { version, value })
    };
    encoded.map_err(|source| LedgerError::Encode {
        key: key.clone(),
        source,
    })
}

pub(super) fn decode<T: State>(key: &Key, stored: &[u8]) -> Result<Record<T>, LedgerError> {
    let unreadable = |source| LedgerError::Decode {
        key: key.clone(),
        source,
    };
    let Tag { version } = serde_json::from_slice(stored).map_err(unreadable)?;
    if version == T::VERSION && version == VERSION_FIRST {
        let value = serde_json::from_slice(stored).map_err(unreadable)?;
        return Ok(Record { value, version });
    }
    let mut fields: Map<String, Value> = serde_json::from_slice(stored).map_err(unreadable)?;
    fields.remove(VERSION_FIELD);
    let value = Value::Object(fields);
    if version == T::VERSION {
        let value = serde_json::from_value(value).map_err(unreadable)?;
        return Ok(Record { value, version });
    }
    let upgraded = if version < T::VERSION {
        T::upgrade(version, value)
    } else {
        let known = T::VERSION;
        Err(format!("this chaincode knows versions up to {known}"))
    };
    match upgraded {
        Ok(value) => Ok(Record { value, version }),
        Err(reason) => Err(LedgerError::Upgrade {
            key: key.clone(),
            version,
            reason,
        }),
    }
}
