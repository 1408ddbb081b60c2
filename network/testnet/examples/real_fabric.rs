//! Starts a real Fabric network, deploys a chaincode and leaves the network running:
//!
//! ```sh
//! FABRIC_BIN=... cargo run -p fabric-testnet --example real_fabric -- up FOLDER
//! FABRIC_BIN=... cargo run -p fabric-testnet --example real_fabric -- crash FOLDER
//! FABRIC_BIN=... cargo run -p fabric-testnet --example real_fabric -- down FOLDER
//! FABRIC_BIN=... cargo run -p fabric-testnet --example real_fabric -- resume FOLDER
//! ```

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fabric_testnet::fabric::{Options, RealFabric};
use fabric_testnet::{Chaincode, Error};

/// One collection that both organisations read.
const COLLECTIONS: &str = r#"[{"name": "secrets", "policy": "OR('Org1MSP.member', 'Org2MSP.member')",
    "requiredPeerCount": 0, "maxPeerCount": 1, "blockToLive": 0, "memberOnlyRead": true}]"#;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        ["up", folder] => up(Path::new(folder)).await,
        ["crash", folder] => crash(Path::new(folder)).await,
        ["resume", folder] => resume(Path::new(folder)).await,
        ["deploy", folder, name, address, policy] => {
            let mut network = RealFabric::attach(Path::new(folder))?;
            let chaincode = Chaincode::new(*name, *address)
                .policy(*policy)
                .collections(COLLECTIONS);
            deploy(&mut network, name, &chaincode).await
        }
        ["down", folder] => RealFabric::stop(Path::new(folder)),
        _ => {
            eprintln!(
                "usage: real_fabric up|crash|down|resume FOLDER, or deploy FOLDER NAME ADDRESS POLICY"
            );
            std::process::exit(2);
        }
    }
}

async fn up(folder: &Path) -> Result<(), Error> {
    let options = Options {
        folder: Some(PathBuf::from(folder)),
        batch_timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let start = Instant::now();
    let mut network = RealFabric::start(options).await?;
    println!("network ready after {:.2?}", start.elapsed());
    let policy = "OR('Org1MSP.peer','Org2MSP.peer')";
    let chaincode = Chaincode::new("basic", "127.0.0.1:9999").policy(policy);
    deploy(&mut network, "first deployment", &chaincode).await?;
    deploy(&mut network, "same again", &chaincode).await?;
    let moved = Chaincode {
        address: "127.0.0.1:9998".to_owned(),
        ..chaincode
    };
    deploy(&mut network, "another address", &moved).await?;
    let majority = Chaincode {
        policy: None,
        ..moved
    };
    deploy(&mut network, "another policy", &majority).await?;
    println!(
        "left running, state in {}",
        network.detach()?.join("network.json").display()
    );
    Ok(())
}

async fn deploy(network: &mut RealFabric, what: &str, chaincode: &Chaincode) -> Result<(), Error> {
    let start = Instant::now();
    let deployed = network.deploy(chaincode).await?;
    let (sequence, id) = (deployed.sequence, deployed.package_id);
    println!(
        "{what}: sequence {sequence} of {id} after {:.2?}",
        start.elapsed()
    );
    Ok(())
}

async fn crash(folder: &Path) -> Result<(), Error> {
    let mut network = RealFabric::attach(folder)?;
    let start = Instant::now();
    network.kill_peer("Org2MSP")?;
    network.restart_peer("Org2MSP").await?;
    println!("peer of Org2MSP back after {:.2?}", start.elapsed());
    let start = Instant::now();
    network.kill_orderer(0)?;
    network.restart_orderer(0).await?;
    println!("orderer back after {:.2?}", start.elapsed());
    let start = Instant::now();
    let deployed = network
        .deploy(&Chaincode::new("second", "127.0.0.1:9997"))
        .await?;
    println!(
        "deployed {} after {:.2?}",
        deployed.package_id,
        start.elapsed()
    );
    Ok(())
}

async fn resume(folder: &Path) -> Result<(), Error> {
    let start = Instant::now();
    RealFabric::attach(folder)?.resume().await?;
    println!("network ready again after {:.2?}", start.elapsed());
    Ok(())
}
