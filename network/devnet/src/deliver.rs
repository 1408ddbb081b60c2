//! Streams of blocks, as peers and orderers deliver them: from any start, as far as asked, then on
//! with the next request of the same stream.
//!
//! Source: `common/deliver/deliver.go`.

mod peer;
mod seek;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use fabric_msp::Identity;
use fabric_protos::{
    common::{Block, Envelope, Status as Outcome},
    orderer::seek_info::SeekContentType,
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use crate::{
    chain::ServedBlock,
    channel::{Resource, Session},
    clock::Clock,
    faults::Faults,
    peer::{Ledgers, PeerLedger},
};
pub(crate) use peer::PeerDeliverService;
use seek::Seek;

/// Blocks on their way to one client, before the stream waits for it.
const BACKLOG: usize = 8;

/// A form in which blocks are delivered.
pub(crate) trait Form: Send + 'static {
    /// A message of the stream: a block, or the status that ends a request.
    type Response: Send + 'static;
    /// The end of a request.
    fn status(status: Outcome) -> Self::Response;
    /// A block, with its data or without.
    fn block(
        served: &ServedBlock,
        block: Block,
        recipient: &Recipient<'_>,
    ) -> Result<Self::Response, Status>;
}

/// Who gets a block, and from whom.
pub(crate) struct Recipient<'a> {
    /// The ledger that it comes from.
    pub(crate) ledger: &'a PeerLedger,
    /// The peer whose ledger that is; none for the orderer.
    pub(crate) peer: Option<&'a Arc<Identity>>,
    pub(crate) client: &'a Session,
}

/// What a stream needs beside the client's requests.
pub(crate) struct Source {
    /// The channels of the node that delivers.
    pub(crate) ledgers: Ledgers,
    pub(crate) clock: Arc<Clock>,
    /// Name of the node that delivers, and what goes wrong with it on purpose.
    pub(crate) node: String,
    pub(crate) faults: Arc<Faults>,
    /// The peer that delivers; none for the orderer.
    pub(crate) peer: Option<Arc<Identity>>,
    /// Whom the blocks are for.
    pub(crate) resource: Resource<'static>,
    pub(crate) shutdown: CancellationToken,
}

/// Serves requests until the client, an error or the end of the network ends the stream.
/// `guard` is held as long.
pub(crate) fn serve<F: Form>(
    source: Source,
    mut requests: Streaming<Envelope>,
    guard: impl Send + 'static,
) -> ReceiverStream<Result<F::Response, Status>> {
    let (responses, stream) = mpsc::channel(BACKLOG);
    tokio::spawn(async move {
        let _guard = guard;
        let end = tokio::select! {
            () = source.shutdown.cancelled() => Err(Status::unavailable("the network has stopped")),
            () = responses.closed() => return,
            end = answer_all::<F>(&source, &mut requests, &responses) => end,
        };
        if let Err(status) = end {
            // Nobody is left to tell where this fails.
            let _ = responses.send(Err(status)).await;
        }
    });
    ReceiverStream::new(stream)
}

async fn answer_all<F: Form>(
    source: &Source,
    requests: &mut Streaming<Envelope>,
    responses: &mpsc::Sender<Result<F::Response, Status>>,
) -> Result<(), Status> {
    while let Some(envelope) = requests.message().await? {
        let outcome = match answer::<F>(source, &envelope, responses).await {
            Ok(()) => Outcome::Success,
            Err(End::Outcome(outcome)) => outcome,
            Err(End::Status(status)) => return Err(status),
            Err(End::Gone) => return Ok(()),
        };
        let sent = responses.send(Ok(F::status(outcome))).await;
        if sent.is_err() || outcome != Outcome::Success {
            return Ok(());
        }
    }
    Ok(())
}

