//! Who may do what: a registrar opens accounts, a controller acts for one.

use asset_types::{Account, AccountId};
use fabric_contract_api::Reader;

use crate::error::AssetError;

/// The NodeOU role of registrars; the MSP has checked that the certificate carries it rightly.
const REGISTRAR: &str = "admin";

pub(crate) fn ensure_registrar(ledger: &Reader<'_>) -> Result<(), AssetError> {
    match ledger.caller()?.has_organizational_unit(REGISTRAR) {
        true => Ok(()),
        false => Err(AssetError::NotRegistrar { role: REGISTRAR.to_owned() }),
    }
}

/// The caller's organisation and key must be one of the account's. Names in certificates do not count:
/// two organisations can give the same one.
pub(crate) fn ensure_controller(
    ledger: &Reader<'_>,
    id: &AccountId,
    account: &Account,
) -> Result<(), AssetError> {
    let caller = ledger.caller()?;
    let key_hash = caller.public_key_hash();
    let controls = account.controllers.iter().any(|controller| {
        controller.msp_id.as_str() == caller.msp_id() && controller.key_hash.as_str() == key_hash
    });
    match controls {
        true => Ok(()),
        false => Err(AssetError::NotController { account: id.clone() }),
    }
}
