//! Programs that are not ours against the embedded network. Run it with `scripts/interop`.

use std::path::PathBuf;
use std::process::Command;

use e2e::World;
use e2e::world::CHAINCODE;
use fabric_msp::layout::{ADMIN, OrganizationLayout};
use fabric_testnet::NetworkKind;

#[tokio::test(flavor = "multi_thread")]
async fn official_node_client_works_unmodified() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop/node");
    assert!(
        folder.join("node_modules").is_dir(),
        "the client's packages are missing: run scripts/interop, or `npm install --prefix {}`",
        folder.display()
    );
    let world = World::start_on(NetworkKind::Embedded).await;
    let (state, peer) = (world.state(), &world.state().peers[0]);
    let organization = OrganizationLayout::peer(&state.organizations, 1);
    let mut command = Command::new("node");
    command
        .arg(folder.join("client.mjs"))
        .env("INTEROP_PEER", &peer.address)
        .env("INTEROP_TLS_CA", &peer.tls_ca)
        .env("INTEROP_MSP_ID", &peer.msp_id)
        .env("INTEROP_ADMIN_MSP", organization.user(ADMIN).join("msp"))
        .env("INTEROP_USER_MSP", organization.user("User1").join("msp"))
        .env("INTEROP_CHANNEL", &state.channel)
        .env("INTEROP_CHAINCODE", CHAINCODE);

    let output = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output()
        .await;

    let output = output.expect("Node.js runs: install version 20 or later");
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{text}\n{errors}",
        output.status
    );
    assert!(
        text.contains("the official Node client works unmodified"),
        "{text}"
    );
}
