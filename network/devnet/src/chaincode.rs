//! Chaincodes as one peer sees them: it dials each when first called and keeps one stream to it.
//!
//! A stream that broke is dialled anew by the next call; nothing polls.

mod about;
mod call;
mod collections;
mod dial;
mod error;
mod query;
mod request;
mod stream;
mod traces;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    Compat,
    definitions::Chaincode,
    package::ChaincodePackage,
    storage::View,
    system::{NotRunning, Packages, Running},
};

pub(crate) use call::{Context, Transaction};
pub(crate) use error::ChaincodeError;
use stream::ChaincodeStream;
pub(crate) use traces::Call;
use traces::Traces;

/// A chaincode, and the package that says where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The channel that calls it; each channel has its own definition of where a chaincode is.
    pub(crate) channel: String,
    /// Name of the chaincode, the namespace of its state.
    pub(crate) name: String,
    pub(crate) package: Arc<ChaincodePackage>,
}

/// The streams of one peer, and the packages that say where they lead.
#[derive(Debug)]
pub(crate) struct ChaincodeHost {
    slots: Mutex<HashMap<(String, String), Arc<Slot>>>,
    packages: Arc<Packages>,
    running: Running,
    pub(crate) execute_timeout: Duration,
    /// Whether rich queries are answered, as on CouchDB.
    pub(crate) rich_queries: bool,
    /// Which version of Fabric chaincodes and clients see.
    pub(crate) compat: Compat,
    /// What the newest transactions asked of the ledger.
    traces: Traces,
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
    async fn stream(
        &self,
        service: &Service,
        compat: Compat,
    ) -> Result<Arc<ChaincodeStream>, ChaincodeError> {
        let dials = self.dials.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        match last.as_ref() {
            Some(Ok(stream)) if stream.serves(&service.package) => return Ok(Arc::clone(stream)),
            Some(Ok(stream)) => stream.close(),
            Some(Err(error)) if dials != self.dials.load(Ordering::Acquire) => {
                return Err(error.clone());
            }
            Some(Err(_)) | None => {}
        }
        let stream = stream::dial(service, compat).await.map(Arc::new);
        *last = Some(stream.clone());
        self.dials.fetch_add(1, Ordering::AcqRel);
        stream
    }

    /// Ends the stream; false where there is none.
    async fn close(&self) -> bool {
        let last = self.last.lock().await.take();
        match last {
            Some(Ok(stream)) => {
                stream.close();
                true
            }
            Some(Err(_)) | None => false,
        }
    }
}

impl ChaincodeHost {
    pub(crate) fn new(msp_id: &str, packages: Packages, execute_timeout: Duration) -> Self {
        let packages = Arc::new(packages);
        Self {
            slots: Mutex::default(),
            running: Running::new(msp_id, Arc::clone(&packages)),
            packages,
            execute_timeout,
            rich_queries: false,
            compat: Compat::default(),
            traces: Traces::default(),
        }
    }

    /// What a transaction asked of the ledger, as long as it is remembered.
    pub(crate) fn calls_of(&self, transaction_id: &str) -> Vec<Call> {
        self.traces.of(transaction_id)
    }

    /// Answers rich queries, or refuses them as on LevelDB.
    pub(crate) fn answering_rich_queries(mut self, answers: bool) -> Self {
        self.rich_queries = answers;
        self
    }

    /// Behaves as this version of Fabric.
    pub(crate) fn compatible_with(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// What is installed on the peer.
    pub(crate) fn packages(&self) -> &Arc<Packages> {
        &self.packages
    }

    /// The package that the peer runs a chaincode with.
    pub(crate) fn package(
        &self,
        view: &View,
        channel: &str,
        chaincode: &Chaincode,
    ) -> Result<Arc<ChaincodePackage>, NotRunning> {
        self.running.package(view, channel, chaincode)
    }

    /// The stream to a chaincode, dialled if there is none.
    async fn stream(&self, service: &Service) -> Result<Arc<ChaincodeStream>, ChaincodeError> {
        self.slot(service).stream(service, self.compat).await
    }

    fn slot(&self, service: &Service) -> Arc<Slot> {
        let key = (service.channel.clone(), service.name.clone());
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    }

    /// Ends the streams to one chaincode, as if it had died; the next call dials it again. Gives how
    /// many there were.
    pub(crate) async fn break_streams(&self, name: &str) -> usize {
        let slots: Vec<_> = {
            let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let of_it = slots.iter().filter(|((_, known), _)| known == name);
            of_it.map(|(_, slot)| Arc::clone(slot)).collect()
        };
        let mut broken = 0;
        for slot in slots {
            broken += usize::from(slot.close().await);
        }
        broken
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
