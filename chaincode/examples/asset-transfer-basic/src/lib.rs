//! Assets with an owner and a value: create, read, update, transfer, delete, list.
//!
//! Functions, arguments, results and stored JSON are those of `asset-transfer-basic` of Fabric's
//! samples, so its clients work unchanged.

use fabric_contract_api_rust::prelude::*;

/// An asset, as it is stored under its id and as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Asset {
    /// What it is thought to be worth.
    pub appraised_value: i64,
    /// Its colour.
    pub color: String,
    /// Its key.
    #[serde(rename = "ID")]
    pub id: String,
    /// Who has it.
    pub owner: String,
    /// Its size.
    pub size: i64,
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum AssetError {
    /// There is none under this id.
    #[error("the asset {id} does not exist")]
    #[code(404, "ASSET_NOT_FOUND")]
    NotFound {
        /// The id.
        id: String,
    },
    /// There is one under this id.
    #[error("the asset {id} already exists")]
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
pub struct AssetTransfer;

/// Transfers of simple assets.
#[contract(name = "basic", license = "Apache-2.0")]
impl AssetTransfer {
    /// Writes six assets to begin with.
    #[transaction(name = "InitLedger")]
    fn init_ledger(&self, tx: &mut Tx) -> Result<(), AssetError> {
        for (id, color, size, owner, appraised_value) in [
            ("asset1", "blue", 5, "Tomoko", 300),
            ("asset2", "red", 5, "Brad", 400),
            ("asset3", "green", 10, "Jin Soo", 500),
            ("asset4", "yellow", 10, "Max", 600),
            ("asset5", "black", 15, "Adriana", 700),
            ("asset6", "white", 15, "Michel", 800),
        ] {
            write(
                tx,
                &Asset {
                    appraised_value,
                    color: color.to_owned(),
                    id: id.to_owned(),
                    owner: owner.to_owned(),
                    size,
                },
            )?;
        }
        Ok(())
    }

    /// Issues a new asset.
    #[transaction(name = "CreateAsset")]
    fn create_asset(
        &self,
        tx: &mut Tx,
        id: String,
        color: String,
        size: i64,
        owner: String,
        appraised_value: i64,
    ) -> Result<(), AssetError> {
        if tx.exists(&id)? {
            return Err(AssetError::Exists { id });
        }
        write(
            tx,
            &Asset {
                appraised_value,
                color,
                id,
                owner,
                size,
            },
        )
    }

    /// The asset of this id.
    #[query(name = "ReadAsset")]
    fn read_asset(&self, query: &Query, id: String) -> Result<Asset, AssetError> {
        read(query, id)
    }

    /// Replaces an asset.
    #[transaction(name = "UpdateAsset")]
    fn update_asset(
        &self,
        tx: &mut Tx,
        id: String,
        color: String,
        size: i64,
        owner: String,
        appraised_value: i64,
    ) -> Result<(), AssetError> {
        if !tx.exists(&id)? {
            return Err(AssetError::NotFound { id });
        }
        write(
            tx,
            &Asset {
                appraised_value,
                color,
                id,
                owner,
                size,
            },
        )
    }

    /// Removes an asset.
    #[transaction(name = "DeleteAsset")]
    fn delete_asset(&self, tx: &mut Tx, id: String) -> Result<(), AssetError> {
        if !tx.exists(&id)? {
            return Err(AssetError::NotFound { id });
        }
        Ok(tx.delete(&id)?)
    }

    /// Whether there is an asset of this id.
    #[query(name = "AssetExists")]
    fn asset_exists(&self, query: &Query, id: String) -> Result<bool, AssetError> {
        Ok(query.exists(&id)?)
    }

    /// Gives an asset another owner, and returns the one before.
    #[transaction(name = "TransferAsset")]
    fn transfer_asset(
        &self,
        tx: &mut Tx,
        id: String,
        new_owner: String,
    ) -> Result<String, AssetError> {
        let mut asset = read(tx, id)?;
        let before = std::mem::replace(&mut asset.owner, new_owner);
        write(tx, &asset)?;
        Ok(before)
    }

    /// All assets, in the order of their ids.
    #[query(name = "GetAllAssets")]
    fn get_all_assets(&self, query: &Query) -> Result<Vec<Asset>, AssetError> {
        let rows = query.range(&KeyRange::all_simple())?;
        Ok(rows.map(|row| row?.json()).collect::<Result<_, _>>()?)
    }

    /// One page of them, where there may be many.
    #[query(name = "GetAssetsPage")]
    fn get_assets_page(&self, query: &Query, page: Page) -> Result<Paged<Asset>, AssetError> {
        Ok(query.page(&KeyRange::all_simple(), &page)?.json()?)
    }
}

fn read(reader: &Reader, id: String) -> Result<Asset, AssetError> {
    let key = Key::simple(&id).map_err(LedgerError::from)?.json();
    reader.get(&key)?.ok_or(AssetError::NotFound { id })
}

fn write(tx: &mut Tx, asset: &Asset) -> Result<(), AssetError> {
    let key = Key::simple(&asset.id).map_err(LedgerError::from)?.json();
    Ok(tx.put(&key, asset)?)
}
