//! An ordering node: its configuration, its start, joining the channel, and when it is ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_msp::layout::ORDERER_MSP_ID;

use super::organizations::Organizations;
use super::state::{OrdererNode, State};
use super::tools::Tools;
use super::{administrator, genesis, logs, operations};
use crate::error::Error;
use crate::process::{Lifetime, Process, Signal, Start};

const START_DEADLINE: Duration = Duration::from_secs(60);

/// Folder of a node's settings: each has a file of its own, of one name.
fn configuration(tools: &Tools, node: &OrdererNode) -> PathBuf {
    tools.configuration().join(&node.name)
}

/// Writes a node's settings. A file and not variables: the orderer takes a variable only for a
/// setting that its file has.
pub(super) fn write_configuration(
    tools: &Tools,
    state: &State,
    node: &OrdererNode,
    folder: &Path,
) -> Result<(), Error> {
    let crypto = Organizations::at(&state.organizations).orderer_node(node);
    let data = folder.join("data").join(&node.name);
    fs::create_dir_all(&data).map_err(Error::io("create", &data))?;
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "''"));
    let certificate = quoted(&crypto.join("tls/server.crt"));
    let key = quoted(&crypto.join("tls/server.key"));
    let authority = quoted(&crypto.join("tls/ca.crt"));
    let text = format!(
        "General:
  ListenAddress: {ip}
  ListenPort: {port}
  TLS: {{ Enabled: true, PrivateKey: {key}, Certificate: {certificate}, RootCAs: [{authority}] }}
  Keepalive: {{ ServerMinInterval: 10s, ServerInterval: 7200s, ServerTimeout: 20s }}
  Cluster: {{ ClientCertificate: {certificate}, ClientPrivateKey: {key}, RootCAs: [{authority}], SendBufferSize: 100 }}
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
        ip = node.address.ip(),
        port = node.address.port(),
        msp = quoted(&crypto.join("msp")),
        ledger = quoted(&data.join("ledger")),
        wal = quoted(&data.join("wal")),
        snapshots = quoted(&data.join("snapshots")),
        admin = quoted(Path::new(&node.admin.to_string())),
        operations = quoted(Path::new(&node.operations.to_string())),
    );
    let configuration = configuration(tools, node);
    fs::create_dir_all(&configuration).map_err(Error::io("create", &configuration))?;
    let path = configuration.join("orderer.yaml");
    fs::write(&path, text).map_err(Error::io("write", &path))
}

/// Starts a node. It is not ready yet.
pub(super) fn start(
    tools: &Tools,
    node: &OrdererNode,
    folder: &Path,
    lifetime: Lifetime,
) -> Result<Process, Error> {
    let mut command = tools.command("orderer");
    command.env("FABRIC_CFG_PATH", configuration(tools, node));
    let logs = logs(folder);
    Process::start(Start {
        name: &node.name,
        command,
        logs: &logs,
        stop_signal: Signal::Kill,
        lifetime,
    })
}

/// Waits until a node answers its administrator.
pub(super) async fn answers(
    state: &State,
    node: &OrdererNode,
    process: &mut Process,
) -> Result<(), Error> {
    let administrator = &administrator::of_orderer(state, node)?;
    let look = || async move {
        operations::is_healthy(node.operations).await && administrator.channels().await.is_ok()
    };
    process.ready(START_DEADLINE, look).await
}

/// Makes a node serve each channel.
pub(super) async fn join(state: &State, node: &OrdererNode, folder: &Path) -> Result<(), Error> {
    let administrator = administrator::of_orderer(state, node)?;
    for channel in state.channels() {
        administrator.join(genesis::read(folder, channel)?).await?;
    }
    Ok(())
}

/// Waits until a node knows who leads each channel's ordering: it refuses transactions before.
pub(super) async fn follows_a_leader(
    state: &State,
    node: &OrdererNode,
    process: &mut Process,
) -> Result<(), Error> {
    let look = || async move {
        for channel in state.channels() {
            let name = "consensus_etcdraft_leader_changes";
            let changes = operations::metric(node.operations, name, channel).await;
            if changes.is_none_or(|changes| changes <= 0.0) {
                return false;
            }
            if leader(state, channel).await.is_none() {
                return false;
            }
        }
        true
    };
    process.ready(START_DEADLINE, look).await
}

/// Place of the node that leads a channel's ordering, if one does.
pub(super) async fn leader(state: &State, channel: &str) -> Option<usize> {
    for (place, node) in state.orderers.iter().enumerate() {
        let name = "consensus_etcdraft_is_leader";
        if operations::metric(node.operations, name, channel).await == Some(1.0) {
            return Some(place);
        }
    }
    None
}
