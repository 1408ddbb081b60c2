//! Assets that only their owner's organisation can change: each key has an endorsement policy.
//!
//! Functions, arguments and stored JSON are those of `asset-transfer-sbe` of Fabric's samples. The
//! chaincode's own policy decides who may create an asset; from then on a transaction that changes it
//! needs a peer of the organisation that the key's policy names, whoever else endorsed it.

use fabric_contract_api_rust::{prelude::*, statebased::Role};

/// An asset, as it is stored under its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Asset {
    /// Its key.
    #[serde(rename = "ID")]
    pub id: String,
    /// What it is worth.
    pub value: i64,
    /// Who has it.
    pub owner: String,
    /// The organisation whose peers endorse its changes.
    pub owner_org: String,
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum AssetError {
    /// There is none under this id.
    #[error("The asset {id} does not exist")]
    #[code(404, "ASSET_NOT_FOUND")]
    NotFound {
        /// The id.
        id: String,
    },
    /// There is one under this id.
    #[error("The asset {id} already exists")]
    #[code(409, "ASSET_EXISTS")]
    Exists {
        /// The id.
        id: String,
    },
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}

/// The contract.
pub struct EndorsedAssets;

/// Assets whose changes their owner's organisation endorses.
#[contract(name = "AssetContract", license = "Apache-2.0")]
impl EndorsedAssets {
    /// Makes an asset of the caller's organisation.
    #[transaction(name = "CreateAsset")]
    fn create_asset(
        &self,
        tx: &mut Tx,
        id: String,
        value: i64,
        owner: String,
    ) -> Result<(), AssetError> {
        if tx.exists(&id)? {
            return Err(AssetError::Exists { id });
        }
        let owner_org = tx.caller()?.msp_id().to_owned();
        let asset = Asset {
            id,
            value,
            owner,
            owner_org,
        };
        endorsed_by_owner(tx, &asset)?;
        write(tx, &asset)
    }

    /// The asset of this id.
    #[query(name = "ReadAsset")]
    fn read_asset(&self, query: &Query, id: String) -> Result<Asset, AssetError> {
        read(query, id)
    }

    /// Whether there is an asset of this id.
    #[query(name = "AssetExists")]
    fn asset_exists(&self, query: &Query, id: String) -> Result<bool, AssetError> {
        Ok(query.exists(&id)?)
    }

    /// Who must endorse changes of an asset, in Fabric's text form.
    #[query(name = "ReadPolicy")]
    fn read_policy(&self, query: &Query, id: String) -> Result<Option<String>, AssetError> {
        Ok(query.endorsement(&id)?.map(|policy| policy.to_string()))
    }

    /// Sets an asset's value.
    #[transaction(name = "UpdateAsset")]
    fn update_asset(&self, tx: &mut Tx, id: String, value: i64) -> Result<(), AssetError> {
        let mut asset = read(tx, id)?;
        asset.value = value;
        write(tx, &asset)
    }

    /// Removes an asset.
    #[transaction(name = "DeleteAsset")]
    fn delete_asset(&self, tx: &mut Tx, id: String) -> Result<(), AssetError> {
        if !tx.exists(&id)? {
            return Err(AssetError::NotFound { id });
        }
        Ok(tx.delete(&id)?)
    }

    /// Gives an asset to somebody of another organisation, which from then on endorses its changes.
    #[transaction(name = "TransferAsset")]
    fn transfer_asset(
        &self,
        tx: &mut Tx,
        id: String,
        new_owner: String,
        new_owner_org: String,
    ) -> Result<(), AssetError> {
        let mut asset = read(tx, id)?;
        asset.owner = new_owner;
        asset.owner_org = new_owner_org;
        endorsed_by_owner(tx, &asset)?;
        write(tx, &asset)
    }
}

/// Only the owner's organisation can endorse the next change.
fn endorsed_by_owner(tx: &mut Tx, asset: &Asset) -> Result<(), AssetError> {
    let policy = EndorsementPolicy::all_of(Role::Member, [&asset.owner_org]);
    Ok(tx.set_endorsement(&asset.id, Some(&policy))?)
}

fn read(reader: &Reader, id: String) -> Result<Asset, AssetError> {
    let key = Key::simple(&id).map_err(LedgerError::from)?.json();
    reader.get(&key)?.ok_or(AssetError::NotFound { id })
}

fn write(tx: &mut Tx, asset: &Asset) -> Result<(), AssetError> {
    let key = Key::simple(&asset.id).map_err(LedgerError::from)?.json();
    Ok(tx.put(&key, asset)?)
}
