//! What is stored, what comes in the transient data, and what is wrong with it.

use fabric_contract_api_rust::{JsonKey, prelude::*};

/// What all members of the channel know of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// What kind of thing it is.
    #[serde(rename = "objectType")]
    pub object_type: String,
    /// Its key.
    #[serde(rename = "assetID")]
    pub id: String,
    /// Its colour.
    pub color: String,
    /// Its size.
    pub size: i64,
    /// The client id of who has it, as Go chaincode writes it.
    pub owner: String,
}

impl Asset {
    /// Where it is stored.
    pub(crate) fn key(id: &str) -> Result<JsonKey<Self>, LedgerError> {
        Ok(Key::simple(id)?.json())
    }
}

/// What an organisation knows of an asset: what it is worth to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrivateDetails {
    /// The asset.
    #[serde(rename = "assetID")]
    pub id: String,
    /// Its value.
    #[serde(rename = "appraisedValue")]
    pub appraised_value: i64,
}

impl PrivateDetails {
    pub(crate) fn key(id: &str) -> Result<JsonKey<Self>, LedgerError> {
        Ok(Key::simple(id)?.json())
    }

    pub(crate) fn checked(self) -> Result<Self, AssetError> {
        not_empty("assetID", &self.id)?;
        positive("appraisedValue", self.appraised_value)?;
        Ok(self)
    }
}

/// Who agreed to buy an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// The asset.
    #[serde(rename = "assetID")]
    pub id: String,
    /// The buyer's client id.
    #[serde(rename = "buyerID")]
    pub buyer_id: String,
}

/// A new asset: transient entry `asset_properties`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetInput {
    /// What kind of thing it is.
    pub object_type: String,
    /// Its key.
    #[serde(rename = "assetID")]
    pub id: String,
    /// Its colour.
    pub color: String,
    /// Its size.
    pub size: i64,
    /// What it is worth to the caller's organisation.
    pub appraised_value: i64,
}

impl AssetInput {
    pub(crate) fn checked(self) -> Result<Self, AssetError> {
        not_empty("objectType", &self.object_type)?;
        not_empty("assetID", &self.id)?;
        not_empty("color", &self.color)?;
        positive("size", self.size)?;
        positive("appraisedValue", self.appraised_value)?;
        Ok(self)
    }
}

/// A sale: transient entry `asset_owner`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TransferInput {
    /// The asset.
    #[serde(rename = "assetID")]
    pub id: String,
    /// The buyer's organisation.
    #[serde(rename = "buyerMSP")]
    pub buyer_msp: String,
}

impl TransferInput {
    pub(crate) fn checked(self) -> Result<Self, AssetError> {
        not_empty("assetID", &self.id)?;
        not_empty("buyerMSP", &self.buyer_msp)?;
        Ok(self)
    }
}

/// The name of an asset in the transient data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AssetName {
    /// The asset.
    #[serde(rename = "assetID")]
    pub id: String,
}

impl AssetName {
    pub(crate) fn checked(self) -> Result<String, AssetError> {
        not_empty("assetID", &self.id)?;
        Ok(self.id)
    }
}

fn not_empty(field: &'static str, text: &str) -> Result<(), AssetError> {
    match text {
        "" => Err(AssetError::Field { field }),
        _ => Ok(()),
    }
}

fn positive(field: &'static str, number: i64) -> Result<(), AssetError> {
    match number {
        1.. => Ok(()),
        _ => Err(AssetError::Field { field }),
    }
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum AssetError {
    /// An input field is empty, zero or negative.
    #[error("{field} field must be non-empty and positive")]
    #[code(400, "INVALID_FIELD")]
    Field {
        /// The field.
        field: &'static str,
    },
    /// There is none under this id.
    #[error("{id} does not exist")]
    #[code(404, "ASSET_NOT_FOUND")]
    NotFound {
        /// The id.
        id: String,
    },
    /// There is one under this id.
    #[error("this asset already exists: {id}")]
    #[code(409, "ASSET_EXISTS")]
    Exists {
        /// The id.
        id: String,
    },
    /// The caller is not who may do this.
    #[error("the caller does not own {id}")]
    #[code(403, "NOT_OWNER")]
    NotOwner {
        /// The id.
        id: String,
    },
    /// Nobody agreed to buy it.
    #[error("the buyer has not agreed to buy {id}: AgreeToTransfer comes first")]
    #[code(409, "NOT_AGREED")]
    NotAgreed {
        /// The id.
        id: String,
    },
    /// Buyer and owner have different values in mind.
    #[error("buyer and owner do not agree on the value of {id}")]
    #[code(409, "OTHER_VALUE")]
    OtherValue {
        /// The id.
        id: String,
    },
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}
