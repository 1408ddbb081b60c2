//! A peer: its configuration, its start, joining the channel, and when it is ready.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::options::Options;
use super::organizations::Organizations;
use super::state::{PeerNode, State};
use super::tools::Tools;
use super::{administrator, builder, genesis, logs, operations};
use crate::error::Error;
use crate::process::{Lifetime, Process, Signal, Start};

/// A peer starts in a second on an idle machine.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// Writes the settings that all peers share.
///
/// Values are those of Fabric's sample configuration unless a comment says why not.
pub(super) fn write_configuration(
    tools: &Tools,
    state: &State,
    options: &Options,
    folder: &Path,
) -> Result<(), Error> {
    let builder = builder::write(folder)?
        .display()
        .to_string()
        .replace('\'', "''");
    let text = CONFIGURATION
        .replace("{filters}", filters(&state.version))
        .replace("{gateway_calls}", &options.gateway_calls.to_string())
        .replace("{builder_name}", builder::NAME)
        .replace("{builder}", &builder);
    let path = tools.configuration().join("core.yaml");
    fs::write(&path, text).map_err(Error::io("write", &path))
}

/// What proposals are checked for before anything else. Peers before 3.0 do not know the last of these, and
/// refuse to start with it.
fn filters(version: &str) -> &'static str {
    if version.trim_start_matches('v').starts_with("2.") {
        "{ name: DefaultAuth }, { name: ExpirationCheck }"
    } else {
        "{ name: DefaultAuth }, { name: ExpirationCheck }, { name: TimeWindowCheck }"
    }
}

/// No `vm.endpoint`: there is no Docker, and with one configured the peer is never healthy.
const CONFIGURATION: &str = r"# Shared by all peers; addresses and paths come from CORE_ variables.
peer:
  networkId: selvedge
  tls: { enabled: true, clientAuthRequired: false }
  authentication: { timewindow: 15m }
  client: { connTimeout: 10s }
  gateway: { enabled: true, endorsementTimeout: 30s, broadcastTimeout: 30s, dialTimeout: 2m }
  keepalive:
    # Clients may ping every 10 s, not only every minute.
    minInterval: 10s
    deliveryClient: { interval: 60s, timeout: 20s }
    client: { interval: 60s, timeout: 20s }
  gossip:
    useLeaderElection: false
    orgLeader: true
    # Peers learn of each other, and of deployed chaincode, in a second instead of ten.
    publishStateInfoInterval: 500ms
    requestStateInfoInterval: 500ms
    aliveTimeInterval: 1s
    # A machine under load keeps a peer waiting for seconds: nobody shall take it for dead then.
    aliveExpirationTimeout: 15s
    reconnectInterval: 1s
    membershipTrackerInterval: 1s
    state: { enabled: false }
    pvtData:
      pullRetryThreshold: 60s
      transientstoreMaxBlockRetention: 20000
      pushAckTimeout: 3s
      btlPullMargin: 10
      reconcileBatchSize: 10
      # A peer that was away gets missing private data soon: tests wait for it.
      reconcileSleepInterval: 1s
      reconciliationEnabled: true
      implicitCollectionDisseminationPolicy: { requiredPeerCount: 0, maxPeerCount: 1 }
  deliveryclient: { reconnectTotalTimeThreshold: 3600s, reConnectBackoffThreshold: 1s, policy: cluster }
  discovery: { enabled: true, authCacheEnabled: true, authCacheMaxSize: 1000, authCachePurgeRetentionRatio: 0.75 }
  limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: {gateway_calls} } }
  maxRecvMsgSize: 104857600
  maxSendMsgSize: 104857600
  handlers:
    authFilters: [{filters}]
    decorators: [{ name: DefaultDecorator }]
    endorsers: { escc: { name: DefaultEndorsement } }
    validators: { vscc: { name: DefaultValidation } }
  BCCSP: { Default: SW, SW: { Hash: SHA2, Security: 256 } }
