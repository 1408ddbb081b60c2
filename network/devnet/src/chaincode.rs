//! Chaincodes as one peer sees them: it dials each when first called and keeps one stream to it.
//!
//! A stream that broke is dialled anew by the next call; nothing polls.

mod call;
mod error;
mod query;
mod request;
mod stream;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) use call::{Context, Transaction};
pub(crate) use error::ChaincodeError;
use stream::ChaincodeStream;

/// Where a chaincode listens, and what a peer calls it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The channel that calls it; each channel has its own definition of where a chaincode is.
    pub(crate) channel: String,
    /// Name of the chaincode, the namespace of its state.
    pub(crate) name: String,
    /// `host:port`.
    pub(crate) address: String,
}

/// The streams of one peer.
#[derive(Debug)]
pub(crate) struct ChaincodeHost {
    slots: Mutex<HashMap<(String, String), Arc<Slot>>>,
    pub(crate) execute_timeout: Duration,
    /// Whether rich queries are answered, as on CouchDB.
    pub(crate) rich_queries: bool,
}

/// The place of the stream to one chaincode.
#[derive(Debug, Default)]
struct Slot {
    /// How often it was dialled.
    dials: AtomicU64,
    /// Locked while it is dialled, so that those who call meanwhile share the outcome.
    last: tokio::sync::Mutex<Option<Result<Arc<ChaincodeStream>, ChaincodeError>>>,
}

impl Slot {
    async fn stream(&self, service: &Service) -> Result<Arc<ChaincodeStream>, ChaincodeError> {
        let dials = self.dials.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        match last.as_ref() {
            Some(Ok(stream)) if stream.serves(&service.address) => return Ok(Arc::clone(stream)),
            Some(Ok(stream)) => stream.close(),
            Some(Err(error)) if dials != self.dials.load(Ordering::Acquire) => {
                return Err(error.clone());
            }
            Some(Err(_)) | None => {}
        }
        let stream = stream::dial(service).await.map(Arc::new);
        *last = Some(stream.clone());
        self.dials.fetch_add(1, Ordering::AcqRel);
        stream
    }

    async fn close(&self) {
        if let Some(Ok(stream)) = self.last.lock().await.take() {
            stream.close();
        }
    }
}

impl ChaincodeHost {
    pub(crate) fn new(execute_timeout: Duration) -> Self {
        Self {
            slots: Mutex::default(),
            execute_timeout,
            rich_queries: false,
        }
    }

    /// Answers rich queries, or refuses them as on LevelDB.
    pub(crate) fn answering_rich_queries(mut self, answers: bool) -> Self {
        self.rich_queries = answers;
        self
    }

    /// The stream to a chaincode, dialled if there is none.
    async fn stream(&self, service: &Service) -> Result<Arc<ChaincodeStream>, ChaincodeError> {
        self.slot(service).stream(service).await
    }

    fn slot(&self, service: &Service) -> Arc<Slot> {
        let key = (service.channel.clone(), service.name.clone());
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    }

    /// Ends every stream; transactions in flight fail.
    pub(crate) async fn close(&self) {
        let slots: Vec<_> = {
            let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.values().cloned().collect()
        };
        for slot in slots {
            slot.close().await;
        }
    }
}
