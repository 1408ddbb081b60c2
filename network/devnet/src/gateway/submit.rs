//! Submit: hands a signed transaction to the orderer.

use fabric_protos::gateway::{SubmitRequest, SubmitResponse};
use tonic::{Code, Status};

use super::{GatewayService, failure};
use crate::orderer::Rejected;

pub(super) async fn submit(
    gateway: &GatewayService,
    request: SubmitRequest,
) -> Result<SubmitResponse, Status> {
    let transaction = request
        .prepared_transaction
        .ok_or_else(|| Status::invalid_argument("a prepared transaction is required"))?;
    if transaction.signature.is_empty() {
        return Err(Status::invalid_argument(
            "prepared transaction must be signed",
        ));
    }
    let channel = request.channel_id;
    if gateway.on(&channel).is_none() {
        return Err(Status::failed_precondition(unknown_channel(&channel)));
    }
    gateway
        .orderer
        .broadcast(&transaction)
        .await
        .map_err(|Rejected { status, info }| {
            // Refusals numbered like HTTP's client errors are final.
            if (400..500).contains(&(status as i32)) {
                let name = status.as_str_name();
                Status::aborted(format!(
                    "received unsuccessful response from orderer: status={name}, info={info}"
                ))
            } else {
                failure::status(
                    Code::Unavailable,
                    "no orderers could successfully process transaction",
                    &[],
                )
            }
        })?;
    Ok(SubmitResponse {})
}

/// What a peer says of a channel that it has not joined.
pub(super) fn unknown_channel(channel: &str) -> String {
    format!(
        "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
    )
}
