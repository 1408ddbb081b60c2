//! Client applications that are not ours, unmodified, against the embedded network.

use std::process::Command;

use e2e::World;
use e2e::world::CHAINCODE;
use fabric_msp::layout::{ADMIN, OrganizationLayout};
use fabric_testnet::NetworkKind;

use crate::foreign::{self, Language};

/// Tells a client where the network is and who its users are.
pub(crate) fn with_network(command: &mut Command, world: &World, chaincode: &str) {
    let (state, peer) = (world.state(), &world.state().peers[0]);
    let organization = OrganizationLayout::peer(&state.organizations, 1);
    command
        .env("INTEROP_PEER", &peer.address)
        .env("INTEROP_TLS_CA", &peer.tls_ca)
        .env("INTEROP_MSP_ID", &peer.msp_id)
        .env("INTEROP_ADMIN_MSP", organization.user(ADMIN).join("msp"))
        .env("INTEROP_USER_MSP", organization.user("User1").join("msp"))
        .env("INTEROP_CHANNEL", &state.channel)
        .env("INTEROP_CHAINCODE", chaincode);
}

/// Runs a client to its end; it must succeed and say so.
pub(crate) async fn run(command: Command, last_line: &str) {
    let program = command.get_program().to_owned();
    let output = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output()
        .await;
    let output = output.unwrap_or_else(|error| {
        panic!(
            "cannot run {}: {error}; run scripts/interop",
            program.display()
        )
    });
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{text}\n{errors}",
        output.status
    );
    assert!(text.contains(last_line), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn official_node_client_works_unmodified() {
    let world = World::start_on(NetworkKind::Embedded).await;
    let mut command = Command::new("node");
    command.arg(foreign::folder(Language::Node).join("client.mjs"));
    with_network(&mut command, &world, CHAINCODE);
    run(command, "the official Node client works unmodified").await;
}
