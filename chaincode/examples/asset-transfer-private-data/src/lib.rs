//! Assets whose owners know their price: private data of one organisation and of all, and a sale
//! that compares two prices by their hashes.
//!
//! Functions, transient entries, collections and stored JSON are those of
//! `asset-transfer-private-data` of Fabric's samples. Every argument that must stay private is
//! transient: what is an argument stands on the chain.

mod asset;

use fabric_contract_api_rust::prelude::*;

pub use asset::{
    Agreement, Asset, AssetError, AssetInput, AssetName, PrivateDetails, TransferInput,
};

/// What all members of the channel share.
const ASSETS: &str = "assetCollection";
/// Joined with an organisation's name: what only that organisation knows.
const OWN_SUFFIX: &str = "PrivateCollection";
/// The object type of the keys of agreements.
const AGREEMENT: &str = "transferAgreement";

/// The contract.
pub struct PrivateAssets;

/// Transfers of assets at prices that only buyer and seller know.
#[contract(name = "private", license = "Apache-2.0")]
impl PrivateAssets {
    /// Makes an asset of the caller's; its value is known to the caller's organisation only.
    #[transaction(name = "CreateAsset")]
    fn create_asset(
        &self,
        tx: &mut Tx,
        #[transient] asset_properties: AssetInput,
    ) -> Result<(), AssetError> {
        let input = asset_properties.checked()?;
        if tx.private(ASSETS)?.get(&input.id)?.known()?.is_some() {
            return Err(AssetError::Exists { id: input.id });
        }
        let asset = Asset {
            object_type: input.object_type,
            id: input.id.clone(),
            color: input.color,
            size: input.size,
            owner: tx.caller()?.id_go(),
        };
        let details = PrivateDetails {
            id: input.id,
            appraised_value: input.appraised_value,
        };
        tx.private(ASSETS)?.put(&Asset::key(&asset.id)?, &asset)?;
        let own = own_collection(tx)?;
        tx.private(&own)?
            .put(&PrivateDetails::key(&details.id)?, &details)?;
        Ok(())
    }

    /// Agrees to buy an asset at a value, which the caller's organisation keeps to itself.
    #[transaction(name = "AgreeToTransfer")]
    fn agree_to_transfer(
        &self,
        tx: &mut Tx,
        #[transient] asset_value: PrivateDetails,
    ) -> Result<(), AssetError> {
        let details = asset_value.checked()?;
        read(tx, &details.id)?;
        let buyer = tx.caller()?.id_go();
        let own = own_collection(tx)?;
        tx.private(&own)?
            .put(&PrivateDetails::key(&details.id)?, &details)?;
        tx.private(ASSETS)?
            .put(&agreement_key(&details.id)?, buyer.as_bytes())?;
        Ok(())
    }

    /// Gives an asset to the buyer who agreed to the owner's value. The hashes of both values are
    /// compared: no peer has to know both.
    #[transaction(name = "TransferAsset")]
    fn transfer_asset(
        &self,
        tx: &mut Tx,
        #[transient] asset_owner: TransferInput,
    ) -> Result<(), AssetError> {
        let TransferInput { id, buyer_msp } = asset_owner.checked()?;
        let mut asset = read(tx, &id)?;
        if asset.owner != tx.caller()?.id_go() {
            return Err(AssetError::NotOwner { id });
        }
        let own = own_collection(tx)?;
        let asked = tx.private(&own)?.hash(&id)?;
        let offered = tx.private(&format!("{buyer_msp}{OWN_SUFFIX}"))?.hash(&id)?;
        if offered.is_none() {
            return Err(AssetError::NotAgreed { id });
        }
        if asked != offered {
            return Err(AssetError::OtherValue { id });
        }
        let buyer = agreed_buyer(tx, &id)?.ok_or(AssetError::NotAgreed { id: id.clone() })?;
        asset.owner = buyer;
        tx.private(&own)?.delete(&id)?;
        let mut assets = tx.private(ASSETS)?;
        assets.put(&Asset::key(&id)?, &asset)?;
        assets.delete(&agreement_key(&id)?)?;
        Ok(())
    }

