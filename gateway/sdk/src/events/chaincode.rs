//! Chaincode events through the gateway service. Repetitions are left out on this side: a peer that
//! is asked to begin after a transaction without an event would stay silent for ever.

use bytes::Bytes;
use fabric_protos::orderer::SeekPosition;
use fabric_protos::{RawCodec, gateway};
use http::uri::PathAndQuery;
use prost::Message as _;
use tonic::{Request, Streaming};

use super::Source;
use super::deliver::events_of_block;
use super::feed::sealed::Read;
use super::feed::{Batch, Line, client, malformed, sign};
use crate::block::decode;
use crate::chaincode_event::ChaincodeEvent;
use crate::connection::Peer;
use crate::error::{Error, Step};

const CHAINCODE_EVENTS: &str = "/gateway.Gateway/ChaincodeEvents";

pub(super) async fn open(
    line: Line<'_>,
    chaincode: &str,
    start: Option<u64>,
) -> Result<Streaming<Bytes>, Error> {
    let start = start.map_or_else(SeekPosition::default, super::deliver::specified);
    let request: Bytes = request(line, chaincode, start).encode_to_vec().into();
    let signature = sign(line.shared, Step::ChaincodeEvents, &request).await?;
    let request = gateway::SignedChaincodeEventsRequest { request, signature };
    send(line.peer, &request).await
}

/// The request, to be signed.
pub(super) fn request(
    line: Line<'_>,
    chaincode: &str,
    start: SeekPosition,
) -> gateway::ChaincodeEventsRequest {
    gateway::ChaincodeEventsRequest {
        channel_id: line.channel.to_owned(),
        chaincode_id: chaincode.to_owned(),
        identity: line.shared.identity.creator().clone(),
        start_position: Some(start),
        after_transaction_id: String::new(),
    }
}

/// Sends a request that is signed.
pub(super) async fn send(
    peer: &Peer,
    request: &gateway::SignedChaincodeEventsRequest,
) -> Result<Streaming<Bytes>, Error> {
    let step = Step::ChaincodeEvents;
    let request = Request::new(request.encode_to_vec().into());
    let path = PathAndQuery::from_static(CHAINCODE_EVENTS);
    let response = client(step, peer)
        .await?
        .server_streaming(request, path, RawCodec)
        .await;
    response
        .map(tonic::Response::into_inner)
        .map_err(|status| Error::from_status(step, None, &status))
}

impl Read for ChaincodeEvent {
    /// Peers send no message for a block without events.
    const CONTIGUOUS: bool = false;

    #[expect(
        private_interfaces,
        reason = "sealed: nobody outside calls or implements it"
    )]
    fn read(source: &Source, message: &Bytes) -> Result<Batch<Self>, Error> {
        let step = source.step();
        if let Source::ChaincodeEvents {
            chaincode,
            by_block: true,
        } = source
        {
            return events_of_block(step, chaincode, message);
        }
        let response: gateway::ChaincodeEventsResponse = decode("chaincode events", message)
            .map_err(|error| malformed(step, "events", Some(error)))?;
        let block_number = response.block_number;
        let items = response
            .events
            .into_iter()
            .map(|event| Self::new(block_number, event))
            .collect();
        Ok(Batch {
            block_number,
            items,
        })
    }

    fn transaction_id(&self) -> Option<&str> {
        Some(self.transaction_id.as_str())
    }
}
