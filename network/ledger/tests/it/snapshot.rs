//! The state that follows from the blocks is the one in Fabric's own snapshot.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};
use fabric_ledger::Version;
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::state::VersionedValue;
use prost::Message;

use crate::recorded::Chain;

/// Namespace (for private data `chaincode$$hcollection`) and key to what is there.
type Keys = BTreeMap<(String, Vec<u8>), VersionedValue>;

/// `privacyenabledstate.SnapshotRecord`
#[derive(Clone, PartialEq, Message)]
struct SnapshotRecord {
    #[prost(bytes = "bytes", tag = "1")]
    key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    version: Bytes,
}

#[test]
fn the_state_after_the_recorded_chain_is_that_of_the_peers_snapshot() {
    let mut verifier = ChainVerifier::new();
    for block in Chain::Fabric31.blocks() {
        verifier.feed(&block).unwrap();
    }
    let mut public = read("public_state");
    // The channel configuration, which is kept apart from the state here.
    public.retain(|(namespace, _), _| !namespace.is_empty());
    let ours: Keys = verifier
        .state()
        .iter()
        .map(|(namespace, key, value)| ((namespace.into(), key.into()), value.clone()))
        .collect();
    assert_eq!(ours.len(), 167);
    assert_eq!(ours, public);
}

#[test]
fn the_private_hashes_after_the_recorded_chain_are_those_of_the_peers_snapshot() {
    let mut verifier = ChainVerifier::new();
    for block in Chain::Fabric31.blocks() {
        verifier.feed(&block).unwrap();
    }
    let ours: Keys = verifier
        .state()
        .iter_hashed()
        .map(|(namespace, collection, key, value)| {
            let namespace = format!("{namespace}$$h{collection}");
            ((namespace, key.to_vec()), value.clone())
        })
        .collect();
    assert!(!ours.is_empty());
    assert_eq!(ours, read("private_state_hashes"));
}

/// A format byte, then records; in the other file a count of namespaces, then each with its count
/// of records. Everything is preceded by its length.
fn read(name: &str) -> Keys {
    let file = |extension: &str| {
        let path = Chain::Fabric31
            .dir()
            .join(format!("snapshot/{name}.{extension}"));
        let mut bytes = Bytes::from(std::fs::read(path).unwrap());
        assert_eq!(bytes.get_u8(), 1, "the snapshot format");
        bytes
    };
    let (mut records, mut namespaces) = (file("data"), file("metadata"));
    let mut keys = Keys::new();
    for _ in 0..number(&mut namespaces) {
        let length = number(&mut namespaces);
        let namespace = namespaces.split_to(usize::try_from(length).unwrap());
        let namespace = String::from_utf8(namespace.to_vec()).unwrap();
        for _ in 0..number(&mut namespaces) {
            let record = SnapshotRecord::decode_length_delimited(&mut records).unwrap();
            let value = VersionedValue {
                value: record.value,
                metadata: record.metadata,
                version: Version::from_bytes(&record.version).unwrap(),
            };
            keys.insert((namespace.clone(), record.key.to_vec()), value);
        }
    }
    assert!(records.is_empty() && namespaces.is_empty());
    keys
}

fn number(bytes: &mut Bytes) -> u64 {
    prost::encoding::decode_varint(bytes).unwrap()
}
