//! ChaincodeEvents: the events of one chaincode, block by block.

use std::sync::Arc;

use fabric_protos::{
    gateway::{ChaincodeEventsRequest, ChaincodeEventsResponse, SignedChaincodeEventsRequest},
    orderer::{SeekPosition, seek_position::Type},
    peer::ChaincodeEvent,
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{GatewayService, status::permit};
use crate::{
    peer::{Peer, PeerLedger},
    storage::StorageError,
};

/// Blocks of events on their way to one client, before the stream waits for it.
const BACKLOG: usize = 16;

type Responses = mpsc::Sender<Result<ChaincodeEventsResponse, Status>>;

pub(super) fn chaincode_events(
    gateway: &GatewayService,
    signed: &SignedChaincodeEventsRequest,
    guard: impl Send + 'static,
) -> Result<ReceiverStream<Result<ChaincodeEventsResponse, Status>>, Status> {
    if signed.request.is_empty() {
        return Err(Status::invalid_argument(
            "a chaincode events request is required",
        ));
    }
    let request = ChaincodeEventsRequest::decode(signed.request.clone()).map_err(|_| {
        Status::invalid_argument(
            "invalid chaincode events request: proto: cannot parse invalid wire-format data",
        )
    })?;
    let ledger = permit(
        gateway,
        "gateway/ChaincodeEvents",
        &request.channel_id,
        &signed.request,
        &request.identity,
        &signed.signature,
    )?;

    let ledger = Arc::clone(ledger);
    let first = first_block(&ledger, &request)?;
    let filter = Filter {
        chaincode: request.chaincode_id,
        after: Some(request.after_transaction_id).filter(|id| !id.is_empty()),
    };
    let shutdown = gateway.shutdown.clone();
    let peer = Arc::clone(&gateway.local);
    let (responses, stream) = mpsc::channel(BACKLOG);
    tokio::spawn(async move {
        let _guard = guard;
        let end = tokio::select! {
            () = shutdown.cancelled() => Err(Status::unavailable("the network has stopped")),
            () = responses.closed() => return,
            end = ledger.in_this_life(follow(&peer, &ledger, first, filter, &responses)) => end,
        };
        if let Err(status) = end {
            // Nobody is left to tell where this fails.
            let _ = responses.send(Err(status)).await;
        }
    });
    Ok(ReceiverStream::new(stream))
}

/// The block to begin with: that of the transaction to go on after, or as the request says.
fn first_block(ledger: &PeerLedger, request: &ChaincodeEventsRequest) -> Result<u64, Status> {
    let after = &request.after_transaction_id;
    if !after.is_empty()
        && let Some(status) = ledger.status(after).map_err(aborted)?
    {
        return Ok(status.block);
    }
    match request
        .start_position
        .as_ref()
        .and_then(|position| position.r#type.as_ref())
    {
        None | Some(Type::NextCommit(_)) => Ok(ledger.height()),
        Some(Type::Specified(specified)) => Ok(specified.number),
        Some(Type::Newest(_) | Type::Oldest(_)) => Err(Status::invalid_argument(invalid_position(
            request.start_position.as_ref(),
        ))),
    }
}

/// The type as a real peer names it.
fn invalid_position(position: Option<&SeekPosition>) -> String {
    let name = match position.and_then(|position| position.r#type.as_ref()) {
        Some(Type::Newest(_)) => "*orderer.SeekPosition_Newest",
        Some(_) | None => "*orderer.SeekPosition_Oldest",
    };
    format!("invalid start position type: {name}")
}

/// Which events to send.
struct Filter {
    chaincode: String,
    /// Events up to this transaction, itself included, are left out.
    after: Option<String>,
}

impl Filter {
    fn lets_pass(&mut self, event: &ChaincodeEvent) -> bool {
        match &self.after {
            None => event.chaincode_id == self.chaincode,
            Some(after) => {
                if *after == event.tx_id {
                    self.after = None;
                }
                false
            }
        }
    }
}

async fn follow(
    peer: &Peer,
    ledger: &PeerLedger,
    first: u64,
    mut filter: Filter,
    responses: &Responses,
) -> Result<(), Status> {
    let mut heights = ledger.heights();
    let mut number = first;
    loop {
        let reached = heights.wait_for(|height| number < *height).await;
        reached.map_err(|_| Status::unavailable("the network has stopped"))?;
        let Some(block) = ledger.block(number).map_err(aborted)? else {
            return Err(Status::aborted(format!("block {number} is missing")));
        };
        let mut events = block.events().map_err(aborted)?;
        events.retain(|event| filter.lets_pass(event));
        if !events.is_empty() {
            let response = ChaincodeEventsResponse {
                events,
                block_number: number,
            };
            let channel = ledger.channel().name();
            let times = peer.faults().deliveries(peer.name(), channel, number).await;
            for _ in 0..times {
                if responses.send(Ok(response.clone())).await.is_err() {
                    return Ok(());
                }
            }
        }
        number += 1;
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn aborted(error: StorageError) -> Status {
    Status::aborted(error.to_string())
}
