//! Who may call a function, said beside it: `#[transaction(require(msp("Org1MSP")))]`.

use crate::{error::LedgerError, failure::Failure, reader::Reader};

/// What a caller must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// `msp("Org1MSP", "Org2MSP")`: of one of these organisations.
    Msp(&'static [&'static str]),
    /// `unit("admin")`: of this organisational unit, which a `NodeOU` role is too.
    Unit(&'static str),
    /// `attribute("role", "trader")`: with this attribute in the certificate.
    Attribute(&'static str, &'static str),
    /// `direct`: who signed this very call, and not one of other chaincode that makes it.
    Direct,
}

impl Guard {
    pub(crate) fn check(&self, reader: &Reader<'_>) -> Result<(), Failure> {
        let caller = reader.caller()?;
        match self {
            Self::Msp(msp_ids) if !msp_ids.contains(&caller.msp_id()) => {
                let names = msp_ids.join(" or ");
                Err(refused(format!("the caller is not of {names}"), "msp"))
            }
            Self::Unit(unit) if !caller.has_organizational_unit(unit) => {
                Err(refused(format!("the caller is not a {unit}"), "unit"))
            }
            Self::Attribute(name, value) => caller
                .require_attribute(name, value)
                .map_err(|error| LedgerError::from(error).into()),
            Self::Direct if !reader.invocation().is_direct() => Err(refused(
                "the caller did not sign this call: other chaincode made it".to_owned(),
                "direct",
            )),
            Self::Msp(_) | Self::Unit(_) | Self::Direct => Ok(()),
        }
    }
}

fn refused(text: String, required: &str) -> Failure {
    Failure::new(403, "FORBIDDEN", text).with("required", required)
}
