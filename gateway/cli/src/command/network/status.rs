//! What a running network is: endpoints, height, what to type next.

use std::process::ExitCode;

use serde::Serialize;

use crate::ledger::Session;
use crate::output::Output;
use crate::place::{Place, State};

/// The state file, and what the first peer says.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    state: State,
    /// Number of blocks; none where the peer does not answer.
    height: Option<u64>,
}

pub(super) async fn print(place: &Place, output: &Output) -> anyhow::Result<ExitCode> {
    let state = place.state()?;
    let height = Session::at(place.clone()).height().await.ok();
    let status = Status { state, height };
    output.result(&status, |status| describe(status, place))?;
    Ok(if height.is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn describe(status: &Status, place: &Place) -> String {
    let state = &status.state;
    let mut text = format!("{} network", state.kind);
    let settings = state.settings.as_ref();
    if let Some(compat) = settings.and_then(|settings| settings.compat.as_ref()) {
        text.push_str(&format!(" as of Fabric {compat}"));
    }
    text.push_str(&format!(", channel {}\n", state.channel));
    for channel in state.channels.iter().skip(1) {
        let members = channel.organizations.join(", ");
        text.push_str(&format!("  channel  {} ({members})\n", channel.name));
    }
    text.push_str(&format!("  orderer  {}\n", state.orderer));
    for peer in &state.peers {
        text.push_str(&format!(
            "  {:<8} {}  {}(TLS CA {})\n",
            peer.msp_id,
            peer.address,
            peer.label(),
            peer.tls_ca.display()
        ));
    }
    text.push_str(&format!(
        "  identities in {}\n",
        state.organizations.display()
    ));
    match status.height {
        Some(height) => text.push_str(&format!("  height   {height}\n")),
        None => text.push_str(&format!(
            "  it does NOT answer; start it with `selvedge network up --dir {}`\n",
            place.dir().display()
        )),
    }
    text
}
