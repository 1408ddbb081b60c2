//! The contract that most tests call.

use fabric_contract_api_rust::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Bond {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) face: u64,
}

#[derive(Debug, thiserror::Error, ContractError)]
pub(crate) enum BondError {
    #[error("there is no bond {id}")]
    #[code(404, "BOND_NOT_FOUND")]
    NotFound { id: String },
    #[error("bond {id} belongs to {owner}")]
    #[code(403, "NOT_OWNER")]
    NotOwner { id: String, owner: String },
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}

#[derive(Serialize, Event)]
struct Transferred<'t> {
    id: &'t str,
    to: &'t str,
}

#[derive(Serialize, Event)]
#[event("bond.read/v1")]
struct Touched {}

pub(crate) struct Bonds;

pub(crate) fn bond_key(id: &str) -> Result<fabric_contract_api_rust::JsonKey<Bond>, LedgerError> {
    Ok(Key::composite("bond", [id])?.json())
}

/// Bonds on a ledger.
#[contract(name = "bonds", version = "2.1.0")]
impl Bonds {
    /// Makes a bond.
    #[transaction]
    fn issue(&self, tx: &mut Tx, id: String, owner: String, face: u64) -> Result<(), BondError> {
        tx.put(
            &bond_key(&id)?,
            &Bond {
                id: id.clone(),
                owner,
                face,
            },
        )?;
        Ok(())
    }

    /// Moves a bond to another owner.
    #[transaction]
    fn transfer(
        &self,
        tx: &mut Tx,
        id: String,
        from: String,
        to: String,
    ) -> Result<Bond, BondError> {
        let key = bond_key(&id)?;
        let mut bond = tx.get(&key)?.ok_or(BondError::NotFound { id })?;
        if bond.owner != from {
            return Err(BondError::NotOwner {
                id: bond.id,
                owner: bond.owner,
            });
        }
        bond.owner = to;
        tx.put(&key, &bond)?;
        tx.emit(&Transferred {
            id: &bond.id,
            to: &bond.owner,
        })?;
        tx.emit(&Touched {})?;
        Ok(bond)
    }

    #[transaction(name = "WriteThenFail")]
    fn write_then_fail(&self, tx: &mut Tx) -> Result<(), BondError> {
        tx.put("anything", b"at all")?;
        Err(BondError::NotFound { id: "7".to_owned() })
    }

    #[transaction]
    fn put_empty(&self, tx: &mut Tx) -> Result<(), BondError> {
        Ok(tx.put("key", b"")?)
    }

    #[transaction]
    fn call_other(&self, tx: &mut Tx) -> Result<String, BondError> {
        let answer = tx.invoke_chaincode("other", "", &[b"ask".to_vec()])?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[query]
    fn read(&self, query: &Query, id: String) -> Result<Bond, BondError> {
        query
            .get(&bond_key(&id)?)?
            .ok_or(BondError::NotFound { id })
    }

    #[query]
    fn name(&self, _query: &Query) -> Result<String, BondError> {
        Ok("bonds of the realm".to_owned())
    }

    #[query]
    fn list(&self, query: &Query, page: Page) -> Result<Paged<Bond>, BondError> {
        let all = KeyRange::composite("bond", [""; 0]).map_err(LedgerError::from)?;
        Ok(query.page(&all, &page)?.json()?)
    }

    #[query]
    fn greet(
        &self,
        _query: &Query,
        name: String,
        title: Option<String>,
    ) -> Result<String, Failure> {
        Ok(format!(
            "{}{name}",
            title.map(|title| title + " ").unwrap_or_default()
        ))
    }
}
