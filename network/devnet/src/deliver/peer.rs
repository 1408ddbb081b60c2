//! The peer's deliver endpoint: `protos.Deliver`.

use std::sync::Arc;

use fabric_protos::{
    common::{Block, Envelope, Status as Outcome},
    peer::{BlockAndPrivateData, DeliverResponse, deliver_response::Type, deliver_server::Deliver},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{Form, Recipient, Source, serve};
use crate::{
    chain::ServedBlock,
    channel::{Policy, Resource},
    limiter::Limiter,
    peer::Peer,
    private,
};

/// Serves the chain as one peer has it.
#[derive(Debug)]
pub(crate) struct PeerDeliverService {
    pub(crate) peer: Arc<Peer>,
    pub(crate) limiter: Limiter,
    pub(crate) shutdown: CancellationToken,
}

type Responses = ReceiverStream<Result<DeliverResponse, Status>>;

impl PeerDeliverService {
    fn serve<F: Form<Response = DeliverResponse>>(
        &self,
        name: &'static str,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Responses>, Status> {
        let permit = self.limiter.admit()?;
        let source = Source {
            ledgers: self.peer.ledgers().clone(),
            clock: Arc::clone(self.peer.clock()),
            node: self.peer.name().to_owned(),
            faults: Arc::clone(self.peer.faults()),
            peer: Some(Arc::clone(self.peer.endorser())),
            resource: Resource {
                name,
                default: Policy::ApplicationReaders,
            },
            shutdown: self.shutdown.clone(),
        };
        Ok(Response::new(serve::<F>(
            source,
            request.into_inner(),
            permit,
        )))
    }
}

#[tonic::async_trait]
impl Deliver for PeerDeliverService {
    type DeliverStream = Responses;
    type DeliverFilteredStream = Responses;
    type DeliverWithPrivateDataStream = Responses;

    async fn deliver(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Responses>, Status> {
        self.serve::<Whole>("event/Block", request)
    }

    async fn deliver_filtered(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Responses>, Status> {
        self.serve::<Filtered>("event/FilteredBlock", request)
    }

    async fn deliver_with_private_data(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Responses>, Status> {
        self.serve::<WithPrivateData>("event/Block", request)
    }
}

/// Blocks as they are.
struct Whole;

/// Blocks without payloads.
struct Filtered;

/// Blocks with the private data that the client may see.
struct WithPrivateData;

impl Form for Whole {
    type Response = DeliverResponse;

    fn status(status: Outcome) -> DeliverResponse {
        response(Type::Status(status.into()))
    }

    fn block(_: &ServedBlock, block: Block, _: &Recipient<'_>) -> Result<DeliverResponse, Status> {
        Ok(response(Type::Block(block)))
    }
}

impl Form for Filtered {
    type Response = DeliverResponse;

    fn status(status: Outcome) -> DeliverResponse {
        Whole::status(status)
    }

    fn block(
        served: &ServedBlock,
        _: Block,
        recipient: &Recipient<'_>,
    ) -> Result<DeliverResponse, Status> {
        let filtered = served
            .filtered(recipient.ledger.channel().name())
            .map_err(|error| Status::internal(error.to_string()))?;
        Ok(response(Type::FilteredBlock(filtered)))
    }
}

impl Form for WithPrivateData {
    type Response = DeliverResponse;

    fn status(status: Outcome) -> DeliverResponse {
        Whole::status(status)
    }

    fn block(
        served: &ServedBlock,
        block: Block,
        recipient: &Recipient<'_>,
    ) -> Result<DeliverResponse, Status> {
        let private_data_map = private::deliver::private_data(recipient, served.number())
            .map_err(|error| Status::internal(error.to_string()))?;
        let block = BlockAndPrivateData {
            block: Some(block),
            private_data_map,
        };
        Ok(response(Type::BlockAndPrivateData(block)))
    }
}

fn response(r#type: Type) -> DeliverResponse {
    DeliverResponse {
        r#type: Some(r#type),
    }
}
