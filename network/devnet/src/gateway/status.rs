//! CommitStatus: waits until a transaction is committed.

use fabric_protos::gateway::{
    CommitStatusRequest, CommitStatusResponse, SignedCommitStatusRequest,
};
use prost::Message as _;
use tonic::Status;

use super::GatewayService;
use crate::channel::Policy;

pub(super) async fn commit_status(
    gateway: &GatewayService,
    signed: SignedCommitStatusRequest,
) -> Result<CommitStatusResponse, Status> {
    let CommitStatusRequest {
        channel_id,
        identity,
        transaction_id,
    } = read(&signed)?;
    permit(
        gateway,
        &channel_id,
        &signed.request,
        &identity,
        &signed.signature,
    )?;

    let status = gateway
        .channel
        .chain()
        .wait_for(&transaction_id)
        .await
        .map_err(|error| Status::aborted(error.to_string()))?
        .ok_or_else(|| Status::aborted("unexpected close of commit notification channel"))?;
    Ok(CommitStatusResponse {
        result: i32::from(status.code.byte()),
        block_number: status.block,
    })
}

/// The request, which must say who asks for what.
fn read(signed: &SignedCommitStatusRequest) -> Result<CommitStatusRequest, Status> {
    let refuse = |reason: &str| Err(Status::invalid_argument(reason));
    if signed.request.is_empty() {
        return refuse("a commit status request is required");
    }
    let Ok(request) = CommitStatusRequest::decode(signed.request.clone()) else {
        return refuse("invalid status request: proto: cannot parse invalid wire-format data");
    };
    if request.identity.is_empty() {
        return refuse("no identity provided");
    }
    if request.channel_id.is_empty() {
        return refuse("no channel ID provided");
    }
    if request.transaction_id.is_empty() {
        return refuse("transaction ID should not be empty");
    }
    Ok(request)
}

/// Whether a client may read from the channel that its request names.
pub(super) fn permit(
    gateway: &GatewayService,
    channel: &str,
    data: &[u8],
    identity: &[u8],
    signature: &[u8],
) -> Result<(), Status> {
    if channel != gateway.channel.name() {
        return Err(Status::permission_denied(format!(
            "Failed to get policy manager for channel [{channel}]"
        )));
    }
    gateway
        .channel
        .check(Policy::ApplicationReaders, data, identity, signature)
        .map(|_| ())
        .map_err(|denied| Status::permission_denied(denied.on_channel(channel)))
}
