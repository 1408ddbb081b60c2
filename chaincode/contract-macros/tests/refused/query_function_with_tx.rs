use fabric_contract_api_rust::prelude::*;

struct Bonds;

#[contract(name = "bonds")]
impl Bonds {
    #[query]
    fn read(&self, tx: &mut Tx) -> Result<(), Failure> {
        Ok(tx.put("key", b"value")?)
    }
}

fn main() {}
