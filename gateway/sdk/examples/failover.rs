//! Failover: several peers, of which any may go away. Stop one while this runs.
//!
//! `PEER_URLS=https://localhost:7051,https://localhost:7151 cargo run --example failover -- read 1`

#[path = "setup/connection.rs"]
mod connection;

use std::time::Duration;

use connection::{peer, peer_at, setting, user};
use fabric_gateway_sdk::{Balance, Gateway};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let builder = Gateway::builder(user()?).balance(Balance::LeastBusy);
    let urls = std::env::var("PEER_URLS").unwrap_or_default();
    let mut urls = urls.split(',').filter(|url| !url.is_empty()).peekable();
    let builder = match urls.peek() {
        Some(_) => urls.try_fold(builder, |builder, url| {
            anyhow::Ok(builder.endpoint(peer_at(url)?))
        })?,
        None => builder.endpoint(peer()?),
    };
    let gateway = builder.connect_lazy()?;
    let contract = gateway
        .network(setting("CHANNEL", "mychannel"))
        .contract(setting("CHAINCODE", "assets"));
    let mut arguments = std::env::args().skip(1);
    let function = arguments.next().unwrap_or_else(|| "read".to_owned());
    let arguments: Vec<String> = arguments.collect();

    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for _ in 0..60 {
        ticks.tick().await;
        match contract.evaluate(&function).args(&arguments).await {
            Ok(result) => println!("{}", String::from_utf8_lossy(&result)),
            Err(error) => println!("{error}"),
        }
        for peer in gateway.peers() {
            println!(
                "  {}: in reach: {}, {} calls open",
                peer.url, peer.is_in_reach, peer.open_calls
            );
        }
    }
    Ok(())
}
