//! What the chaincode says about itself.

use asset_types::function;
use serde_json::Value;

use crate::bank::Bank;

const WRITES: [&str; 4] = [
    function::ACCOUNTS_OPEN,
    function::TOKENS_CREATE,
    function::TOKENS_MINT,
    function::TOKENS_TRANSFER,
];
const READS: [&str; 5] = [
    function::ACCOUNTS_READ,
    function::TOKENS_READ,
    function::TOKENS_BALANCE,
    function::TOKENS_NOTES,
    function::TOKENS_SUPPLY,
];

fn metadata() -> Value {
    let mut bank = Bank::empty();
    let user = bank.ledger.user("Org1MSP", "anybody").unwrap();
    let client = bank.ledger.as_user(&user);
    client
        .evaluate("org.hyperledger.fabric:GetMetadata", [""; 0])
        .unwrap()
}

#[test]
fn the_metadata_lists_all_functions_and_whether_they_write() {
    let metadata = metadata();
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    for contract in ["accounts", "tokens"] {
        for described in metadata["contracts"][contract]["transactions"]
            .as_array()
            .unwrap()
        {
            let name = format!("{contract}:{}", described["name"].as_str().unwrap());
            assert!(described["description"].is_string(), "{name} is described");
            let submits = described["tag"]
                .as_array()
                .unwrap()
                .contains(&"submit".into());
            if submits { &mut writes } else { &mut reads }.push(name);
        }
    }
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(writes), sorted(WRITES.map(str::to_owned).into()));
    assert_eq!(sorted(reads), sorted(READS.map(str::to_owned).into()));
}

#[test]
fn the_accounts_are_the_default_contract() {
    let metadata = metadata();
    assert_eq!(metadata["contracts"]["accounts"]["default"], true);
    assert_eq!(metadata["contracts"]["tokens"]["default"], false);
}

#[test]
fn requests_are_described_down_to_their_members() {
    let metadata = metadata();
    let transfer = &metadata["components"]["schemas"]["Transfer"];
    assert_eq!(
        transfer["properties"]["amount"]["type"], "string",
        "{transfer}"
    );
    assert_eq!(transfer["additionalProperties"], false);
}
