//! The ordering node: its configuration, its start, joining the channel, and when it is ready.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fabric_msp::layout::{self, ORDERER_MSP_ID};

use super::organizations::Organizations;
use super::state::State;
use super::tools::Tools;
use super::{genesis, logs, operations};
use crate::error::Error;
use crate::process::{Lifetime, Process, Signal, Start};

const START_DEADLINE: Duration = Duration::from_secs(60);

/// Writes the node's settings. A file and not variables: the orderer takes a variable only for
/// a setting that its file has.
pub(super) fn write_configuration(
    tools: &Tools,
    state: &State,
    folder: &Path,
) -> Result<(), Error> {
    let node = Organizations::at(&state.organizations).orderer_node();
    let data = folder.join("data/orderer");
    fs::create_dir_all(&data).map_err(Error::io("create", &data))?;
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "''"));
    let certificate = quoted(&node.join("tls/server.crt"));
    let key = quoted(&node.join("tls/server.key"));
    let authority = quoted(&node.join("tls/ca.crt"));
    let text = format!(
        "General:
  ListenAddress: {ip}
  ListenPort: {port}
  TLS: {{ Enabled: true, PrivateKey: {key}, Certificate: {certificate}, RootCAs: [{authority}] }}
  Keepalive: {{ ServerMinInterval: 10s, ServerInterval: 7200s, ServerTimeout: 20s }}
  Cluster: {{ ClientCertificate: {certificate}, ClientPrivateKey: {key}, SendBufferSize: 100 }}
  BootstrapMethod: none
  LocalMSPDir: {msp}
  LocalMSPID: {ORDERER_MSP_ID}
  BCCSP: {{ Default: SW, SW: {{ Hash: SHA2, Security: 256 }} }}
  Authentication: {{ TimeWindow: 15m }}
FileLedger: {{ Location: {ledger} }}
Consensus: {{ WALDir: {wal}, SnapDir: {snapshots} }}
ChannelParticipation: {{ Enabled: true, MaxRequestBodySize: 1 MB }}
Admin:
  ListenAddress: {admin}
  TLS:
    Enabled: true
    PrivateKey: {key}
    Certificate: {certificate}
    ClientAuthRequired: true
    ClientRootCAs: [{authority}]
Operations: {{ ListenAddress: {operations} }}
Metrics: {{ Provider: prometheus }}
",
        ip = state.orderer.ip(),
        port = state.orderer.port(),
        msp = quoted(&node.join("msp")),
        ledger = quoted(&data.join("ledger")),
        wal = quoted(&data.join("wal")),
        snapshots = quoted(&data.join("snapshots")),
        admin = quoted(Path::new(&state.orderer_node.admin.to_string())),
        operations = quoted(Path::new(&state.orderer_node.operations.to_string())),
    );
    let path = tools.configuration().join("orderer.yaml");
    fs::write(&path, text).map_err(Error::io("write", &path))
}

/// Starts the node. It is not ready yet.
pub(super) fn start(tools: &Tools, folder: &Path, lifetime: Lifetime) -> Result<Process, Error> {
    let name = layout::orderer_host();
    let (command, logs) = (tools.command("orderer"), logs(folder));
    Process::start(Start {
        name: &name,
        command,
        logs: &logs,
        stop_signal: Signal::Kill,
        lifetime,
    })
}

/// Waits until the node answers its administrator.
pub(super) async fn answers(
    tools: &Tools,
    state: &State,
    process: &mut Process,
) -> Result<(), Error> {
    let look = || async move {
        operations::is_healthy(state.orderer_node.operations).await
            && administer(tools, state, "list", &[]).await.is_ok()
    };
    process.ready(START_DEADLINE, look).await
}

/// Makes the node serve the channel.
pub(super) async fn join(tools: &Tools, state: &State, folder: &Path) -> Result<(), Error> {
    let block = genesis::block_path(folder).display().to_string();
    let arguments = ["--channelID", &state.channel, "--config-block", &block];
    administer(tools, state, "join", &arguments).await
}

/// Waits until the node leads the channel's ordering: it refuses transactions before.
pub(super) async fn leads(state: &State, process: &mut Process) -> Result<(), Error> {
    let look = || async move {
        let endpoint = state.orderer_node.operations;
        let name = "consensus_etcdraft_is_leader";
        operations::metric(endpoint, name, &state.channel).await == Some(1.0)
    };
    process.ready(START_DEADLINE, look).await
}

async fn administer(tools: &Tools, state: &State, verb: &str, more: &[&str]) -> Result<(), Error> {
    let tls = Organizations::at(&state.organizations)
        .orderer_node()
        .join("tls");
    let path = |name: &str| tls.join(name).display().to_string();
    let (authority, certificate, key) = (path("ca.crt"), path("server.crt"), path("server.key"));
    let address = state.orderer_node.admin.to_string();
    let arguments = [
        ["channel", verb],
        ["-o", &address],
        ["--ca-file", &authority],
        ["--client-cert", &certificate],
        ["--client-key", &key],
    ];
    let arguments = arguments.concat().into_iter().chain(more.iter().copied());
    let answer = tools.run("osnadmin", &[], arguments).await?;
    // The tool ends with 0 whatever the node's answer is.
    if answer.starts_with("Status: 2") {
        return Ok(());
    }
    Err(Error::CommandFailed {
        command: format!("osnadmin channel {verb}"),
        status: "refused by the orderer".to_owned(),
        output: answer.trim().to_owned(),
    })
}
