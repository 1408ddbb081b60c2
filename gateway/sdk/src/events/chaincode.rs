//! Chaincode events through the gateway service. Repetitions are left out on this side: a peer that
//! is asked to begin after a transaction without an event would stay silent for ever.

use bytes::Bytes;
use fabric_protos::orderer::{SeekPosition, SeekSpecified, seek_position};
use fabric_protos::{RawCodec, gateway};
use http::uri::PathAndQuery;
use prost::Message as _;
use tonic::{Request, Streaming};

use super::Source;
use super::deliver::events_of_block;
use super::feed::sealed::Read;
use super::feed::{Batch, client, malformed, sign};
use crate::block::decode;
use crate::chaincode_event::ChaincodeEvent;
use crate::connection::Peer;
use crate::error::{Error, Step};
use crate::network::Network;

const CHAINCODE_EVENTS: &str = "/gateway.Gateway/ChaincodeEvents";

pub(super) async fn open(
    network: &Network,
    peer: &Peer,
    chaincode: &str,
    start: u64,
) -> Result<Streaming<Bytes>, Error> {
    let step = Step::ChaincodeEvents;
    let start = seek_position::Type::Specified(SeekSpecified { number: start });
    let request = gateway::ChaincodeEventsRequest {
        channel_id: network.channel().to_owned(),
        chaincode_id: chaincode.to_owned(),
        identity: network.shared().identity.creator().clone(),
        start_position: Some(SeekPosition {
            r#type: Some(start),
        }),
        after_transaction_id: String::new(),
    };
    let request: Bytes = request.encode_to_vec().into();
    let signature = sign(network, step, &request).await?;
    let request = gateway::SignedChaincodeEventsRequest { request, signature };
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
