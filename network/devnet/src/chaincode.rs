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
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub(crate) use call::{Context, Transaction};
pub(crate) use error::{ChaincodeError, STREAM_TERMINATED};
use stream::ChaincodeStream;

/// Where a chaincode listens, and what a peer calls it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Name of the chaincode, the namespace of its state.
    pub(crate) name: String,
    /// `host:port`.
    pub(crate) address: String,
}

/// The streams of one peer.
#[derive(Debug)]
pub(crate) struct ChaincodeHost {
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    pub(crate) execute_timeout: Duration,
}

/// The stream to one chaincode; locked while it is dialled, so that callers share one dial.
type Slot = tokio::sync::Mutex<Option<Arc<ChaincodeStream>>>;

impl ChaincodeHost {
    pub(crate) fn new(execute_timeout: Duration) -> Self {
        Self {
            slots: Mutex::default(),
            execute_timeout,
        }
    }

    /// The stream to a chaincode, dialled if there is none.
    async fn stream(&self, service: &Service) -> Result<Arc<ChaincodeStream>, ChaincodeError> {
        let slot = self.slot(&service.name);
        let mut current = slot.lock().await;
        if let Some(stream) = current.as_ref()
            && stream.serves(&service.address)
        {
            return Ok(Arc::clone(stream));
        }
        if let Some(old) = current.take() {
            old.close();
        }
        let stream = Arc::new(stream::dial(service).await?);
        *current = Some(Arc::clone(&stream));
        Ok(stream)
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(name.to_owned()).or_default())
    }

    /// Ends every stream; transactions in flight fail.
    pub(crate) async fn close(&self) {
        let slots: Vec<_> = {
            let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.values().cloned().collect()
        };
        for slot in slots {
            if let Some(stream) = slot.lock().await.take() {
                stream.close();
            }
        }
    }
}
