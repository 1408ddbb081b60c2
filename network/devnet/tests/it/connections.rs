//! Clients that are connected and ask nothing: many of them, and more than there are files for.

use std::path::Path;

use fabric_devnet::StateFile;
use fabric_msp::{SigningIdentity, layout};
use futures::{StreamExt as _, stream};
use tonic::transport::Channel;

use crate::crash::Process;
use crate::support::{Client, TestChaincode, client::try_connect, in_folder, wait};

/// Enough to cost something, and few enough for the open files that a process has by default.
const IDLE: usize = 700;

/// What a network has that shall run out of them: its own files and some connections.
const FILES: usize = 80;

/// Connections on their way at once: a peer's queue takes as many.
const HASTE: usize = 32;

async fn connect(dir: &Path) -> Option<Channel> {
    let state = StateFile::read(dir).unwrap().unwrap();
    let peer = &state.peers[0];
    try_connect(peer.address, &peer.tls_ca).await.ok()
}

async fn client(dir: &Path) -> Client {
    let state = StateFile::read(dir).unwrap().unwrap();
    let user = layout::user_msp(&state.organizations, 1, "User1");
    let identity = SigningIdentity::from_msp_dir(user, "Org1MSP").unwrap();
    let connection = connect(dir).await.unwrap();
    Client::over(connection, identity, "mychannel")
}

/// A folder with a network in it that has a chaincode.
async fn prepared() -> (tempfile::TempDir, TestChaincode) {
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    crate::support::deploy(&network, &chaincode, Some("OR('Org1MSP.peer')")).await;
    network.shutdown().await;
    (dir, chaincode)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_ask_nothing_do_not_keep_others_from_being_served() {
    let (dir, _chaincode) = prepared().await;
    let _network = Process::start(dir.path()).await;

    let connecting = stream::iter(0..IDLE).map(|_| connect(dir.path()));
    let idle: Vec<_> = connecting.buffer_unordered(HASTE).collect().await;

    assert!(idle.iter().all(Option::is_some), "every client is let in");
    let client = client(dir.path()).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(client.evaluate(&["get", "a"]).await.unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn network_that_ran_out_of_files_serves_when_connections_end() {
    let (dir, _chaincode) = prepared().await;
    let _network = Process::start_with_files(dir.path(), FILES).await;
    let first = client(dir.path()).await;
    first.transact(&["put", "a", "1"]).await.unwrap();

    let connecting: Vec<_> = (0..2 * FILES)
        .map(|_| {
            let dir = dir.path().to_owned();
            tokio::spawn(async move { connect(&dir).await })
        })
        .collect();
    wait::until("no file is left", || async {
        let finished = connecting.iter().filter(|one| one.is_finished());
        finished.count() >= FILES / 4 && open_files(dir.path()) >= FILES - 1
    })
    .await;

    // Those who are in are served, and others when there is room again.
    assert_eq!(first.evaluate(&["get", "a"]).await.unwrap(), "1");
    for one in &connecting {
        one.abort();
    }
    drop(connecting);
    let late = client(dir.path()).await;
    late.transact(&["put", "a", "2"]).await.unwrap();
    assert_eq!(first.evaluate(&["get", "a"]).await.unwrap(), "2");
}

/// Open files of the process that serves this folder.
fn open_files(dir: &Path) -> usize {
    let state = StateFile::read(dir).unwrap().unwrap();
    let files = std::fs::read_dir(format!("/proc/{}/fd", state.pid)).unwrap();
    files.count()
}
