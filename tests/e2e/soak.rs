//! Transactions through kill -9 of the network's parts: whatever the SDK says of each is what the
//! ledger says. `SOAK=100000` lets more of them run than the suite has time for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use asset_types::{Controller, Kyc, OpenAccount, function};
use e2e::World;
use e2e::asset_client::{request_id, signing_identity, unique};
use e2e::books::Chain;
use e2e::network::State;
use e2e::world::CHAINCODE;
use fabric_gateway_sdk::{Balance, Contract, Endpoint, Error, Gateway, Receipt, Retry, Submit};
use fabric_msp::layout::ADMIN;
use fabric_testnet::wait_until;
use futures::StreamExt as _;

/// Transactions unless `SOAK` says otherwise: some seconds of work.
const TRANSACTIONS: usize = 600;
const AT_ONCE: usize = 32;
/// A part dies after every so many outcomes.
const BETWEEN_CRASHES: usize = 150;
/// What a killed orderer has lost never commits: it is given up after this.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);
/// Attempts while a part is away: enough for the pauses between them to outlast it.
const TROUBLES: u32 = 30;
const RESENDS: u32 = 10;
/// A killed part is back long before, also on a busy machine.
const RECOVERY_DEADLINE: Duration = Duration::from_secs(120);

/// A gateway over the peers of all organisations.
fn gateway(state: &State) -> Gateway {
    let identity = signing_identity(state, 1, ADMIN);
    let builder = Gateway::builder(identity).balance(Balance::OneAtATime);
    let builder = state.peers.iter().fold(builder, |builder, peer| {
        let authority = std::fs::read(&peer.tls_ca).expect("the TLS authority can be read");
        let url = format!("https://{}", peer.address);
        builder.endpoint(Endpoint::tls(url, authority).expect("an endpoint"))
    });
    builder.connect_lazy().expect("a gateway")
}

fn open_account(contract: &Contract) -> Submit {
    let request = OpenAccount {
        request_id: request_id(),
        account: unique("soak").parse().expect("an account"),
        controllers: vec![Controller {
            msp_id: "Org1MSP".parse().expect("an MSP id"),
            key_hash: "11".repeat(32).parse().expect("a hash"),
        }],
        kyc: Kyc {
            class: 1,
            expires_at: "2999-01-01T00:00:00Z".parse().expect("a time"),
            credential_hash: "00".repeat(32).parse().expect("a hash"),
        },
        expires_at: None,
    };
    let retry = Retry::on_conflict(3)
        .and_on_mismatch(3)
        .and_on_trouble(TROUBLES)
        .and_resend(RESENDS);
    let submit = contract.submit(function::ACCOUNTS_OPEN).json_arg(&request);
    submit.retry(retry).commit_timeout(COMMIT_LIMIT)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_through_crashes_is_the_ledgers() {
    let mut world = World::start().await;
    let transactions = std::env::var("SOAK").map_or(TRANSACTIONS, |text| {
        text.parse().expect("SOAK is a number of transactions")
    });
    let gateway = gateway(world.state());
    let network = gateway.network(&world.state().channel);
    let contract = network.contract(CHAINCODE);
    let ended = AtomicUsize::new(0);
    let calls = futures::stream::iter((0..transactions).map(|_| open_account(&contract)));
    let outcomes = gateway.submit_all(calls, AT_ONCE).map(|(_, outcome)| {
        ended.fetch_add(1, Ordering::Relaxed);
        outcome
    });
    let crashes = async {
        let victims = world.network().victims().iter().cycle();
        for (victim, wanted) in
            victims.zip((BETWEEN_CRASHES..transactions).step_by(BETWEEN_CRASHES))
        {
            let reached = wait_until(RECOVERY_DEADLINE, || async {
                ended.load(Ordering::Relaxed) >= wanted
            });
            reached.await.expect("the transactions go on");
            world.network().kill(*victim).await;
            world.network_mut().resume().await;
        }
    };
    let (outcomes, ()) = futures::future::join(outcomes.collect::<Vec<_>>(), crashes).await;
    assert_eq!(outcomes.len(), transactions);
    let chain = Chain::read(&network).await;
    let mut counts = [0; 4];
    for outcome in &outcomes {
        counts[check(&chain, outcome)] += 1;
    }
    let [valid, invalid, nothing, unknown] = counts;
    println!(
        "{valid} valid, {invalid} invalid, {nothing} never sent, {unknown} unknown; every outcome that was told is the ledger's"
    );
    // While a peer is away that the policy needs, a gateway refuses at once, and calls end quickly.
    assert!(valid >= BETWEEN_CRASHES.min(transactions));
}

/// Holds an outcome against the ledger; gives its kind.
fn check(chain: &Chain, outcome: &Result<Receipt, Error>) -> usize {
    let error = match outcome {
        Ok(receipt) => {
            assert_eq!(chain.verdicts(&receipt.transaction_id).first(), Some(&0));
            return 0;
        }
        Err(error) => error,
    };
    let id = error
        .transaction_id()
        .expect("an error names its transaction");
    match error {
        _ if error.outcome_unknown() => 3,
        Error::NotValid { code, .. } => {
            assert_eq!(chain.verdicts(id).first(), Some(&code.number()), "{error}");
            1
        }
        _ => {
            assert!(chain.verdicts(id).is_empty(), "{error}");
            println!("never sent: {error}");
            2
        }
    }
}
