//! `selvedge block`: what a peer gives out, and chains recorded from real Fabric, are verified to the
//! last bit.

use std::path::{Path, PathBuf};

use e2e::World;
use e2e::selvedge::Selvedge;
use fabric_protos::common::{Block, BlockMetadataIndex};
use prost::Message as _;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn fetched_blocks_of_the_running_network_are_all_ok() {
    let world = World::shared().await;
    let last = world
        .client()
        .network()
        .height()
        .await
        .expect("the peer tells its height")
        - 1;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().to_str().expect("the path is text");
    world
        .selvedge()
        .run(&["block", "fetch", &format!("0..{last}"), "--out", out])
        .await;

    let verified = verify(&files(folder.path())).await.succeeded();

    let blocks = verified["blocks"].as_array().expect("a report per block");
    assert_eq!(blocks.len() as u64, last + 1);
    assert_eq!(verified["problems"], Value::Array(Vec::new()));
    let decoded = world
        .selvedge()
        .run(&["block", "decode", text(&files(folder.path())[0])])
        .await;
    assert_eq!(decoded["number"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_chain_of_fabric_3_1_is_ok() {
    recorded_chain_is_ok("fabric-3.1", 39).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_chain_of_fabric_2_5_is_ok() {
    recorded_chain_is_ok("fabric-2.5", 44).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flipped_byte_of_the_data_names_the_block() {
    let chain = RecordedChain::copy("fabric-3.1");
    let number = 9;
    chain.change(number, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let refused = verify(&chain.files()).await.refused();
    assert!(refused.contains(&format!("block {number}")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flipped_validation_code_names_block_and_transaction() {
    let chain = RecordedChain::copy("fabric-3.1");
    let (number, transaction) = (12, 0);
    chain.change(number, |bytes| {
        let mut block = Block::decode(&bytes[..]).expect("a recorded block decodes");
        let metadata = block.metadata.as_mut().expect("a block has metadata");
        let filter = &mut metadata.metadata[BlockMetadataIndex::TransactionsFilter as usize];
        let mut codes = filter.to_vec();
        codes[transaction] ^= 1;
        *filter = codes.into();
        *bytes = block.encode_to_vec();
    });
    let refused = verify(&chain.files()).await.refused();
    for words in [
        format!("block {number}"),
        format!("transaction {transaction}"),
    ] {
        assert!(refused.contains(&words), "{words}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_with_a_block_missing_names_the_gap() {
    let chain = RecordedChain::copy("fabric-3.1");
    let mut files = chain.files();
    files.remove(5);
    let refused = verify(&files).await.refused();
    assert!(
        refused.contains("block 6 follows where block 5 should"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_is_no_block_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("block_000.block");
    for garbage in [&b"garbage"[..], b"", &[0xff; 1000]] {
        std::fs::write(&file, garbage).expect("a file can be written");
        let refused = verify(std::slice::from_ref(&file)).await.refused();
        assert!(refused.contains("block"), "{refused}");
    }
}

async fn recorded_chain_is_ok(name: &str, count: usize) {
    let verified = verify(&files(&fixture(name))).await.succeeded();
    assert_eq!(verified["blocks"].as_array().map(Vec::len), Some(count));
    assert_eq!(verified["problems"], Value::Array(Vec::new()));
}

/// A copy of a recorded chain, to change.
struct RecordedChain {
    folder: tempfile::TempDir,
}

impl RecordedChain {
    fn copy(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in files(&fixture(name)) {
            let copy = folder
                .path()
                .join(file.file_name().expect("a file has a name"));
            std::fs::copy(&file, copy).expect("a recorded block can be copied");
        }
        Self { folder }
    }

    fn files(&self) -> Vec<PathBuf> {
        files(self.folder.path())
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut Vec<u8>)) {
        let file = &self.files()[number];
        let mut bytes = std::fs::read(file).expect("a block can be read");
        change(&mut bytes);
        std::fs::write(file, bytes).expect("a block can be written");
    }
}

async fn verify(files: &[PathBuf]) -> e2e::selvedge::Finished {
    let arguments: Vec<&str> = ["block", "verify"]
        .into_iter()
        .chain(files.iter().map(|file| text(file)))
        .collect();
    Selvedge::of(Path::new("/no-network-is-needed"))
        .call(&arguments)
        .await
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

/// The blocks in a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of blocks");
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "block" || extension == "pb")
        })
        .collect();
    files.sort();
    files
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}
