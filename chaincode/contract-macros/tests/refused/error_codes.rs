use fabric_contract_api_rust::prelude::*;

#[derive(Debug, thiserror::Error, ContractError)]
enum Endorsed {
    #[error("a peer would endorse it")]
    #[code(200, "OK")]
    Fine,
}

#[derive(Debug, thiserror::Error, ContractError)]
enum Silent {
    #[error("clients see nothing")]
    Unsaid,
}

#[derive(Debug, thiserror::Error, ContractError)]
enum Shouting {
    #[error("no code")]
    #[code(404, "not found")]
    Lower,
}

fn main() {}
