//! `cscc`: the peer's channels and their configurations (`core/scc/cscc/configure.go`).

use fabric_protos::peer::{ChannelInfo, ChannelQueryResponse, Response};

use super::{Call, acl, error, success};

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
        "JoinChain" | "JoinChainBySnapshot" | "JoinBySnapshotStatus" => join(call, &function),
        _ => Err(format!("Requested function {function} not found.")),
    }
}

fn channels(call: &Call<'_>) -> Result<Response, String> {
    acl::check(call, "cscc/GetChannels", None)
        .map_err(|reason| format!("access denied for [GetChannels]: {reason}"))?;
    let channels = call.peer.channels();
    let channels = channels.into_iter().map(|channel| ChannelInfo {
        channel_id: channel.name().to_owned(),
    });
    Ok(success(&ChannelQueryResponse {
        channels: channels.collect(),
    }))
}

fn config_block(call: &Call<'_>) -> Result<Response, String> {
    let name = call.text(1);
    let channel = call.peer.channel(&name);
    let denied = |reason| format!("access denied for [GetConfigBlock][{name}]: {reason}");
    // A real peer asks the policies of the channel first, and says that there are none.
    let Some(channel) = channel else {
        return Err(denied(no_policies(&name)));
    };
    acl::check(call, "cscc/GetConfigBlock", Some(&channel)).map_err(denied)?;
    let number = channel.chain().view().head().config_block;
    match channel.chain().block(number) {
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
    let Some(channel) = call.peer.channel(&name) else {
        return Err(denied(no_policies(&name)));
    };
    acl::check(call, "cscc/GetChannelConfig", Some(&channel)).map_err(denied)?;
    Ok(success(channel.config().config()))
}

fn no_policies(channel: &str) -> String {
    format!("Failed to get policy manager for channel [{channel}]")
}

/// The network's channels are set when it starts, and every peer is on the ones it is to be on.
fn join(call: &Call<'_>, function: &str) -> Result<Response, String> {
    acl::check(call, &format!("cscc/{function}"), None)
        .map_err(|reason| format!("access denied for [{function}]: [{reason}]"))?;
    Err(format!(
        "{function} is not supported: this network joins its peers to their channels when it starts"
    ))
}