chaincode:
  mode: net
  executetimeout: 30s
  installTimeout: 300s
  startuptimeout: 300s
  system: { _lifecycle: enable, cscc: enable, lscc: enable, qscc: enable }
  runtimeParams: { useWriteBatch: true, maxSizeWriteBatch: 1000, useGetMultipleKeys: true, maxSizeGetMultipleKeys: 1000 }
  logging: { level: info, shim: warning }
  externalBuilders: [{ name: '{builder_name}', path: '{builder}' }]
ledger:
  state: { stateDatabase: goleveldb, totalQueryLimit: 100000 }
  history: { enableHistoryDatabase: true }
  pvtdataStore: { purgeInterval: 100, purgedKeyAuditLogging: true }
metrics: { provider: prometheus }
";

/// Starts the peer. It is not ready yet.
pub(super) fn start(
    tools: &Tools,
    state: &State,
    peer: &PeerNode,
    folder: &Path,
    lifetime: Lifetime,
) -> Result<Process, Error> {
    let organizations = Organizations::at(&state.organizations);
    let node = organizations.peer_node(peer);
    let data = folder.join("data").join(&peer.name);
    fs::create_dir_all(&data).map_err(Error::io("create", &data))?;
    let address = peer.address.to_string();
    // Peers of an organisation meet at its first one.
    let (_, first) = state.peer(&peer.msp_id)?;
    let mut command = tools.command("peer");
    command
        .args(["node", "start"])
        .env("CORE_PEER_ID", &peer.name)
        .env("CORE_PEER_LOCALMSPID", &peer.msp_id)
        .env("CORE_PEER_MSPCONFIGPATH", node.join("msp"))
        .env("CORE_PEER_TLS_CERT_FILE", node.join("tls/server.crt"))
        .env("CORE_PEER_TLS_KEY_FILE", node.join("tls/server.key"))
        .env("CORE_PEER_TLS_ROOTCERT_FILE", node.join("tls/ca.crt"))
        .env("CORE_PEER_ADDRESS", &address)
        .env("CORE_PEER_LISTENADDRESS", &address)
        .env("CORE_PEER_GOSSIP_BOOTSTRAP", first.address.to_string())
        .env("CORE_PEER_GOSSIP_ENDPOINT", &address)
        .env("CORE_PEER_GOSSIP_EXTERNALENDPOINT", &address)
        .env(
            "CORE_PEER_CHAINCODELISTENADDRESS",
            peer.chaincode.to_string(),
        )
        .env("CORE_OPERATIONS_LISTENADDRESS", peer.operations.to_string())
        .env("CORE_PEER_FILESYSTEMPATH", &data)
        .env("CORE_LEDGER_SNAPSHOTS_ROOTDIR", data.join("snapshots"));
    let logs = logs(folder);
    Process::start(Start {
        name: &peer.name,
        command,
        logs: &logs,
        stop_signal: Signal::Kill,
        lifetime,
    })
}

/// Waits until the peer answers its administrator.
pub(super) async fn answers(
    state: &State,
    peer: &PeerNode,
    process: &mut Process,
) -> Result<(), Error> {
    let administrator = &administrator::of_peer(state, peer)?;
    let look = || async move {
        operations::is_healthy(peer.operations).await && administrator.channels().await.is_ok()
    };
    process.ready(START_DEADLINE, look).await
}

/// Makes the peer a member of each channel.
pub(super) async fn join(state: &State, peer: &PeerNode, folder: &Path) -> Result<(), Error> {
    let administrator = administrator::of_peer(state, peer)?;
    for channel in state.channels() {
        administrator.join(genesis::read(folder, channel)?).await?;
    }
    Ok(())
}

/// Waits until the peer knows `others` other peers as members of each channel: the
/// gateway can find endorsers from then on.
pub(super) async fn knows_others(
    state: &State,
    peer: &PeerNode,
    process: &mut Process,
    others: usize,
) -> Result<(), Error> {
    let look = || async move {
        let name = "gossip_membership_total_peers_known";
        for channel in state.channels() {
            let known = operations::metric(peer.operations, name, channel).await;
            if known.is_none_or(|known| known < others as f64) {
                return false;
            }
        }
        true
    };
    process.ready(START_DEADLINE, look).await
}
