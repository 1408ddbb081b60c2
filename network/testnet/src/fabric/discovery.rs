//! When the gateways of all peers can find a chaincode that was just deployed.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::organizations::{Organizations, single_file};
use super::state::{PeerNode, State};
use super::tools::Tools;
use crate::error::Error;
use crate::wait::wait_until;

/// Gossip between idle peers takes a second.
const DISCOVERY_DEADLINE: Duration = Duration::from_secs(60);

/// Waits until every peer knows of every peer that it has the chaincode.
pub(super) async fn discovered(
    tools: &Tools,
    state: &State,
    channel: &str,
    chaincode: &str,
) -> Result<(), Error> {
    for peer in &state.peers {
        let arguments = arguments(state, channel, peer)?;
        let arguments = &arguments;
        let waited = wait_until(DISCOVERY_DEADLINE, || async move {
            let arguments = arguments.iter().map(String::as_str);
            let answer = tools.run("discover", &[], arguments).await;
            answer.is_ok_and(|answer| all_have_it(state, chaincode, &answer))
        });
        waited.await.map_err(|passed| Error::DeadlinePassed {
            what: format!("the discovery of {chaincode} by {}", peer.name),
            deadline: passed.deadline,
            detail: "see the peers' logs".to_owned(),
        })?;
    }
    Ok(())
}

fn arguments(state: &State, channel: &str, peer: &PeerNode) -> Result<Vec<String>, Error> {
    let admin = Organizations::at(&state.organizations).admin_msp(&peer.domain);
    let flags = [
        ("--peerTLSCA", text(&peer.tls_ca)),
        ("--userKey", text(&single_file(&admin.join("keystore"))?)),
        ("--userCert", text(&single_file(&admin.join("signcerts"))?)),
        ("--MSP", peer.msp_id.clone()),
    ];
    let mut arguments: Vec<String> = flags
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect();
    let query = ["peers", "--channel", channel, "--server"];
    arguments.extend(query.map(str::to_owned));
    arguments.push(peer.address.to_string());
    Ok(arguments)
}

fn all_have_it(state: &State, chaincode: &str, answer: &str) -> bool {
    let peers: Vec<Value> = serde_json::from_str(answer).unwrap_or_default();
    let name = Value::from(chaincode);
    let has_it = |peer: &&Value| {
        peer["Chaincodes"]
            .as_array()
            .is_some_and(|installed| installed.contains(&name))
    };
    peers.iter().filter(has_it).count() == state.peers.len()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
