//! The gRPC service `protos.Chaincode`: a peer that connects gets a session.
//!
//! It only opens and counts streams; what goes through them is the session's matter.

use std::{pin::Pin, sync::Arc};

use fabric_protos::peer::{ChaincodeMessage, chaincode_server::Chaincode};
use futures::Stream;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};

use crate::{outgoing::Outgoing, runtime::Runtime, session::Session};

/// One stream per peer: networks have tens of peers, and a stream costs little until then.
const STREAMS_MAX: usize = 1_024;

/// The service behind the port.
#[derive(Clone, Debug)]
pub(crate) struct ConnectService {
    runtime: Arc<Runtime>,
    streams: Arc<Semaphore>,
    pub(crate) sessions: TaskTracker,
}

impl ConnectService {
    pub(crate) fn new(runtime: Arc<Runtime>) -> Self {
        Self {
            runtime,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            sessions: TaskTracker::new(),
        }
    }
}

#[tonic::async_trait]
impl Chaincode for ConnectService {
    type ConnectStream = Pin<Box<dyn Stream<Item = Result<ChaincodeMessage, Status>> + Send>>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        if self.runtime.shutdown.draining.is_cancelled() {
            return Err(Status::unavailable("the chaincode is shutting down"));
        }
        let stream = Arc::clone(&self.streams)
            .try_acquire_owned()
            .map_err(|_| Status::resource_exhausted("too many peers are connected"))?;
        tracing::info!(peer = ?request.remote_addr(), "a peer has connected");
        let ended = self.runtime.shutdown.streams_end.child_token();
        let (outgoing, messages) = Outgoing::new(ended.clone());
        let session = Session::new(Arc::clone(&self.runtime), outgoing, ended);
        let incoming = request.into_inner();
        let runtime = Arc::clone(&self.runtime);
        self.sessions.spawn(async move {
            let _open = runtime.metrics.stream();
            session.run(incoming).await;
            drop(stream);
        });
        Ok(Response::new(Box::pin(messages)))
    }
}
