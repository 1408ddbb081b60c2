//! First transaction: a query, then a transaction from its proposal to its commit.
//!
//! `CHAINCODE=bonds cargo run --example first_transaction -- transfer 1 bob`

#[path = "setup/connection.rs"]
mod connection;

use connection::{peer, setting, user};
use fabric_gateway_sdk::{Error, Gateway};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let gateway = Gateway::builder(user()?)
        .endpoint(peer()?)
        .connect()
        .await?;
    let network = gateway.network(setting("CHANNEL", "mychannel"));
    let contract = network.contract(setting("CHAINCODE", "assets"));
    let mut arguments = std::env::args().skip(1);
    let function = arguments.next().unwrap_or_else(|| "read".to_owned());
    let arguments: Vec<String> = arguments.collect();

    // A query runs on one peer and changes nothing.
    let result = contract.evaluate(&function).args(&arguments).await?;
    println!("it would return {}", String::from_utf8_lossy(&result));

    // A transaction is endorsed, ordered and committed; that is what is awaited here.
    match contract.submit(&function).args(&arguments).await {
        Ok(receipt) => println!(
            "{} is in block {}",
            receipt.transaction_id, receipt.block_number
        ),
        Err(Error::Chaincode { message, .. }) => println!("the chaincode refuses: {message}"),
        Err(error) if error.outcome_unknown() => {
            println!(
                "nobody knows yet: ask for {:?} again",
                error.transaction_id()
            );
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