/// Why a request is not answered to its end.
enum End {
    /// The client is told so in the stream.
    Outcome(Outcome),
    /// The stream fails.
    Status(Status),
    /// The client hung up.
    Gone,
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

async fn answer<F: Form>(
    source: &Source,
    envelope: &Envelope,
    responses: &mpsc::Sender<Result<F::Response, Status>>,
) -> Result<(), End> {
    let has = |channel: &str| source.ledgers.get(channel).is_some();
    let seek = Seek::read(envelope, has, source.clock.now()).map_err(End::Outcome)?;
    let ledger = source.ledgers.get(&seek.channel);
    let ledger = ledger.ok_or(End::Outcome(Outcome::NotFound))?;
    // Before the client is checked, so that no change of it goes unnoticed.
    let config = ledger.config();
    let session = authorize(source.resource, ledger, envelope, &seek)?;
    if session.has_expired(ledger.channel().now()) {
        return Err(End::Outcome(Outcome::Forbidden));
    }
    let stream = Stream {
        source,
        ledger,
        seek,
        session,
        config: AtomicU64::new(config.sequence()),
    };
    ledger.in_this_life(stream.send::<F>(responses)).await
}

/// One request that is being answered.
struct Stream<'s> {
    source: &'s Source,
    ledger: &'s PeerLedger,
    seek: Seek,
    session: Session,
    /// Sequence of the configuration by which the client was let in.
    config: AtomicU64,
}

impl Stream<'_> {
    /// Whether the client may still read: its time may be over, and the configuration another.
    fn check_again(&self) -> Result<(), End> {
        let forbidden = || End::Outcome(Outcome::Forbidden);
        let channel = self.ledger.channel();
        if self.session.has_expired(channel.now()) {
            return Err(forbidden());
        }
        let config = self.ledger.config();
        let sequence = config.sequence();
        if sequence == self.config.swap(sequence, Ordering::Relaxed) {
            return Ok(());
        }
        let identity = config.msps().identity(&self.seek.creator);
        let identity = identity.map_err(|_| forbidden())?;
        let permitted = channel.permit(self.source.resource, identity);
        permitted.map(drop).map_err(|denied| {
            tracing::warn!(%denied, "deliver client is not authorized any more");
            forbidden()
        })
    }

    /// Sends the blocks that were asked for.
    async fn send<F: Form>(
        &self,
        responses: &mpsc::Sender<Result<F::Response, Status>>,
    ) -> Result<(), End> {
        let Self { ledger, seek, .. } = self;
        let mut heights = ledger.heights();
        let range = seek
            .range(*heights.borrow_and_update())
            .map_err(End::Outcome)?;
        let mut number = range.first;
        loop {
            wait_for_block(number, seek.fail_if_not_ready, &mut heights).await?;
            let served = ledger
                .block(number)
                .map_err(|error| Status::internal(error.to_string()))?
                .ok_or(End::Outcome(Outcome::InternalServerError))?;
            self.check_again()?;
            let times = self
                .source
                .faults
                .deliveries(&self.source.node, ledger.channel().name(), number)
                .await;
            for _ in 0..times {
                let block = content(&served, seek.content);
                let recipient = Recipient {
                    ledger,
                    peer: self.source.peer.as_ref(),
                    client: &self.session,
                };
                let response = F::block(&served, block, &recipient)?;
                responses.send(Ok(response)).await.map_err(|_| End::Gone)?;
            }
            if Some(number) == range.last {
                return Ok(());
            }
            number += 1;
        }
    }
}

fn authorize(
    resource: Resource<'_>,
    ledger: &PeerLedger,
    envelope: &Envelope,
    seek: &Seek,
) -> Result<Session, End> {
    let Envelope { payload, signature } = envelope;
    ledger
        .channel()
        .check(resource, payload, &seek.creator, signature)
        .map_err(|error| {
            tracing::warn!(%error, "deliver client is not authorized");
            End::Outcome(Outcome::Forbidden)
        })
}

async fn wait_for_block(
    number: u64,
    fail_if_not_ready: bool,
    heights: &mut watch::Receiver<u64>,
) -> Result<(), End> {
    if fail_if_not_ready && number >= *heights.borrow() {
        return Err(End::Outcome(Outcome::NotFound));
    }
    let reached = heights.wait_for(|height| number < *height).await;
    reached.map_err(|_| Status::unavailable("the network has stopped"))?;
    Ok(())
}

/// The block, or its header and signatures where that is all that was asked for.
fn content(served: &ServedBlock, content: SeekContentType) -> Block {
    let block = served.block();
    // Configuration blocks are always sent whole.
    if content == SeekContentType::HeaderWithSig && !served.is_configuration() {
        return Block {
            header: block.header.clone(),
            data: None,
            metadata: block.metadata.clone(),
        };
    }
    block.clone()
}
