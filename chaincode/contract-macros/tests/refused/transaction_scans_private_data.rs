use fabric_contract_api_rust::prelude::*;

fn scan(tx: &mut Tx, range: &KeyRange) -> Result<(), LedgerError> {
    let secrets = tx.private("secrets")?;
    secrets.range(range)?;
    secrets.rich_query("{}")?;
    Ok(())
}

fn write(query: &Query) -> Result<(), LedgerError> {
    query.private("secrets")?.put("key", b"value")?;
    query.set_endorsement("key", None)
}

fn history(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.history("key")?;
    tx.rich_page("{}", &Page::first(1))?;
    Ok(())
}

fn main() {}