    /// Removes an asset of the caller's organisation.
    #[transaction(name = "DeleteAsset")]
    fn delete_asset(
        &self,
        tx: &mut Tx,
        #[transient] asset_delete: AssetName,
    ) -> Result<(), AssetError> {
        let id = asset_delete.checked()?;
        read(tx, &id)?;
        let own = own_collection(tx)?;
        if tx.private(&own)?.get(&id)?.known()?.is_none() {
            return Err(AssetError::NotOwner { id });
        }
        tx.private(ASSETS)?.delete(&id)?;
        tx.private(&own)?.delete(&id)?;
        Ok(())
    }

    /// Removes an asset with its history from the peers that hold it, whether it is there or not.
    #[transaction(name = "PurgeAsset")]
    fn purge_asset(
        &self,
        tx: &mut Tx,
        #[transient] asset_purge: AssetName,
    ) -> Result<(), AssetError> {
        let id = asset_purge.checked()?;
        let own = own_collection(tx)?;
        tx.private(ASSETS)?.purge(&id)?;
        tx.private(&own)?.purge(&id)?;
        Ok(())
    }

    /// Takes an agreement back. (The samples' spelling.)
    #[transaction(name = "DeleteTranferAgreement")]
    fn delete_transfer_agreement(
        &self,
        tx: &mut Tx,
        #[transient] agreement_delete: AssetName,
    ) -> Result<(), AssetError> {
        let id = agreement_delete.checked()?;
        let buyer = agreed_buyer(tx, &id)?.ok_or(AssetError::NotAgreed { id: id.clone() })?;
        if buyer != tx.caller()?.id_go() {
            return Err(AssetError::NotOwner { id });
        }
        let own = own_collection(tx)?;
        tx.private(&own)?.delete(&id)?;
        tx.private(ASSETS)?.delete(&agreement_key(&id)?)?;
        Ok(())
    }

    /// The asset, or nothing.
    #[query(name = "ReadAsset")]
    fn read_asset(&self, query: &Query, id: String) -> Result<Option<Asset>, AssetError> {
        Ok(query.private(ASSETS)?.get(&Asset::key(&id)?)?.known()?)
    }

    /// What one organisation knows of an asset; other organisations' peers do not have it.
    #[query(name = "ReadAssetPrivateDetails")]
    fn read_private_details(
        &self,
        query: &Query,
        collection: String,
        id: String,
    ) -> Result<Option<PrivateDetails>, AssetError> {
        let details = query
            .private(&collection)?
            .get(&PrivateDetails::key(&id)?)?;
        Ok(details.known()?)
    }

    /// Who agreed to buy an asset.
    #[query(name = "ReadTransferAgreement")]
    fn read_agreement(&self, query: &Query, id: String) -> Result<Option<Agreement>, AssetError> {
        let buyer = agreed_buyer(query, &id)?;
        Ok(buyer.map(|buyer_id| Agreement { id, buyer_id }))
    }

    /// The assets from one id to another, the second not among them.
    #[query(name = "GetAssetByRange")]
    fn range(&self, query: &Query, start: String, end: String) -> Result<Vec<Asset>, AssetError> {
        let range = KeyRange::simple(&start, &end).map_err(LedgerError::from)?;
        let assets = query.private(ASSETS)?;
        let rows = assets.range(&range)?;
        Ok(rows.map(|row| row?.json()).collect::<Result<_, _>>()?)
    }
}

/// The collection of the caller's organisation. On a peer of another organisation it does not
/// help: that peer neither holds the data nor is asked to keep it.
fn own_collection(reader: &Reader) -> Result<String, AssetError> {
    Ok(format!("{}{OWN_SUFFIX}", reader.caller()?.msp_id()))
}

fn read(reader: &Reader, id: &str) -> Result<Asset, AssetError> {
    let asset = reader.private(ASSETS)?.get(&Asset::key(id)?)?.known()?;
    asset.ok_or_else(|| AssetError::NotFound { id: id.to_owned() })
}

fn agreement_key(id: &str) -> Result<Key, AssetError> {
    Ok(Key::composite(AGREEMENT, [id]).map_err(LedgerError::from)?)
}

fn agreed_buyer(reader: &Reader, id: &str) -> Result<Option<String>, AssetError> {
    let buyer = reader.private(ASSETS)?.get(&agreement_key(id)?)?.known()?;
    Ok(buyer.map(|buyer| String::from_utf8_lossy(&buyer).into_owned()))
}
