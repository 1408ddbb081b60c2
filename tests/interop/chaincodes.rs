//! Chaincodes that are not ours, unmodified, on the embedded network: the same contract in three
//! languages, driven by one test, and by the official Go client.

use std::process::Command;
use std::time::Duration;

use e2e::World;
use e2e::asset_client::network_as;
use e2e::service::Service;
use fabric_gateway_sdk::Contract;
use fabric_testnet::ports::Port;
use fabric_testnet::{NetworkKind, wait_until};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::clients;
use crate::foreign::{self, Language};

/// A Java process takes some seconds to listen on a busy machine.
const LISTEN_DEADLINE: Duration = Duration::from_secs(60);
/// Either organisation endorses, so that one peer's private data suffices.
const POLICY: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

/// A chaincode that serves.
struct Deployed {
    contract: Contract,
    _port: Port,
    _service: Service,
}

async fn deploy(world: &World, language: Language) -> Deployed {
    let name = language.chaincode();
    let port = Port::free().unwrap();
    let address = port.address().to_string();
    let collections = world.folder().join("collections.json");
    let secrets = json!([{
        "name": "secrets",
        "policy": "OR('Org1MSP.member')",
        "requiredPeerCount": 0,
        "maxPeerCount": 1,
        "blockToLive": 0,
        "memberOnlyRead": true,
        "memberOnlyWrite": true,
    }]);
    std::fs::write(&collections, secrets.to_string()).unwrap();
    let arguments = [
        "chaincode",
        "deploy",
        name,
        "--address",
        &address,
        "--policy",
        POLICY,
        "--collections-config",
        collections.to_str().unwrap(),
    ];
    let deployed = world.selvedge().run(&arguments).await;
    let package_id = deployed["package_id"].as_str().unwrap();
    let command = foreign::chaincode_server(language, package_id, &address);
    let service = Service::start(command, name, world.folder(), world.warden());
    let listens = wait_until(LISTEN_DEADLINE, || async {
        TcpStream::connect(&address).await.is_ok()
    })
    .await;
    assert!(
        listens.is_ok(),
        "{name} does not serve:\n{}",
        service.log_tail()
    );
    Deployed {
        contract: network_as(world.state(), 1, "User1").contract(name),
        _port: port,
        _service: service,
    }
}

async fn submit(contract: &Contract, function: &str, args: &[&str]) -> String {
    let mut call = contract.submit(function);
    for arg in args {
        call = call.arg(*arg);
    }
    let receipt = call.await;
    let receipt = receipt.unwrap_or_else(|error| panic!("{function} {args:?}: {error}"));
    String::from_utf8(receipt.result.to_vec()).unwrap()
}

async fn evaluate(contract: &Contract, function: &str, args: &[&str]) -> Result<String, String> {
    let mut call = contract.evaluate(function);
    for arg in args {
        call = call.arg(*arg);
    }
    let result = call.await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(result.to_vec()).unwrap())
}

async fn evaluate_json(contract: &Contract, function: &str, args: &[&str]) -> Value {
    serde_json::from_str(&evaluate(contract, function, args).await.unwrap()).unwrap()
}

/// What every Fabric developer uses.
async fn drive(contract: &Contract) {
    for key in ["a", "b", "c"] {
        submit(contract, "Put", &[key, &format!("{key}1")]).await;
    }
    submit(contract, "Put", &["a", "a2"]).await;
    assert_eq!(evaluate(contract, "Get", &["a"]).await.unwrap(), "a2");
    let missing = evaluate(contract, "Get", &["z"]).await.unwrap_err();
    assert!(missing.contains("no such key: z"), "{missing}");
    let rows = evaluate_json(contract, "Range", &["a", "c"]).await;
    let expected = json!([{"key": "a", "value": "a2"}, {"key": "b", "value": "b1"}]);
    assert_eq!(rows, expected);
    let page = evaluate_json(contract, "Page", &["", "", "2", ""]).await;
    assert_eq!(page["keys"], json!(["a", "b"]));
    let rest = ["", "", "2", page["bookmark"].as_str().unwrap()];
    let page = evaluate_json(contract, "Page", &rest).await;
    assert_eq!(page["keys"], json!(["c"]));
    submit(contract, "Delete", &["a"]).await;
    let history = evaluate_json(contract, "History", &["a"]).await;
    assert_eq!(history, json!([null, "a2", "a1"]));
    assert_eq!(evaluate(contract, "Who", &[]).await.unwrap(), "Org1MSP");
}

async fn drive_private(contract: &Contract) {
    let hide = contract
        .submit("Hide")
        .arg("s")
        .transient("value", "hidden");
    hide.await.unwrap();
    assert_eq!(
        evaluate(contract, "Reveal", &["s"]).await.unwrap(),
        "hidden"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn official_chaincode_shims_work_unmodified() {
    let world = World::start_on(NetworkKind::Embedded).await;
    let mut deployed = Vec::new();
    for language in Language::ALL {
        deployed.push((language, deploy(&world, language).await));
    }
    for (language, deployed) in &deployed {
        drive(&deployed.contract).await;
        drive_private(&deployed.contract).await;
        println!("ok  {language:?} chaincode works unmodified");
    }
    // Each calls the next one.
    for (index, (language, caller)) in deployed.iter().enumerate() {
        let (other, _) = &deployed[(index + 1) % deployed.len()];
        let args = [other.chaincode(), "Get", "b"];
        assert_eq!(
            evaluate(&caller.contract, "Call", &args).await.unwrap(),
            "b1"
        );
        println!("ok  {language:?} chaincode calls {other:?} chaincode");
    }
    for (language, _) in &deployed {
        let mut command = Command::new(foreign::folder(Language::Go).join("target/client"));
        clients::with_network(&mut command, &world, language.chaincode());
        clients::run(command, "the official Go client works unmodified").await;
    }
}
