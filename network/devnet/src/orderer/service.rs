//! The orderer's endpoint: `orderer.AtomicBroadcast`.

use std::sync::Arc;

use fabric_msp::layout;
use fabric_protos::{
    common::{Block, Envelope, Status as Outcome},
    orderer::{
        BroadcastResponse, DeliverResponse, atomic_broadcast_server::AtomicBroadcast,
        deliver_response::Type,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{Answer, Orderer};
use crate::{
    chain::ServedBlock,
    channel::Policy,
    clock::Clock,
    deliver::{self, Source},
    faults::Faults,
};

/// Answers on their way to one broadcast client.
const BACKLOG: usize = 16;

/// Serves the orderer to clients.
#[derive(Debug)]
pub(crate) struct OrdererService {
    pub(crate) orderer: Orderer,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl AtomicBroadcast for OrdererService {
    type BroadcastStream = ReceiverStream<Result<BroadcastResponse, Status>>;
    type DeliverStream = ReceiverStream<Result<DeliverResponse, Status>>;

    async fn broadcast(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::BroadcastStream>, Status> {
        let (answers, stream) = mpsc::channel(BACKLOG);
        let orderer = self.orderer.clone();
        let shutdown = self.shutdown.clone();
        let mut envelopes = request.into_inner();
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = answers.closed() => {}
                () = answer_all(&orderer, &mut envelopes, &answers) => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn deliver(
        &self,
        request: Request<Streaming<Envelope>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        let source = Source {
            ledgers: self.orderer.ledgers().clone(),
            clock: Arc::clone(&self.clock),
            node: layout::ORDERER_HOST.to_owned(),
            faults: Arc::clone(&self.faults),
            peer: None,
            resource: Policy::ChannelReaders.into(),
            shutdown: self.shutdown.clone(),
        };
        Ok(Response::new(deliver::serve::<Ordered>(
            source,
            request.into_inner(),
            (),
        )))
    }
}

/// One answer per envelope; the first refusal ends the stream.
async fn answer_all(
    orderer: &Orderer,
    envelopes: &mut Streaming<Envelope>,
    answers: &mpsc::Sender<Result<BroadcastResponse, Status>>,
) {
    loop {
        let envelope = match envelopes.message().await {
            Ok(Some(envelope)) => envelope,
            Ok(None) => return,
            Err(status) => {
                // Nobody is left to tell where this fails.
                let _ = answers.send(Err(status)).await;
                return;
            }
        };
        let result = orderer.broadcast(&envelope).await;
        let refused = result.is_err();
        if answers.send(Ok(Answer::from(result).0)).await.is_err() || refused {
            return;
        }
    }
}

/// Blocks as the orderer made them.
struct Ordered;

impl deliver::Form for Ordered {
    type Response = DeliverResponse;

    fn status(status: Outcome) -> DeliverResponse {
        DeliverResponse {
            r#type: Some(Type::Status(status.into())),
        }
    }

    fn block(
        _: &ServedBlock,
        mut block: Block,
        _: &deliver::Recipient<'_>,
    ) -> Result<DeliverResponse, Status> {
        // What peers add is none of the orderer's business.
        if let Some(metadata) = &mut block.metadata {
            for entry in metadata.metadata.iter_mut().skip(2) {
                entry.clear();
            }
        }
        Ok(DeliverResponse {
            r#type: Some(Type::Block(block)),
        })
    }
}
