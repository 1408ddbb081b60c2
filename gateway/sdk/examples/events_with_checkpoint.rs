//! Events with a checkpoint: every event is handled, across restarts of this program and of peers.
//!
//! `CHAINCODE=bonds cargo run --example events_with_checkpoint`; stop it with Ctrl-C and start it again.

#[path = "setup/connection.rs"]
mod connection;

use connection::{peer, setting, user};
use fabric_gateway_sdk::{Backoff, Checkpointer as _, FileCheckpointer, Gateway};
use futures::TryStreamExt as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let gateway = Gateway::builder(user()?).endpoint(peer()?).connect_lazy()?;
    let network = gateway.network(setting("CHANNEL", "mychannel"));

    // A second program with the same file is refused: each reader has a place of its own.
    let mut checkpoint = FileCheckpointer::open(setting("CHECKPOINT", "events.json"))?;
    let events = network
        .chaincode_events(setting("CHAINCODE", "assets"))
        .from_block(0)
        .from_checkpoint(&checkpoint)
        .resume(Backoff::forever());
    let mut events = events.stream();
    while let Some(event) = events.try_next().await? {
        println!(
            "{} in block {}: {}",
            event.name, event.block_number, event.transaction_id
        );
        // What is done before this line may be done twice, if the program dies in between; nothing is lost.
        checkpoint.checkpoint_event(&event).await?;
    }
    Ok(())
}
