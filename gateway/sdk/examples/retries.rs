//! Retries: what is safe is done by default, what repeats work is asked for; and many at once.
//!
//! `CHAINCODE=bonds cargo run --example retries -- transfer 1 bob`

#[path = "setup/connection.rs"]
mod connection;

use connection::{peer, setting, user};
use fabric_gateway_sdk::{Gateway, Retry};
use futures::StreamExt as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let gateway = Gateway::builder(user()?).endpoint(peer()?).connect_lazy()?;
    let contract = gateway
        .network(setting("CHANNEL", "mychannel"))
        .contract(setting("CHAINCODE", "assets"));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (function, arguments) = match arguments.split_first() {
        Some((function, arguments)) => (function.clone(), arguments.to_vec()),
        None => ("read".to_owned(), Vec::new()),
    };

    // The same envelope is resent while its outcome is unknown: the ledger takes it once. A new
    // proposal is made only after a conflict that is committed as such, or different endorsements.
    let retry = Retry::on_conflict(5).and_on_mismatch(2).and_on_trouble(2);
    let calls = (0..100).map(|_| {
        contract
            .submit(&function)
            .args(&arguments)
            .retry(retry.clone())
    });

    // A hundred transactions, twenty at a time. What waits for its commit costs the peer nothing.
    let outcomes = gateway.submit_all(futures::stream::iter(calls), 20);
    let mut outcomes = std::pin::pin!(outcomes);
    while let Some((position, outcome)) = outcomes.next().await {
        match outcome {
            Ok(receipt) => println!("{position}: block {}", receipt.block_number),
            Err(error) => println!("{position}: {error}"),
        }
    }
    Ok(())
}
