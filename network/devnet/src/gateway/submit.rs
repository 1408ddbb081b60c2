//! Submit: hands a signed transaction to the orderer.
//!
//! Source: `internal/pkg/gateway/submit.go`.

use fabric_protos::{
    common::Envelope,
    discovery::{Endpoint, Endpoints},
    gateway::{ErrorDetail, SubmitRequest, SubmitResponse},
};
use tonic::{Code, Status};

use super::{GatewayService, deadline::Deadline, failure};
use crate::{channel::Channel, discovery::config, limits::BROADCAST_TIMEOUT, orderer::Rejected};

const TOO_LATE: &str = "submit timeout expired while broadcasting to ordering service";
const NONE_COULD: &str = "no orderers could successfully process transaction";

pub(super) async fn submit(
    gateway: &GatewayService,
    request: SubmitRequest,
    deadline: Deadline,
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
    let Some(ledger) = gateway.ledger(&channel) else {
        return Err(Status::failed_precondition(unknown_channel(&channel)));
    };
    let sending = broadcast(gateway, ledger.channel(), &transaction);
    deadline.within(TOO_LATE, sending).await?;
    Ok(SubmitResponse {})
}

async fn broadcast(
    gateway: &GatewayService,
    channel: &Channel,
    transaction: &Envelope,
) -> Result<(), Status> {
    let sent = gateway.orderer.broadcast(transaction);
    match tokio::time::timeout(BROADCAST_TIMEOUT, sent).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Rejected { status, info })) => {
            // Refusals numbered like HTTP's client errors are final.
            if (400..500).contains(&(status as i32)) {
                let name = status.as_str_name();
                return Err(Status::aborted(format!(
                    "received unsuccessful response from orderer: status={name}, info={info}"
                )));
            }
            // Of others a real gateway reports nothing but that all orderers failed.
            Err(failure::status(Code::Unavailable, NONE_COULD, &[]))
        }
        Err(_) => {
            let text = "rpc error: code = DeadlineExceeded desc = context deadline exceeded";
            let details = orderers(channel).into_iter();
            let details: Vec<_> = details
                .map(|(msp_id, address)| ErrorDetail {
                    address,
                    msp_id,
                    message: text.to_owned(),
                })
                .collect();
            Err(failure::status(Code::Unavailable, NONE_COULD, &details))
        }
    }
}

/// Organisation and address of each orderer, as the channel's configuration has them.
fn orderers(channel: &Channel) -> Vec<(String, String)> {
    let known = config::describe(channel.config().config()).unwrap_or_default();
    let known = known.orderers.into_iter();
    known
        .flat_map(|(msp_id, Endpoints { endpoint })| {
            endpoint
                .into_iter()
                .map(move |Endpoint { host, port }| (msp_id.clone(), format!("{host}:{port}")))
        })
        .collect()
}

/// What a peer says of a channel that it has not joined.
pub(super) fn unknown_channel(channel: &str) -> String {
    format!(
        "failed to get config for channel [{channel}]: could not get last config for channel {channel}"
    )
}
