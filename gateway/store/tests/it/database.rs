//! An empty store for one test, and rows to put into it.

use asset_store::{Batch, Block, Channel, Checkpoint, Position, Store, Transaction};
use fabric_testnet::postgres::{self, Database};

/// A store on a database of its own; the database goes with the handle.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) database: Database,
}

impl std::ops::Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub(crate) async fn store() -> TestStore {
    let database = postgres::database().await.unwrap();
    let store = Store::connect(database.url(), "mirror").await.unwrap();
    store.migrate().await.unwrap();
    TestStore { store, database }
}

pub(crate) fn channel(name: &str) -> Channel {
    Channel {
        name: name.to_owned(),
        genesis_hash: name.as_bytes().to_vec(),
        chaincode: "assets".to_owned(),
    }
}

/// A block whose header hash is made of its number.
pub(crate) fn block(number: u64) -> Block {
    Block {
        number,
        header_hash: format!("header {number}").into_bytes(),
        previous_hash: number
            .checked_sub(1)
            .map_or_else(Vec::new, |before| format!("header {before}").into_bytes()),
        data_hash: vec![1; 32],
        commit_hash: (number > 0).then(|| format!("commit {number}").into_bytes()),
        transaction_count: 1,
        size_bytes: 1_000,
        seal: format!("seal {number}").into_bytes(),
    }
}

pub(crate) fn checkpoint(number: u64) -> Checkpoint {
    let block = block(number);
    Checkpoint {
        block: number,
        header_hash: block.header_hash,
        commit_hash: block.commit_hash,
        seal: block.seal,
    }
}

pub(crate) fn position(block: u64) -> Position {
    Position { block, index: 0 }
}

/// Block `number` with one valid transaction and nothing else, to be continued by hand.
pub(crate) fn batch(number: u64) -> Batch {
    Batch {
        after: number.checked_sub(1).map(checkpoint),
        blocks: vec![block(number)],
        transactions: vec![transaction(number, &format!("tx {number}"), 0)],
        ..Batch::default()
    }
}

pub(crate) fn transaction(block: u64, transaction_id: &str, code: u8) -> Transaction {
    Transaction {
        position: position(block),
        transaction_id: transaction_id.to_owned(),
        kind: 3,
        code,
        chaincode: Some("assets".to_owned()),
        client_time_seconds: Some(1_700_000_000),
        malformation: None,
    }
}
