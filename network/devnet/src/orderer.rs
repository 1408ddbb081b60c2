//! The orderer: accepts envelopes, puts them in order, and serves the blocks.
//!
//! Accepted means queued in memory, as with a Raft leader: a client knows that a transaction is
//! durable when it learns the transaction's status.
//!
//! Source: `orderer/common/broadcast`, `orderer/common/msgprocessor`.

pub(crate) mod cutter;
pub(crate) mod errand;
mod processor;
mod service;

use std::{collections::BTreeMap, sync::Arc};

use fabric_msp::SigningIdentity;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Payload, Status},
    orderer::BroadcastResponse,
};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};

use crate::{Compat, DevnetError, channel::Channel, peer::Ledgers};
pub(crate) use cutter::Accepted;
pub use errand::CutBlock;
use errand::Errand;
use processor::Kind;
pub(crate) use processor::Processor;
pub(crate) use service::OrdererService;

/// The way into the queue of each channel.
#[derive(Clone, Debug)]
pub(crate) struct Orderer {
    ledgers: Ledgers,
    lanes: Arc<BTreeMap<String, Lane>>,
    signer: SigningIdentity,
    compat: Compat,
}

/// The ways to one channel's committer.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Transactions.
    pub(crate) queue: mpsc::Sender<Accepted>,
    /// Whether a block is cut as soon as there is a transaction.
    pub(crate) is_instant: bool,
    /// Anything else.
    pub(crate) errands: mpsc::Sender<Errand>,
}

/// Why an envelope is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) status: Status,
    pub(crate) info: String,
}

impl Rejected {
    fn bad_request(info: impl Into<String>) -> Self {
        Self {
            status: Status::BadRequest,
            info: info.into(),
        }
    }
}

impl From<Result<(), Rejected>> for Answer {
    fn from(result: Result<(), Rejected>) -> Self {
        Self(match result {
            Ok(()) => BroadcastResponse {
                status: Status::Success.into(),
                ..Default::default()
            },
            Err(Rejected { status, info }) => BroadcastResponse {
                status: status.into(),
                info,
            },
        })
    }
}

/// The orderer's answer to one envelope.
pub(crate) struct Answer(pub(crate) BroadcastResponse);

impl Orderer {
    /// An orderer of these channels, which signs their configurations.
    pub(crate) fn new(
        channels: Vec<(Arc<Channel>, Lane)>,
        signer: SigningIdentity,
        compat: Compat,
    ) -> Self {
        let ledgers = Ledgers::join(channels.iter().map(|(channel, _)| channel));
        let lanes = channels.into_iter();
        let lanes = lanes.map(|(channel, lane)| (channel.name().to_owned(), lane));
        Self {
            ledgers,
            lanes: Arc::new(lanes.collect()),
            signer,
            compat,
        }
    }

    fn processor<'a>(&'a self, channel: &'a Channel) -> Processor<'a> {
        Processor {
            channel,
            signer: &self.signer,
        }
    }

    /// The channels that it orders.
    pub(crate) fn ledgers(&self) -> &Ledgers {
        &self.ledgers
    }

    /// Checks an envelope and queues it; waits while the queue is full.
    pub(crate) async fn broadcast(&self, envelope: &Envelope) -> Result<(), Rejected> {
        let stopped = || Rejected {
            status: Status::ServiceUnavailable,
            info: "the network has stopped".to_owned(),
        };
        let (channel, lane, kind) = self.route(envelope)?;
        let accepted = match kind {
            Kind::Normal => self.processor(channel).process(kind, envelope)?,
            // It sets up organisations and asks policies for as long as that takes.
            Kind::ConfigUpdate => {
                let (orderer, channel) = (self.clone(), Arc::clone(channel));
                let envelope = envelope.clone();
                let process = move || orderer.processor(&channel).process(kind, &envelope);
                let processed = tokio::task::spawn_blocking(process).await;
                processed.map_err(|_| stopped())??
            }
        };
        lane.queue.send(accepted).await.map_err(|_| stopped())
    }

    /// Queues an envelope of the network itself, and has it cut at once whatever the rule is: whoever
    /// deploys waits neither for the clock nor for somebody to ask for a block.
    pub(crate) async fn broadcast_own(
        &self,
        channel: &str,
        envelope: &Envelope,
    ) -> Result<(), Rejected> {
        self.broadcast(envelope).await?;
        if self.lanes.get(channel).is_some_and(|lane| !lane.is_instant) {
            self.cut(channel, usize::MAX)
                .await
                .map_err(|error| Rejected {
                    status: Status::ServiceUnavailable,
                    info: error.to_string(),
                })?;
        }
        Ok(())
    }

    /// Cuts a block of at most so many transactions, and waits until it is committed.
    pub(crate) async fn cut(
        &self,
        channel: &str,
        count_max: usize,
    ) -> Result<CutBlock, DevnetError> {
        self.ask(channel, |reply| Errand::Cut { count_max, reply })
            .await
    }

    /// Has a channel's committer do something between two blocks; gives its answer.
    pub(crate) async fn ask<T>(
        &self,
        channel: &str,
        errand: impl FnOnce(oneshot::Sender<T>) -> Errand,
    ) -> Result<T, DevnetError> {
        let lane = self
            .lanes
            .get(channel)
            .ok_or_else(|| DevnetError::UnknownChannel(channel.to_owned()))?;
        let (reply, answer) = oneshot::channel();
        let sent = lane.errands.send(errand(reply)).await;
        sent.map_err(|_| DevnetError::Stopped)?;
        answer.await.map_err(|_| DevnetError::Stopped)
    }

    /// Where a message goes, and how it gets there.
    fn route(&self, envelope: &Envelope) -> Result<(&Arc<Channel>, &Lane, Kind), Rejected> {
        let undetermined = |reason: &str| {
            Rejected::bad_request(format!("could not determine channel ID: {reason}"))
        };
        let malformed = |name: &str| {
            undetermined(&format!(
                "error unmarshalling {name}: proto: cannot parse invalid wire-format data"
            ))
        };
        let payload =
            Payload::decode(envelope.payload.clone()).map_err(|_| malformed("Payload"))?;
        let header = payload
            .header
            .ok_or_else(|| undetermined("header not set"))?;
        let channel_header =
            ChannelHeader::decode(header.channel_header).map_err(|_| malformed("ChannelHeader"))?;
        let name = &channel_header.channel_id;
        let (Some(ledger), Some(lane)) = (self.ledgers.get(name), self.lanes.get(name)) else {
            return Err(Rejected::bad_request(self.compat.no_such_channel()));
        };
        let kind = processor::classify(channel_header.r#type, self.compat)?;
        Ok((ledger.channel(), lane, kind))
    }
}
