use fabric_contract_api_rust::prelude::*;

fn write(query: &Query) -> Result<(), LedgerError> {
    query.put("key", b"value")
}

fn emit<E: Event>(query: &Query, event: &E) -> Result<(), LedgerError> {
    query.emit(event)
}

fn main() {}
