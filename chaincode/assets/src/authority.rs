//! Who may do what: a registrar opens accounts, a controller acts for one; each by a call that the
//! caller signed.

use asset_types::{Account, AccountId};
use fabric_contract_api_rust::{ClientIdentity, Reader};

use crate::error::AssetError;

/// The `NodeOU` role of registrars; the MSP has checked that the certificate carries it rightly.
const REGISTRAR: &str = "admin";

/// The caller must be an administrator of one of the channel's organisations.
pub(crate) fn ensure_registrar(ledger: &Reader<'_>) -> Result<(), AssetError> {
    match signer(ledger)?.has_organizational_unit(REGISTRAR) {
        true => Ok(()),
        false => Err(AssetError::NotRegistrar {
            role: REGISTRAR.to_owned(),
        }),
    }
}

/// The caller's organisation and key must be one of the account's. Names in certificates do not
/// count: two organisations can give the same one.
pub(crate) fn ensure_controller(
    ledger: &Reader<'_>,
    id: &AccountId,
    account: &Account,
) -> Result<(), AssetError> {
    let caller = signer(ledger)?;
    let key_hash = caller.public_key_hash();
    let controls = account.controllers.iter().any(|controller| {
        controller.msp_id.as_str() == caller.msp_id() && controller.key_hash.as_str() == key_hash
    });
    match controls {
        true => Ok(()),
        false => Err(AssetError::NotController {
            account: id.clone(),
        }),
    }
}

/// Who signed exactly this call.
///
/// When other chaincode calls this one, the peer still names the signer of the outer call. Taking
/// that for consent would let any chaincode spend its callers' money; and as a peer does not show a
/// transaction its own writes, two inner calls could spend one note twice.
fn signer<'l>(ledger: &'l Reader<'_>) -> Result<&'l ClientIdentity, AssetError> {
    if !ledger.invocation().is_direct() {
        return Err(AssetError::IndirectCall);
    }
    Ok(ledger.caller()?)
}
