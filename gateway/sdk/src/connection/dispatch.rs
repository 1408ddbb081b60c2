//! One call of the gateway service: on the peer that suits best, on another one if that cannot be
//! reached. The message is encoded once, whatever happens.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fabric_protos::RawCodec;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::client::Grpc;
use tracing::Instrument as _;

use super::admission::Slot;
use super::{MESSAGE_BYTES_MAX, Peer, Peers, call, limited};
use crate::error::{Error, Step};
use crate::observer::{Called, Observer};
use crate::transaction_id::TransactionId;

/// What is asked of a peer.
pub(crate) struct Ask<'a> {
    pub(crate) step: Step,
    pub(crate) transaction_id: &'a TransactionId,
    /// For everything: the wait for a slot, the call, the attempts on other peers.
    pub(crate) limit: Duration,
    pub(crate) path: &'static str,
    pub(crate) message: Bytes,
    pub(crate) observer: Option<&'a dyn Observer>,
}

impl Ask<'_> {
    /// Asks this peer, and others in turn while the one asked is out of reach. Only for calls that
    /// may be made twice. The peer that answered comes with the answer.
    pub(crate) async fn any(
        &self,
        peers: &Peers,
        mut peer: Arc<Peer>,
    ) -> Result<(Bytes, Arc<Peer>), Error> {
        let deadline = Instant::now() + self.limit;
        let mut tried = Vec::new();
        loop {
            let error = match self.before(peers, &peer, deadline).await {
                Ok(answer) => return Ok((answer, peer)),
                Err(error) => error,
            };
            tried.push(peer.index);
            match peers.other_than(&tried) {
                Some(other) if Peers::may_do_better(&error) => peer = other,
                _ => return Err(error),
            }
        }
    }

    /// Asks this peer alone.
    pub(crate) async fn one(&self, peers: &Peers, peer: &Arc<Peer>) -> Result<Bytes, Error> {
        self.before(peers, peer, Instant::now() + self.limit).await
    }

    async fn before(
        &self,
        peers: &Peers,
        peer: &Arc<Peer>,
        deadline: Instant,
    ) -> Result<Bytes, Error> {
        let (step, url) = (self.step, peer.endpoint.url());
        let id = self.transaction_id;
        let span = tracing::debug_span!("call", %step, transaction_id = %id, peer = url);
        self.admitted(peers, peer, deadline).instrument(span).await
    }

    async fn admitted(
        &self,
        peers: &Peers,
        peer: &Arc<Peer>,
        deadline: Instant,
    ) -> Result<Bytes, Error> {
        let begun = Instant::now();
        let slot = Slot::take(peer, self.step, Some(self.transaction_id), deadline).await?;
        let sent = Instant::now();
        let limit = whole_milliseconds(deadline.saturating_duration_since(sent));
        let answer = call(
            self.step,
            self.transaction_id,
            limit,
            self.send(peer, limit),
        )
        .await;
        drop(slot);
        match &answer {
            Ok(_) => peer.admission.succeeded(),
            Err(Error::Overloaded { .. }) => peer.admission.overloaded(),
            Err(error) => peers.note(peer, error),
        }
        tracing::debug!(took = ?sent.elapsed(), error = answer.as_ref().err().map(tracing::field::display));
        if let Some(observer) = self.observer {
            observer.called(&Called {
                step: self.step,
                url: peer.endpoint.url(),
                waited: sent.duration_since(begun),
                took: sent.elapsed(),
                error: answer.as_ref().err(),
            });
        }
        answer
    }

    async fn send(
        &self,
        peer: &Peer,
        limit: Duration,
    ) -> Result<tonic::Response<Bytes>, tonic::Status> {
        let mut client = Grpc::new(peer.channel()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        client
            .ready()
            .await
            .map_err(|error| tonic::Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(self.path);
        client
            .unary(limited(self.message.clone(), limit), path, RawCodec)
            .await
    }
}

/// Rounded up, so that what passed before the first attempt does not show in its limit.
fn whole_milliseconds(limit: Duration) -> Duration {
    let millis = limit.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
