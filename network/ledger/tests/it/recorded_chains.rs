//! On the chains recorded from real Fabric every hash and every code is the peer's.

use fabric_ledger::chain::{ChainVerifier, CommitHashCheck, HashCheck, SignatureCheck};

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
