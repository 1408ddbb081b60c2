//! CommitStatus: waits until a transaction is committed.

use std::sync::Arc;

use fabric_protos::gateway::{
    CommitStatusRequest, CommitStatusResponse, SignedCommitStatusRequest,
};
use prost::Message as _;
use tonic::Status;

use super::{GatewayService, deadline::Deadline};
use crate::{
    Compat,
    chain::TransactionStatus,
    channel::{Policy, Resource},
    peer::PeerLedger,
};

/// What the access control list may name a policy for.
const RESOURCE: &str = "gateway/CommitStatus";

/// What a real peer says to a request for events that names no channel.
const NO_CHANNEL: &str =
    "Invalid channel ID name during check policy on signed data. Name must be different from nil.";

pub(super) async fn commit_status(
    gateway: &GatewayService,
    signed: SignedCommitStatusRequest,
    deadline: Deadline,
) -> Result<CommitStatusResponse, Status> {
    let CommitStatusRequest {
        channel_id,
        identity,
        transaction_id,
    } = read(&signed, gateway.local.chaincodes().compat)?;
    let ledger = permit(
        gateway,
        RESOURCE,
        &channel_id,
        &signed.request,
        &identity,
        &signed.signature,
    )?;

    let waiting = wait(ledger, &transaction_id);
    let status = deadline
        .within("context deadline exceeded", waiting)
        .await?;
    Ok(CommitStatusResponse {
        result: i32::from(status.code.byte()),
        block_number: status.block,
    })
}

async fn wait(ledger: &PeerLedger, transaction_id: &str) -> Result<TransactionStatus, Status> {
    let status = ledger.wait_for(transaction_id).await;
    let status = status.map_err(|error| Status::aborted(error.to_string()))?;
    status.ok_or_else(|| Status::aborted("unexpected close of commit notification channel"))
}

/// The request, which must say who asks for what.
fn read(signed: &SignedCommitStatusRequest, compat: Compat) -> Result<CommitStatusRequest, Status> {
    let refuse = |reason: &str| Err(Status::invalid_argument(reason));
    if signed.request.is_empty() {
        return refuse("a commit status request is required");
    }
    let Ok(request) = CommitStatusRequest::decode(signed.request.clone()) else {
        return refuse("invalid status request: proto: cannot parse invalid wire-format data");
    };
    if !compat.names_missing_parts() {
        return Ok(request);
    }
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

/// The channel that a request names, where its client may read from it.
pub(super) fn permit<'g>(
    gateway: &'g GatewayService,
    resource: &'static str,
    channel: &str,
    data: &[u8],
    identity: &[u8],
    signature: &[u8],
) -> Result<&'g Arc<PeerLedger>, Status> {
    if channel.is_empty() {
        return Err(Status::permission_denied(NO_CHANNEL));
    }
    let ledger = gateway.ledger(channel).ok_or_else(|| {
        Status::permission_denied(format!(
            "Failed to get policy manager for channel [{channel}]"
        ))
    })?;
    let resource = Resource {
        name: resource,
        default: Policy::ApplicationReaders,
    };
    ledger
        .channel()
        .check(resource, data, identity, signature)
        .map(|_| ledger)
        .map_err(|denied| Status::permission_denied(denied.on_channel(channel)))
}
