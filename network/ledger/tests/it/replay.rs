//! What a recorded transaction did, done again in the simulator, gives the recorded bytes; and a
//! reader that has only the keys it was told to fetch computes the recorded commit hashes.

use std::collections::BTreeMap;

use fabric_ledger::block::decode;
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::commit::{commit_hash, fold, keys_needed};
use fabric_ledger::rwset::{NamespaceRwset, TxRwset};
use fabric_ledger::simulate::Simulator;
use fabric_ledger::state::{MemoryState, State};

use crate::recorded::Chain;

#[test]
fn valid_recorded_transactions_simulate_to_the_recorded_bytes() {
    let mut replayed = 0;
    for chain in Chain::ALL {
        let mut verifier = ChainVerifier::new();
        for block in chain.blocks() {
            let decoded = decode(&block).unwrap();
            let codes = decoded.codes().unwrap_or_default();
            let transactions = decoded.transactions.iter().zip(&codes);
            for (transaction, code) in transactions {
                let Some(endorsed) = transaction.endorsed() else {
                    continue;
                };
                if code.is_valid() && is_public(&endorsed.rwset) {
                    let again = replay(&endorsed.rwset, verifier.state());
                    assert_eq!(again, endorsed.rwset);
                    assert_eq!(again.encode(), endorsed.rwset.encode());
                    replayed += 1;
                }
            }
            verifier.feed(&block).unwrap();
        }
    }
    assert!(replayed > 150, "{replayed} transactions");
}

/// Private keys are recorded as hashes, from which nothing can be done again.
fn is_public(rwset: &TxRwset) -> bool {
    let mut sets = rwset.namespaces.iter();
    sets.all(|set| set.collections.is_empty())
}

fn replay(rwset: &TxRwset, state: &MemoryState) -> TxRwset {
    let mut simulator = Simulator::new(state, "again");
    for set in &rwset.namespaces {
        replay_namespace(&mut simulator, set);
    }
    simulator.finish().rwset
}

fn replay_namespace(simulator: &mut Simulator<'_, MemoryState>, set: &NamespaceRwset) {
    let namespace = &set.namespace;
    for read in &set.reads {
        simulator.get(namespace, &read.key).unwrap();
    }
    for query in &set.range_queries {
        let end = if query.exhausted { &query.end_key } else { "" };
        let range = simulator.open_range(namespace, &query.start_key, end);
        while let Some(result) = simulator.next_in_range(range).unwrap() {
            if !query.exhausted && result.key == query.end_key {
                break;
            }
        }
    }
    for write in &set.writes {
        let value = write.value.clone();
        simulator.put(namespace, &write.key, value).unwrap();
    }
    for write in &set.metadata_writes {
        let entries = write.entries.iter();
        let metadata: BTreeMap<_, _> = entries
            .map(|entry| (entry.name.clone(), entry.value.clone()))
            .collect();
        simulator
            .put_metadata(namespace, &write.key, metadata)
            .unwrap();
    }
}

#[test]
fn the_keys_needed_are_enough_for_the_commit_hash() {
    for chain in Chain::ALL {
        let mut verifier = ChainVerifier::new();
        for block in chain.blocks() {
            let decoded = decode(&block).unwrap();
            let codes = decoded.codes().unwrap_or_default();
            let needed = keys_needed(&decoded, &codes);
            let all = verifier.state();
            let mut fetched = MemoryState::new();
            for (namespace, key) in &needed.public {
                if let Some(value) = all.get(namespace, key).unwrap() {
                    fetched.insert(namespace, key, value);
                }
            }
            for key in &needed.hashed {
                let value = all.get_hashed(&key.namespace, &key.collection, &key.key_hash);
                if let Some(value) = value.unwrap() {
                    let hash = key.key_hash.clone();
                    fetched.insert_hashed(&key.namespace, &key.collection, hash, value);
                }
            }
            let updates = fold(&decoded, &codes, &fetched).unwrap();
            let hash = commit_hash(&codes, &updates, verifier.commit_hash());
            verifier.feed(&block).unwrap();
            if decoded.commit_hash.is_some() {
                assert_eq!(hash, verifier.commit_hash(), "block {}", decoded.number);
            }
        }
    }
}
