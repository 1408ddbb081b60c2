//! Whatever a peer loses or breaks, each outcome that is reported is the ledger's, and no call is
//! executed twice.

use std::collections::HashMap;
use std::time::Duration;

use fabric_gateway_sdk::{Error, Gateway, Network, Retry};
use futures::StreamExt as _;

use crate::mock::Mock;
use crate::sample;

const CALLS: usize = 150;
const AT_ONCE: usize = 16;
/// An answer that never comes is given up after this.
const COMMIT_LIMIT: Duration = Duration::from_secs(2);

/// What a call came to.
#[derive(Debug, PartialEq)]
enum Account {
    /// This transaction did it.
    Done(String),
    /// Nothing happened, says this transaction's verdict.
    Invalid(String),
    /// Nothing of this transaction reached the ledger.
    Nothing(String),
    /// Whatever became of this transaction.
    Unknown(String),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transaction_is_accounted_for_exactly_once() {
    for seed in [
        0x9e37_79b9_7f4a_7c15,
        0x2545_f491_4f6c_dd1d,
        7_046_029_254_386_353_131,
    ] {
        let mock = Mock::with_chain(&sample::chain(2)).await;
        mock.be_flaky(seed);
        let gateway = Gateway::builder(sample::user()).endpoint(mock.endpoint());
        let gateway = gateway.connect_lazy().unwrap();
        let network = gateway.network(sample::CHANNEL);
        let contract = network.contract(sample::CHAINCODE);
        let retry = Retry::on_conflict(3).and_on_trouble(3).and_on_mismatch(3);
        let calls = (0..CALLS).map(|_| {
            let call = contract.submit("transfer").retry(retry.clone());
            call.commit_timeout(COMMIT_LIMIT)
        });
        let outcomes = gateway.submit_all(futures::stream::iter(calls), AT_ONCE);
        let accounts: Vec<Account> = outcomes
            .map(|(_, outcome)| account(outcome))
            .collect()
            .await;
        mock.be_reliable();
        check(&mock, &network, &accounts).await;
    }
}

fn account(outcome: Result<fabric_gateway_sdk::Receipt, Error>) -> Account {
    let error = match outcome {
        Ok(receipt) => return Account::Done(receipt.transaction_id.to_string()),
        Err(error) => error,
    };
    let id = error.transaction_id().unwrap().to_string();
    match error {
        _ if error.outcome_unknown() => Account::Unknown(id),
        Error::NotValid { .. } => Account::Invalid(id),
        _ => Account::Nothing(id),
    }
}

async fn check(mock: &Mock, network: &Network, accounts: &[Account]) {
    let mut first: HashMap<String, (u64, u8)> = HashMap::new();
    for (block, id, code) in mock
        .ledger()
        .into_iter()
        .filter(|(block, _, _)| *block >= 2)
    {
        first.entry(id).or_insert((block, code));
    }
    let mut done = 0;
    for account in accounts {
        match account {
            Account::Done(id) => {
                assert_eq!(first[id].1, 0, "{account:?}");
                done += 1;
            }
            Account::Invalid(id) => assert_eq!(first[id].1, 11, "{account:?}"),
            Account::Nothing(id) => assert!(!first.contains_key(id), "{account:?}"),
            // Asked again, now that the peer is well, it is what the ledger says.
            Account::Unknown(id) => {
                if let Some((block, code)) = first.get(id) {
                    let status = network.commit_status(id.as_str()).await.unwrap();
                    assert_eq!(
                        (status.block_number, status.code.number()),
                        (*block, i32::from(*code))
                    );
                    done += usize::from(*code == 0);
                }
            }
        }
    }
    // A call that was executed twice would leave a valid transaction that nobody accounts for.
    let valid = first.values().filter(|(_, code)| *code == 0).count();
    assert_eq!((accounts.len(), done), (CALLS, valid));
    assert!(done > CALLS / 2, "{done} of {CALLS}");
}
