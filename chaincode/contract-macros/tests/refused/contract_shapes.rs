use fabric_contract_api_rust::prelude::*;

struct Bonds;

#[contract(version = "1.0.0")]
impl Bonds {}

#[contract(name = "a:b")]
impl Bonds {}

#[contract(name = "asynchronous")]
impl Bonds {
    #[query]
    async fn read(&self, query: &Query) -> Result<(), Failure> {
        Ok(())
    }
}

#[contract(name = "borrowed")]
impl Bonds {
    #[query]
    fn read(&self, query: &Query, id: &str) -> Result<(), Failure> {
        Ok(())
    }
}

#[contract(name = "twice")]
impl Bonds {
    #[query]
    fn read(&self, query: &Query) -> Result<(), Failure> {
        Ok(())
    }

    #[query(name = "read")]
    fn look(&self, query: &Query) -> Result<(), Failure> {
        Ok(())
    }
}

#[contract(name = "without-ledger")]
impl Bonds {
    #[transaction]
    fn pay(&self, id: String) -> Result<(), Failure> {
        Ok(())
    }
}

fn main() {}
