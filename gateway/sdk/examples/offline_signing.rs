//! Off-line signing: the process that talks to the peer has no key; whoever has it sees digests only.
//!
//! `CHAINCODE=bonds cargo run --example offline_signing -- transfer 1 bob`

#[path = "setup/connection.rs"]
mod connection;

use connection::{msp_folder, peer, setting};
use fabric_gateway_sdk::{Gateway, Identity, SigningIdentity};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The vault. Only this closure knows the key.
    let vault = SigningIdentity::from_msp_dir(msp_folder(), "Org1MSP")?;
    let sign = |digest: [u8; 32]| vault.sign_digest(&digest);

    let identity = Identity::without_key("Org1MSP", vault.certificate_pem());
    let gateway = Gateway::builder(identity)
        .endpoint(peer()?)
        .connect_lazy()?;
    let contract = gateway
        .network(setting("CHANNEL", "mychannel"))
        .contract(setting("CHAINCODE", "assets"));
    let mut arguments = std::env::args().skip(1);
    let function = arguments.next().unwrap_or_else(|| "read".to_owned());

    let proposal = contract
        .proposal(&function)
        .args(arguments.collect::<Vec<_>>())
        .build()?;
    let signature = sign(proposal.digest())?;
    let transaction = proposal.with_signature(signature).endorse().await?;

    // Between any two steps the work can rest as bytes, and go on in another process.
    let resting = transaction.to_bytes();
    let transaction = gateway.transaction_from_bytes(resting)?;
    let signature = sign(transaction.digest())?;
    let commit = transaction.with_signature(signature).submit().await?;

    let signature = sign(commit.digest())?;
    let status = commit.with_signature(signature).status().await?;
    println!(
        "{} in block {}: {}",
        status.transaction_id, status.block_number, status.code
    );
    Ok(())
}
