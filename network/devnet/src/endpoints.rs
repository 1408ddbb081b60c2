//! Which services stand behind which endpoint.

use std::sync::Arc;

use fabric_protos::{
    gateway::gateway_server::GatewayServer,
    orderer::atomic_broadcast_server::AtomicBroadcastServer,
    peer::{deliver_server::DeliverServer, endorser_server::EndorserServer},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    DevnetError,
    clock::Clock,
    deliver::PeerDeliverService,
    endorser::EndorserService,
    gateway::GatewayService,
    limiter::Limiter,
    limits::{DELIVER_CALLS, ENDORSER_CALLS, GATEWAY_CALLS, MESSAGE_BYTES_MAX},
    orderer::{Orderer, OrdererService},
    organizations::{NodeTls, Organizations},
    peer::Peer,
    server,
};

/// What endpoints are made of.
pub(crate) struct Endpoints<'a> {
    pub(crate) orderer: &'a Orderer,
    pub(crate) peers: &'a [Arc<Peer>],
    pub(crate) clock: &'a Arc<Clock>,
    pub(crate) shutdown: &'a CancellationToken,
}

impl Endpoints<'_> {
    /// Serves every peer and the orderer, each on its listener.
    pub(crate) fn serve(
        &self,
        orderer: TcpListener,
        peers: Vec<TcpListener>,
        organizations: &Organizations,
    ) -> Result<Vec<JoinHandle<()>>, DevnetError> {
        let tls = &organizations.orderer.tls;
        let mut tasks = vec![self.serve_one(orderer, tls, self.orderer())?];
        let served = peers.into_iter().zip(self.peers).zip(&organizations.peers);
        for ((listener, peer), node) in served {
            tasks.push(self.serve_one(listener, &node.tls, self.peer(peer))?);
        }
        Ok(tasks)
    }

    fn serve_one(
        &self,
        listener: TcpListener,
        tls: &NodeTls,
        routes: Routes,
    ) -> Result<JoinHandle<()>, DevnetError> {
        server::serve(listener, tls, routes, self.shutdown.clone())
    }

    /// The services of one peer.
    fn peer(&self, peer: &Arc<Peer>) -> Routes {
        let gateway = GatewayService {
            local: Arc::clone(peer),
            peers: self.peers.to_vec(),
            orderer: self.orderer.clone(),
            limiter: Limiter::new("/gateway.Gateway", GATEWAY_CALLS),
            shutdown: self.shutdown.clone(),
        };
        let deliver = PeerDeliverService {
            peer: Arc::clone(peer),
            limiter: Limiter::new("/protos.Deliver", DELIVER_CALLS),
            shutdown: self.shutdown.clone(),
        };
        let endorser = EndorserService {
            peer: Arc::clone(peer),
            limiter: Limiter::new("/protos.Endorser", ENDORSER_CALLS),
        };
        Routes::default()
            .add_service(
                GatewayServer::new(gateway)
                    .max_decoding_message_size(MESSAGE_BYTES_MAX)
                    .max_encoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(
                DeliverServer::new(deliver)
                    .max_decoding_message_size(MESSAGE_BYTES_MAX)
                    .max_encoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(
                EndorserServer::new(endorser)
                    .max_decoding_message_size(MESSAGE_BYTES_MAX)
                    .max_encoding_message_size(MESSAGE_BYTES_MAX),
            )
    }

    /// The service of the orderer.
    fn orderer(&self) -> Routes {
        let service = OrdererService {
            orderer: self.orderer.clone(),
            clock: Arc::clone(self.clock),
            shutdown: self.shutdown.clone(),
        };
        Routes::default().add_service(
            AtomicBroadcastServer::new(service)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
    }
}
