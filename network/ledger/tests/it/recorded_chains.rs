//! On the chains recorded from real Fabric every hash and every code is the peer's.

use fabric_ledger::block::decode;
use fabric_ledger::chain::{ChainVerifier, CommitHashCheck, HashCheck, SignatureCheck};

use std::collections::HashSet;

use fabric_ledger::validate::{Checker, settle, validate_block};

use crate::recorded::Chain;

#[test]
fn every_hash_signature_and_code_of_the_recorded_chains_is_the_peers() {
    for chain in Chain::ALL {
        let hashes = chain.commit_hashes();
        let names = chain.code_names();
        let mut verifier = ChainVerifier::new();
        let mut transactions = 0;
        for block in chain.blocks() {
            let report = verifier.feed(&block).unwrap();
            let number = report.number;
            assert_eq!(report.problems(), [], "{chain:?} block {number}");
            assert_eq!(report.data_hash, HashCheck::Ok);
            assert_eq!(report.previous_hash, HashCheck::Ok);
            let first = number == 0;
            assert_eq!(report.commit_hash == CommitHashCheck::None, first);
            assert_eq!(report.orderer_signatures == SignatureCheck::None, first);
            let hash = hashes[usize::try_from(number).unwrap()].as_deref();
            assert_eq!(hash.unwrap_or(""), hex::encode(verifier.commit_hash()));
            if let Some(names) = names.get(&number) {
                let ours: Vec<String> = report
                    .transactions
                    .iter()
                    .map(|transaction| transaction.ours.to_string())
                    .collect();
                assert_eq!(&ours, names, "{chain:?} block {number}");
            }
            transactions += report.transactions.len();
        }
        println!(
            "{chain:?}: {} blocks, {transactions} transactions",
            chain.length()
        );
    }
}

#[test]
fn transactions_checked_in_parallel_settle_to_the_same_codes() {
    let number = 27;
    let mut verifier = ChainVerifier::new();
    let mut ids = HashSet::new();
    for block in Chain::Fabric25.blocks().take(number) {
        let report = verifier.feed(&block).unwrap();
        let transactions = report.transactions.into_iter();
        ids.extend(transactions.map(|transaction| transaction.transaction_id));
    }
    let block = decode(&Chain::Fabric25.block(number as u64)).unwrap();
    let (channel, state) = (verifier.channel().unwrap(), verifier.state());
    let checker = Checker::new(channel, state, &ids, block.number);
    let checks: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = block
            .transactions
            .iter()
            .map(|transaction| scope.spawn(|| checker.check(transaction).unwrap()))
            .collect();
        let results = workers.into_iter();
        results.map(|worker| worker.join().unwrap()).collect()
    });
    let settled = settle(state, &block, &checks).unwrap();
    let one_by_one = validate_block(channel, state, &ids, &block).unwrap();
    assert_eq!(settled, one_by_one);
    assert_eq!(settled.transactions_filter(), block.transactions_filter);
}
