//! Typed calls of a chaincode, made from its metadata by `selvedge contract bindgen`.
//!
//! A function that writes gives a call to await, whose receipt holds the reply; one that only reads gives a
//! call whose value is the reply.

#![allow(dead_code, unused_imports, clippy::all, clippy::pedantic)]

use fabric_gateway_sdk::{Contract, Evaluate, EvaluateJson, Submit};
use serde::{Deserialize, Serialize};

/// Who agreed to buy an asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The asset.
    #[serde(rename = "assetID")]
    pub asset_id: String,
    /// The buyer's client id.
    #[serde(rename = "buyerID")]
    pub buyer_id: String,
}

/// What all members of the channel know of an asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Its key.
    #[serde(rename = "assetID")]
    pub asset_id: String,
    /// Its colour.
    #[serde(rename = "color")]
    pub color: String,
    /// What kind of thing it is.
    #[serde(rename = "objectType")]
    pub object_type: String,
    /// The client id of who has it, as Go chaincode writes it.
    #[serde(rename = "owner")]
    pub owner: String,
    /// Its size.
    #[serde(rename = "size")]
    pub size: i64,
}

/// A new asset: transient entry `asset_properties`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetInput {
    /// What it is worth to the caller's organisation.
    #[serde(rename = "appraisedValue")]
    pub appraised_value: i64,
    /// Its key.
    #[serde(rename = "assetID")]
    pub asset_id: String,
    /// Its colour.
    #[serde(rename = "color")]
    pub color: String,
    /// What kind of thing it is.
    #[serde(rename = "objectType")]
    pub object_type: String,
    /// Its size.
    #[serde(rename = "size")]
    pub size: i64,
}

/// The name of an asset in the transient data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetName {
    /// The asset.
    #[serde(rename = "assetID")]
    pub asset_id: String,
}

/// What an organisation knows of an asset: what it is worth to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrivateDetails {
    /// Its value.
    #[serde(rename = "appraisedValue")]
    pub appraised_value: i64,
    /// The asset.
    #[serde(rename = "assetID")]
    pub asset_id: String,
}

/// A sale: transient entry `asset_owner`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferInput {
    /// The asset.
    #[serde(rename = "assetID")]
    pub asset_id: String,
    /// The buyer's organisation.
    #[serde(rename = "buyerMSP")]
    pub buyer_msp: String,
}

/// Transfers of assets at prices that only buyer and seller know.
#[derive(Clone)]
pub struct Private(Contract);

impl Private {
    /// The contract, in a chaincode on a channel.
    pub fn new(contract: Contract) -> Self {
        Self(contract)
    }

    /// Makes an asset of the caller's; its value is known to the caller's organisation only.
    ///
    /// The reply is empty.
    pub fn create_asset(&self, asset_properties: &AssetInput) -> Submit {
        self.0.submit("private:CreateAsset")
            .transient("asset_properties", json(&asset_properties))
    }

    /// Agrees to buy an asset at a value, which the caller's organisation keeps to itself.
    ///
    /// The reply is empty.
    pub fn agree_to_transfer(&self, asset_value: &PrivateDetails) -> Submit {
        self.0.submit("private:AgreeToTransfer")
            .transient("asset_value", json(&asset_value))
    }

    /// Gives an asset to the buyer who agreed to the owner's value. The hashes of both values are
    /// compared: no peer has to know both.
    ///
    /// The reply is empty.
    pub fn transfer_asset(&self, asset_owner: &TransferInput) -> Submit {
        self.0.submit("private:TransferAsset")
            .transient("asset_owner", json(&asset_owner))
    }

    /// Removes an asset of the caller's organisation.
    ///
    /// The reply is empty.
    pub fn delete_asset(&self, asset_delete: &AssetName) -> Submit {
        self.0.submit("private:DeleteAsset")
            .transient("asset_delete", json(&asset_delete))
    }

    /// Removes an asset with its history from the peers that hold it, whether it is there or not.
    ///
    /// The reply is empty.
    pub fn purge_asset(&self, asset_purge: &AssetName) -> Submit {
        self.0.submit("private:PurgeAsset")
            .transient("asset_purge", json(&asset_purge))
    }

    /// Takes an agreement back. (The samples' spelling.)
    ///
    /// The reply is empty.
    pub fn delete_tranfer_agreement(&self, agreement_delete: &AssetName) -> Submit {
        self.0.submit("private:DeleteTranferAgreement")
            .transient("agreement_delete", json(&agreement_delete))
    }

    /// The asset, or nothing.
    ///
    /// The reply is empty, or the JSON of a `Asset`.
    pub fn read_asset(&self, id: &str) -> Evaluate {
        self.0.evaluate("private:ReadAsset")
            .arg(id)
    }

    /// What one organisation knows of an asset; other organisations' peers do not have it.
    ///
    /// The reply is empty, or the JSON of a `PrivateDetails`.
    pub fn read_asset_private_details(&self, collection: &str, id: &str) -> Evaluate {
        self.0.evaluate("private:ReadAssetPrivateDetails")
            .arg(collection)
            .arg(id)
    }

    /// Who agreed to buy an asset.
    ///
    /// The reply is empty, or the JSON of a `Agreement`.
    pub fn read_transfer_agreement(&self, id: &str) -> Evaluate {
        self.0.evaluate("private:ReadTransferAgreement")
            .arg(id)
    }

    /// The assets from one id to another, the second not among them.
    ///
    /// The reply is the JSON of a `Vec<Asset>`.
    pub fn get_asset_by_range(&self, start: &str, end: &str) -> EvaluateJson<Vec<Asset>> {
        self.0.evaluate("private:GetAssetByRange")
            .arg(start)
            .arg(end).json()
    }
}

/// A value as an argument: its JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
