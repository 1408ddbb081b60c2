use fabric_contract_api_rust::prelude::*;

fn page(tx: &mut Tx, range: &KeyRange) {
    let _ = tx.page(range, &Page::first(10));
}

fn history(tx: &mut Tx) {
    let _ = tx.history("key");
}

fn main() {}
