//! `cscc`: the peer's channels and their configurations (`core/scc/cscc/configure.go`).

use fabric_ledger::channel::ChannelConfig;
use fabric_protos::{
    common::Block,
    peer::{ChannelInfo, ChannelQueryResponse, Response},
};
use prost::Message as _;

use super::{Call, SUCCESS, acl, error, success};

pub(super) fn invoke(call: &Call<'_>) -> Response {
    respond(call).unwrap_or_else(error)
}

fn respond(call: &Call<'_>) -> Result<Response, String> {
    let count = call.arguments().len();
    let function = call.text(0);
    let alone = matches!(function.as_str(), "GetChannels" | "JoinBySnapshotStatus");
    if count < 1 || (count < 2 && !alone) {
        return Err(format!("Incorrect number of arguments, {count}"));
    }
    match function.as_str() {
        "GetChannels" => channels(call),
        "GetConfigBlock" => config_block(call),
        "GetChannelConfig" => channel_config(call),
        "JoinChain" => join_chain(call),
        "JoinChainBySnapshot" => join_by_snapshot(call),
        "JoinBySnapshotStatus" => snapshot_status(call),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

fn channels(call: &Call<'_>) -> Result<Response, String> {
    acl::check(call, "cscc/GetChannels", None)
        .map_err(|reason| format!("access denied for [GetChannels]: {reason}"))?;
    let channels = call.peer.ledgers().iter().map(|ledger| ChannelInfo {
        channel_id: ledger.channel().name().to_owned(),
    });
    Ok(success(&ChannelQueryResponse {
        channels: channels.collect(),
    }))
}

fn config_block(call: &Call<'_>) -> Result<Response, String> {
    let name = call.text(1);
    let denied = |reason| format!("access denied for [GetConfigBlock][{name}]: {reason}");
    // A real peer asks the policies of the channel first, and says that there are none.
    let Some(ledger) = call.peer.ledger(&name) else {
        return Err(denied(no_policies(&name)));
    };
    acl::check(call, "cscc/GetConfigBlock", Some(ledger.channel())).map_err(denied)?;
    let number = ledger.view().head().config_block;
    match ledger.block(number) {
        Ok(Some(block)) => Ok(success(block.block())),
        Ok(None) => Err(format!("no such block number [{number}] in index")),
        Err(error) => Err(error.to_string()),
    }
}

fn channel_config(call: &Call<'_>) -> Result<Response, String> {
    let name = call.text(1);
    if name.is_empty() {
        return Err("empty channel name provided".to_owned());
    }
    let denied = |reason| format!("access denied for [GetChannelConfig][{name}]: {reason}");
    let Some(ledger) = call.peer.ledger(&name) else {
        return Err(denied(no_policies(&name)));
    };
    acl::check(call, "cscc/GetChannelConfig", Some(ledger.channel())).map_err(denied)?;
    Ok(success(ledger.config().config()))
}

fn no_policies(channel: &str) -> String {
    format!("Failed to get policy manager for channel [{channel}]")
}

/// Channels are joined when the network starts, and here nothing is left to join.
fn join_chain(call: &Call<'_>) -> Result<Response, String> {
    let block = call.arguments().get(1).cloned().unwrap_or_default();
    let block = Block::decode(block).map_err(|_| {
        "Failed to reconstruct the genesis block, error unmarshalling Block: proto: cannot parse invalid wire-format data"
    })?;
    let config = ChannelConfig::from_block(&block).map_err(|error| {
        format!(
            "\"JoinChain\" request failed to extract channel id from the block due to [{error}]"
        )
    })?;
    let name = config.channel();
    acl::check(call, "cscc/JoinChain", None)
        .map_err(|reason| format!("access denied for [JoinChain][{name}]: [{reason}]"))?;
    if call.peer.ledger(name).is_some() {
        return Err(format!(
            "cannot create ledger from genesis block: ledger [{name}] already exists with state [ACTIVE]"
        ));
    }
    Err(not_joined("JoinChain"))
}

fn join_by_snapshot(call: &Call<'_>) -> Result<Response, String> {
    if call.text(1).is_empty() {
        return Err("Cannot join the channel, no snapshot directory provided".to_owned());
    }
    acl::check(call, "cscc/JoinChainBySnapshot", None)
        .map_err(|reason| format!("access denied for [JoinChainBySnapshot]: [{reason}]"))?;
    Err(not_joined("JoinChainBySnapshot"))
}

fn not_joined(function: &str) -> String {
    format!(
        "{function} is not supported: this network joins its peers to their channels when it starts"
    )
}

/// No peer here joins by a snapshot: a status whose fields are all unset.
fn snapshot_status(call: &Call<'_>) -> Result<Response, String> {
    acl::check(call, "cscc/JoinBySnapshotStatus", None)
        .map_err(|reason| format!("access denied for [JoinBySnapshotStatus]: {reason}"))?;
    Ok(Response {
        status: SUCCESS,
        ..Default::default()
    })
}
