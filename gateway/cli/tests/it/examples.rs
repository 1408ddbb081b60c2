//! The example chaincodes on a network, called by the commands of their READMEs.

use std::net::TcpListener;

use fabric_chaincode_shim::Server;
use fabric_contract_api_rust::Chaincode;
use serde_json::{Value, json};

use crate::support::{Shell, text};

/// A network with a chaincode that runs.
struct Running {
    shell: Shell,
    _runtime: tokio::runtime::Runtime,
}

/// Deploys an example and serves it in this process until the test ends.
fn running(name: &str, chaincode: impl Chaincode, options: &[&str]) -> Running {
    let shell = Shell::new();
    shell.json("network up --detach --ports free");
    let address = free_address();
    let mut words = vec!["--json", "chaincode", "deploy", name, "--address", &address];
    words.extend(options);
    let deployed = shell.words(&words);
    let deployed: Value = serde_json::from_slice(&deployed.stdout).unwrap();
    let id = deployed["package_id"].as_str().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::builder(chaincode).id(id).address(&address);
    let bound = runtime.block_on(server.bind()).unwrap();
    runtime.spawn(bound.serve_with_shutdown(std::future::pending()));
    Running {
        shell,
        _runtime: runtime,
    }
}

/// A port that was free a moment ago.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

impl Running {
    #[track_caller]
    fn call(&self, words: &[&str]) -> Value {
        let words = [&["--json", "chaincode"], words].concat();
        let output = self.shell.words(&words);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{words:?}: {out}\n{err}");
        serde_json::from_str(&out).unwrap()
    }

    #[track_caller]
    fn refused(&self, words: &[&str], expected: &str) {
        let words = [&["chaincode"], words].concat();
        let output = self.shell.words(&words);
        let error = text(&output.stderr);
        assert!(!output.status.success());
        assert!(error.contains(expected), "{words:?}: {error}");
    }
}

#[test]
fn asset_transfer_basic_works_as_its_readme_says() {
    let running = running("basic", example_asset_transfer_basic::AssetTransfer, &[]);
    let done = running.call(&["invoke", "basic", "InitLedger"]);
    assert_eq!(done["reply"], Value::Null);
    assert!(done["block"].as_u64().unwrap() > 0);
    let all = running.call(&["query", "basic", "GetAllAssets"]);
    assert_eq!(all.as_array().unwrap().len(), 6);
    let done = running.call(&["invoke", "basic", "TransferAsset", "asset1", "Ann"]);
    assert_eq!(done["reply"], "Tomoko");
    let asset = running.call(&["query", "basic", "ReadAsset", "asset1"]);
    assert_eq!(asset["Owner"], "Ann");
    running.refused(&["query", "basic", "ReadAsset", "none"], "ASSET_NOT_FOUND");
    running.refused(&["invoke", "basic", "Nonsense"], "UNKNOWN_FUNCTION");
}

#[test]
fn asset_transfer_private_data_works_as_its_readme_says() {
    let collections = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../chaincode/examples/asset-transfer-private-data/collections_config.json"
    );
    let running = running(
        "private",
        example_asset_transfer_private_data::PrivateAssets,
        &["--collections-config", collections],
    );
    let car = json!({
        "objectType": "car", "assetID": "car1", "color": "red", "size": 4, "appraisedValue": 100,
    });
    let entry = format!("asset_properties={car}");
    running.call(&["invoke", "private", "CreateAsset", "--transient", &entry]);
    let asset = running.call(&["query", "private", "ReadAsset", "car1"]);
    assert_eq!(asset["color"], "red");
    let own = [
        "query",
        "private",
        "ReadAssetPrivateDetails",
        "Org1MSPPrivateCollection",
        "car1",
    ];
    assert_eq!(running.call(&own)["appraisedValue"], 100);
}

#[test]
fn asset_transfer_sbe_works_as_its_readme_says() {
    let policy = "OR('Org1MSP.peer', 'Org2MSP.peer')";
    let chaincode = example_asset_transfer_sbe::EndorsedAssets;
    let running = running("sbe", chaincode, &["--policy", policy]);
    running.call(&["invoke", "sbe", "CreateAsset", "car", "100", "Ann"]);
    let policy = running.call(&["query", "sbe", "ReadPolicy", "car"]);
    assert_eq!(policy, "OR('Org1MSP.member')");
    running.call(&["invoke", "sbe", "TransferAsset", "car", "Bob", "Org2MSP"]);
    let ours = [
        "invoke",
        "sbe",
        "UpdateAsset",
        "car",
        "1",
        "--endorsed-by",
        "Org1MSP",
    ];
    running.refused(&ours, "ENDORSEMENT_POLICY_FAILURE");
    running.call(&["invoke", "sbe", "UpdateAsset", "car", "2"]);
}

#[test]
fn commercial_paper_works_as_its_readme_says() {
    let name = "papercontract";
    let running = running(name, example_commercial_paper::CommercialPaper, &[]);
    let issue = [
        "MagnetoCorp",
        "00001",
        "2020-05-31",
        "2020-11-30",
        "5000000",
    ];
    running.call(&[&["invoke", name, "issue"], &issue[..]].concat());
    let buy = [
        "MagnetoCorp",
        "00001",
        "MagnetoCorp",
        "DigiBank",
        "4900000",
        "2020-05-31",
    ];
    running.call(&[&["invoke", name, "buy"], &buy[..]].concat());
    let page = running.call(&["query", name, "queryOwner", "DigiBank", r#"{"size":10}"#]);
    assert_eq!(page["items"][0]["paperNumber"], "00001");
}

#[test]
fn token_erc_20_works_as_its_readme_says() {
    let running = running("erc20", example_token_erc_20::Token, &[]);
    let names = [
        "invoke",
        "erc20",
        "Initialize",
        "some name",
        "some symbol",
        "2",
    ];
    assert_eq!(running.call(&names)["reply"], true);
    running.call(&["invoke", "erc20", "Mint", "5000"]);
    let balance = running.call(&["query", "erc20", "ClientAccountBalance"]);
    assert_eq!(balance, 5000);
    let refused = ["invoke", "erc20", "Mint", "1", "--org", "2"];
    running.refused(&refused, "FORBIDDEN");
    let negative = ["invoke", "erc20", "Transfer", "somebody", "-5"];
    running.refused(&negative, "INVALID_ARGUMENT");
}
