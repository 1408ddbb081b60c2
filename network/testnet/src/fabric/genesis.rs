//! The channel's first block: members, policies, capabilities and how blocks are cut.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use fabric_msp::layout::ORDERER_MSP_ID;

use super::options::Options;
use super::organizations::Organizations;
use super::state::{PeerNode, State};
use super::tools::Tools;
use crate::error::Error;

const PROFILE: &str = "Selvedge";

/// Writes `configtx.yaml` and makes the block of each channel from it.
pub(super) async fn generate(
    tools: &Tools,
    state: &State,
    options: &Options,
    folder: &Path,
) -> Result<(), Error> {
    let path = tools.configuration().join("configtx.yaml");
    fs::write(&path, configuration(state, options)).map_err(Error::io("write", &path))?;
    let configuration = tools.configuration().display().to_string();
    for channel in state.channels() {
        let output = block_path(folder, channel).display().to_string();
        let arguments = ["-profile", PROFILE, "-channelID", channel, "-configPath"];
        let arguments = arguments
            .into_iter()
            .chain([&*configuration, "-outputBlock", &*output]);
        tools.run("configtxgen", &[], arguments).await?;
    }
    Ok(())
}

/// The bytes of a channel's block.
pub(super) fn read(folder: &Path, channel: &str) -> Result<Vec<u8>, Error> {
    let path = block_path(folder, channel);
    fs::read(&path).map_err(Error::io("read", &path))
}

/// Where the block is.
fn block_path(folder: &Path, channel: &str) -> PathBuf {
    folder.join(format!("{channel}.genesis.block"))
}

fn configuration(state: &State, options: &Options) -> String {
    let organizations = Organizations::at(&state.organizations);
    let mut members = String::new();
    for peer in state.first_peers() {
        members.push_str(&peer_organization(&organizations, peer));
    }
    format!(
        "Profiles:
  {PROFILE}:
    Capabilities: {{ V2_0: true }}
{channel_policies}
    Orderer:
      OrdererType: etcdraft
      Addresses: []
      BatchTimeout: {batch_timeout}ms
      BatchSize:
        MaxMessageCount: {batch_message_count_max}
        AbsoluteMaxBytes: 10 MB
        PreferredMaxBytes: 2 MB
{consenters}
      Organizations:
{orderer}
{orderer_policies}
        BlockValidation: {{ Type: ImplicitMeta, Rule: ANY Writers }}
      Capabilities: {{ V2_0: true }}
    Application:
      Organizations:
{members}
{application_policies}
        LifecycleEndorsement: {{ Type: ImplicitMeta, Rule: MAJORITY Endorsement }}
        Endorsement: {{ Type: ImplicitMeta, Rule: MAJORITY Endorsement }}
      Capabilities: {{ V2_5: true }}
",
        channel_policies = group_policies(4),
        orderer_policies = group_policies(6),
        application_policies = group_policies(6),
        batch_timeout = options.batch_timeout.as_millis(),
        batch_message_count_max = options.batch_message_count_max,
        consenters = consenters(state, &organizations),
        orderer = orderer_organization(state, &organizations),
    )
}

/// Short ticks: a node that is alone elects itself, and three agree on another leader, within a second
/// or two.
fn consenters(state: &State, organizations: &Organizations) -> String {
    let mut text = String::from("      EtcdRaft:\n        Consenters:\n");
    for node in &state.orderers {
        let certificate = organizations.orderer_node(node).join("tls/server.crt");
        let certificate = quoted(&certificate);
        let (host, port) = (node.address.ip(), node.address.port());
        let _ = writeln!(
            text,
            "          - {{ Host: {host}, Port: {port}, ClientTLSCert: {certificate}, ServerTLSCert: {certificate} }}"
        );
    }
    text.push_str(
        "        Options:
          TickInterval: 100ms
          ElectionTick: 10
          HeartbeatTick: 1
          MaxInflightBlocks: 5
          SnapshotIntervalSize: 16 MB",
    );
    text
}

fn orderer_organization(state: &State, organizations: &Organizations) -> String {
    let msp = quoted(&organizations.orderer_msp());
    let endpoints = state
        .orderers
        .iter()
        .map(|node| format!("'{}'", node.address));
    let endpoints = endpoints.collect::<Vec<_>>().join(", ");
    format!(
        "        - Name: OrdererOrg
          ID: {ORDERER_MSP_ID}
          MSPDir: {msp}
          OrdererEndpoints: [{endpoints}]
          Policies:
            Readers: {{ Type: Signature, Rule: \"OR('{ORDERER_MSP_ID}.member')\" }}
            Writers: {{ Type: Signature, Rule: \"OR('{ORDERER_MSP_ID}.member')\" }}
            Admins: {{ Type: Signature, Rule: \"OR('{ORDERER_MSP_ID}.admin')\" }}"
    )
}

/// Anchor peers are in the first block, so that peers of all organisations find each other
/// without a configuration update.
fn peer_organization(organizations: &Organizations, peer: &PeerNode) -> String {
    let (id, msp) = (&peer.msp_id, quoted(&organizations.peer_msp(&peer.domain)));
    let (host, port) = (peer.address.ip(), peer.address.port());
    let mut text = format!(
        "        - Name: {id}
          ID: {id}
          MSPDir: {msp}
          AnchorPeers: [{{ Host: {host}, Port: {port} }}]
          Policies:\n"
    );
    for (policy, rule) in [
        (
            "Readers",
            format!("OR('{id}.admin', '{id}.peer', '{id}.client')"),
        ),
        ("Writers", format!("OR('{id}.admin', '{id}.client')")),
        ("Admins", format!("OR('{id}.admin')")),
        ("Endorsement", format!("OR('{id}.peer')")),
    ] {
        let _ = writeln!(
            text,
            "            {policy}: {{ Type: Signature, Rule: \"{rule}\" }}"
        );
    }
    text
}

/// What channel, orderer and application groups have in common.
fn group_policies(indent: usize) -> String {
    let margin = " ".repeat(indent);
    format!(
        "{margin}Policies:
{margin}  Readers: {{ Type: ImplicitMeta, Rule: ANY Readers }}
{margin}  Writers: {{ Type: ImplicitMeta, Rule: ANY Writers }}
{margin}  Admins: {{ Type: ImplicitMeta, Rule: MAJORITY Admins }}"
    )
}

/// A path as YAML text. Single quotes are doubled, nothing else is special within them.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}
