//! A key in a hardware module. With SoftHSM, for a try:
//!
//! ```console
//! softhsm2-util --init-token --free --label vault --pin 1234 --so-pin 1234
//! softhsm2-util --import KEY.pem --token vault --label user --id A1 --pin 1234
//! HSM_PIN=1234 cargo run --features pkcs11 --example hardware_key -- read 1
//! ```

#[path = "setup/connection.rs"]
mod connection;

use std::sync::Arc;

use connection::{msp_folder, peer, setting};
use fabric_gateway_sdk::pkcs11::{KeyName, Pkcs11Key, Pkcs11Settings};
use fabric_gateway_sdk::{Gateway, Identity};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let library = setting("HSM_LIBRARY", "/usr/lib/softhsm/libsofthsm2.so");
    let key = KeyName::Label(setting("HSM_KEY", "user"));
    let settings = Pkcs11Settings::new(
        library,
        setting("HSM_TOKEN", "vault"),
        setting("HSM_PIN", ""),
        key,
    );
    let key = Pkcs11Key::open(settings)?;
    let certificates = std::fs::read_dir(format!("{}/signcerts", msp_folder()))?.next();
    let certificate = std::fs::read(
        certificates
            .ok_or(anyhow::anyhow!("no certificate"))??
            .path(),
    )?;

    let identity = Identity::with_signer("Org1MSP", certificate, Arc::new(key));
    let gateway = Gateway::builder(identity)
        .endpoint(peer()?)
        .connect_lazy()?;
    let contract = gateway
        .network(setting("CHANNEL", "mychannel"))
        .contract(setting("CHAINCODE", "assets"));
    let mut arguments = std::env::args().skip(1);
    let function = arguments.next().unwrap_or_else(|| "read".to_owned());
    let result = contract
        .evaluate(&function)
        .args(arguments.collect::<Vec<_>>())
        .await?;
    println!("{}", String::from_utf8_lossy(&result));
    Ok(())
}
