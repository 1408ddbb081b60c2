//! Plays the scripts of the stream recording on a real network.

use std::path::Path;
use std::time::Duration;

use e2e::probes::{ProbedNetwork, Shape};
use e2e::{stream_recording, stream_scripts};
use fabric_testnet::{Chaincode, Compat, NetworkKind};

/// Each transaction is a block of its own.
const BATCH_TIMEOUT: Duration = Duration::from_millis(50);

/// Records into a file.
pub(crate) async fn record(file: &Path) {
    let shape = Shape::new(2, BATCH_TIMEOUT, Compat::default());
    let network = ProbedNetwork::start(NetworkKind::Fabric, shape).await;
    let policy = "OR('Org1MSP.peer','Org2MSP.peer')";
    let definition = |address| Chaincode::new("probe", address).policy(policy);
    let probe = network.deploy(definition).await;
    let steps =
        stream_recording::play(&network, &probe, stream_scripts::scripts(network.compat)).await;
    let text = serde_json::to_string_pretty(&steps).expect("steps can be written");
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).expect("the folder can be made");
    }
    std::fs::write(file, text + "\n").expect("the file can be written");
    println!("{} transactions in {}", steps.len(), file.display());
}
