//! Whole networks in one file.

use std::path::Path;

use fabric_devnet::{ChannelSpec, Deployment, DevnetError, Network, Ports};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::support::{
    Client, EITHER, TestChaincode, admin::http, client::connect, client::user, verify,
};

/// A network with two channels, of which the second one is of Org1 alone, and two peers in Org1.
async fn original(dir: Option<&Path>, chaincode: &TestChaincode) -> Network {
    let builder = Network::builder().ports(Ports::Free).peers_of(1, 2);
    let builder = match dir {
        Some(dir) => builder.dir(dir),
        None => builder.ephemeral(),
    };
    let channels = [
        ChannelSpec::new("both"),
        ChannelSpec::new("first").organizations([1]),
    ];
    let network = builder.channels(channels).start().await.unwrap();
    for (channel, policy) in [("both", EITHER), ("first", "OR('Org1MSP.peer')")] {
        let deployment = Deployment::new("basic", chaincode.address().to_string());
        let deployment = deployment.channel(channel).policy(policy);
        network.deploy(deployment).await.unwrap();
        let client = Client::user1(&network).await.on_channel(channel);
        client.transact(&["put", "a", channel]).await.unwrap();
    }
    network
}

/// Checks that a network is what [`original`] made, and goes on.
async fn check(network: &Network, identity: &[u8]) {
    assert_eq!(network.channels().collect::<Vec<_>>(), ["both", "first"]);
    let names = network.state().peers.iter().map(|peer| peer.name.clone());
    assert_eq!(names.count(), 3);
    assert_eq!(network.state().channels[1].organizations, ["Org1MSP"]);
    assert_eq!(user(network, 1, "User1").serialized(), identity);
    let entry = network.peer("peer1.org1.example.com").unwrap();
    let connection = connect(entry.address, &entry.tls_ca).await;
    let client = Client::over(connection, user(network, 1, "User1"), "both");
    for client in [client.clone(), client.on_channel("first")] {
        let value = client.evaluate(&["get", "a"]).await.unwrap();
        assert_eq!(value, client.channel);
        client.transact(&["append", "a", "!"]).await.unwrap();
        let history = client.evaluate(&["history", "a"]).await.unwrap();
        assert_eq!(history, format!("{value}!,{value}"));
        let height = network.height_of(&client.channel).unwrap();
        verify(&client.blocks(0, height - 1).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loaded_network_goes_on_where_the_dumped_one_was() {
    let chaincode = TestChaincode::start().await;
    let scratch = tempfile::tempdir().unwrap();
    for in_memory in [false, true] {
        let (from, file) = (
            scratch.path().join(format!("from-{in_memory}")),
            scratch.path().join(format!("dump-{in_memory}")),
        );
        let network = original((!in_memory).then_some(&*from), &chaincode).await;
        let identity = user(&network, 1, "User1").serialized().clone();
        let (code, written) = http(&network, "POST /dump", Some(json!({ "file": file }))).await;
        assert_eq!((code, &written["file"]), (200, &json!(file)));
        // What comes later is not in it.
        let client = Client::user1(&network).await;
        client.transact(&["put", "a", "later"]).await.unwrap();
        let refused = network.dump(&file).await.unwrap_err();
        assert!(refused.to_string().contains("exists"), "{refused}");
        network.shutdown().await;

        let builder = || Network::builder().ports(Ports::Free);
        let memory = builder().ephemeral().load(&file).start().await.unwrap();
        check(&memory, &identity).await;
        memory.shutdown().await;

        let into = scratch.path().join(format!("into-{in_memory}"));
        let disk = builder().dir(&into).load(&file).start().await.unwrap();
        check(&disk, &identity).await;
        let state = disk.state().clone();
        disk.shutdown().await;
        let again = builder().dir(&into).load(&file).start().await.unwrap_err();
        assert!(matches!(again, DevnetError::OtherNetwork(_)), "{again}");
        let again = builder().dir(&into).like(&state).start().await.unwrap();
        assert_eq!(again.state().channels, state.channels);
        assert_eq!(again.state().peers, state.peers);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_goes_with_the_dump() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dump");
    let into = scratch.path().join("into");
    let builder = || Network::builder().ports(Ports::Free);
    let from = scratch.path().join("from");
    let network = builder().dir(&from).seed("a").start().await.unwrap();
    network.dump(&file).await.unwrap();
    network.shutdown().await;

    let network = builder().dir(&into).load(&file).start().await.unwrap();
    network.shutdown().await;

    let goes_on = builder().dir(&into).seed("a").start().await.unwrap();
    goes_on.shutdown().await;
    let other = builder().dir(&into).seed("b").start().await.unwrap_err();
    assert!(other.to_string().contains("another seed"), "{other}");
}

/// An archive with one entry.
fn archive(path: &str, kind: tar::EntryType) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(0o644);
    header.set_cksum();
    archive.append(&header, std::io::empty()).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// A ledger that has grown has holes, which the archive must not tell of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_of_many_blocks_is_loaded() {
    let chaincode = TestChaincode::start().await;
    let scratch = tempfile::tempdir().unwrap();
    let network = original(Some(&scratch.path().join("network")), &chaincode).await;
    let client = Client::user1(&network).await.on_channel("both");
    for number in 0..200 {
        let value = "v".repeat(1000);
        let put = ["put", &format!("key{number}"), &value];
        client.transact(&put).await.unwrap();
    }
    let file = network.dump(scratch.path().join("dump")).await.unwrap();
    let height = network.height();
    network.shutdown().await;

    let dump = std::fs::File::open(&file).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(dump));
    for entry in archive.entries().unwrap() {
        let kind = entry.unwrap().header().entry_type();
        assert!(kind.is_file() || kind.is_dir(), "{kind:?}");
    }
    let builder = Network::builder().ports(Ports::Free).load(&file);
    let loaded = builder.dir(scratch.path().join("loaded"));
    let loaded = loaded.start().await.unwrap();
    assert_eq!(loaded.height(), height);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_no_dump_change_nothing() {
    use tar::EntryType;
    let cases = [
        (b"garbage".to_vec(), "no archive of a network"),
        (
            archive("organizations", EntryType::Directory),
            "no network.json",
        ),
        (archive("elsewhere", EntryType::Regular), "no dump has"),
        (archive("../outside", EntryType::Regular), "no dump has"),
        (
            archive("channels/../../outside", EntryType::Regular),
            "no dump has",
        ),
        (archive("/outside", EntryType::Regular), "no dump has"),
        (
            archive("channels/link", EntryType::Symlink),
            "neither file nor folder",
        ),
        (archive("network.json", EntryType::Regular), "state file"),
    ];
    for (bytes, expected) in cases {
        let scratch = tempfile::tempdir().unwrap();
        let (file, into) = (scratch.path().join("dump"), scratch.path().join("into"));
        std::fs::write(&file, bytes).unwrap();
        let builder = Network::builder().ports(Ports::Free).dir(&into);

        let error = builder.load(&file).start().await.unwrap_err().to_string();

        assert!(error.contains(expected), "{error}");
        let left = std::fs::read_dir(&into).unwrap();
        assert_eq!(left.count(), 0, "{expected}");
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 2);
    }
}
