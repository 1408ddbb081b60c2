//! `metadata.json`: label and type.

use serde::{Deserialize, Serialize};

use super::PackageError;

/// The type of a chaincode that runs as a service.
const SERVICE: &str = "ccaas";

/// A peer's file is `label.hash.tar.gz`, which file systems bound at 255 bytes.
pub(super) const LABEL_LENGTH_MAX: usize = 255 - 64 - ".".len() - ".tar.gz".len();

/// What a package says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// `ccaas` for a chaincode that runs as a service.
    #[serde(default)]
    pub r#type: String,
    /// Where the code came from; empty for services.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What people call the package.
    #[serde(default)]
    pub label: String,
}

impl Metadata {
    /// Of a chaincode that runs as a service.
    pub fn service(label: &str) -> Self {
        Self {
            r#type: SERVICE.to_owned(),
            path: String::new(),
            label: label.to_owned(),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let metadata: Self = serde_json::from_slice(bytes).map_err(PackageError::Metadata)?;
        let label = &metadata.label;
        if label.len() > LABEL_LENGTH_MAX {
            return Err(PackageError::LabelTooLong(label.len()));
        }
        if !is_label(label) {
            return Err(PackageError::Label(label.clone()));
        }
        Ok(metadata)
    }

    pub(super) fn is_service(&self) -> bool {
        self.r#type.eq_ignore_ascii_case(SERVICE)
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::json!({ "type": self.r#type, "label": self.label })
            .to_string()
            .into_bytes()
    }
}

/// `^[[:alnum:]][[:alnum:]_.+-]*$`.
pub(crate) fn is_label(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphanumeric())
        && label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.+-".contains(c))
}
