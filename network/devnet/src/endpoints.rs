//! Which services stand behind which endpoint.

use std::sync::Arc;

use axum::middleware;
use fabric_msp::layout;
use fabric_protos::{
    discovery::discovery_server::DiscoveryServer,
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
    discovery::DiscoveryService,
    endorser::EndorserService,
    faults::Faults,
    gateway::GatewayService,
    limiter::Limiter,
    limits::{DELIVER_CALLS, DISCOVERY_BYTES_MAX, ENDORSER_CALLS, MESSAGE_BYTES_MAX},
    metrics::{self, Metrics, NodeMetrics},
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
    pub(crate) faults: &'a Arc<Faults>,
    pub(crate) metrics: &'a Arc<Metrics>,
    pub(crate) shutdown: &'a CancellationToken,
    /// Calls that each gateway serves at once.
    pub(crate) gateway_calls: usize,
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
        let counts = self.counts(layout::ORDERER_HOST);
        let mut tasks = vec![self.serve_one(orderer, tls, self.orderer(), counts)?];
        let served = peers.into_iter().zip(self.peers).zip(&organizations.peers);
        for ((listener, peer), node) in served {
            let counts = self.counts(peer.name());
            let routes = self.peer(peer, &counts);
            tasks.push(self.serve_one(listener, &node.tls, routes, counts)?);
        }
        Ok(tasks)
    }

    fn serve_one(
        &self,
        listener: TcpListener,
        tls: &NodeTls,
        routes: Routes,
        counts: NodeMetrics,
    ) -> Result<JoinHandle<()>, DevnetError> {
        let layer = middleware::from_fn_with_state(counts, metrics::count);
        let routes = Routes::from(routes.into_axum_router().layer(layer));
        server::serve(listener, tls, routes, self.shutdown.clone())
    }

    fn counts(&self, node: &str) -> NodeMetrics {
        NodeMetrics {
            node: node.into(),
            metrics: Arc::clone(self.metrics),
        }
    }

    /// The services of one peer.
    fn peer(&self, peer: &Arc<Peer>, counts: &NodeMetrics) -> Routes {
        let gateway = GatewayService {
            local: Arc::clone(peer),
            peers: self.peers.to_vec(),
            orderer: self.orderer.clone(),
            limiter: counts.watch(Limiter::new("/gateway.Gateway", self.gateway_calls)),
            shutdown: self.shutdown.clone(),
        };
        let discovery = DiscoveryService {
            local: Arc::clone(peer),
            peers: self.peers.to_vec(),
        };
        let deliver = PeerDeliverService {
            peer: Arc::clone(peer),
            limiter: counts.watch(Limiter::new("/protos.Deliver", DELIVER_CALLS)),
            shutdown: self.shutdown.clone(),
        };
        let endorser = EndorserService {
            peer: Arc::clone(peer),
            limiter: counts.watch(Limiter::new("/protos.Endorser", ENDORSER_CALLS)),
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
            .add_service(
                DiscoveryServer::new(discovery)
                    .max_decoding_message_size(DISCOVERY_BYTES_MAX)
                    .max_encoding_message_size(MESSAGE_BYTES_MAX),
            )
    }

    /// The service of the orderer.
    fn orderer(&self) -> Routes {
        let service = OrdererService {
            orderer: self.orderer.clone(),
            clock: Arc::clone(self.clock),
            faults: Arc::clone(self.faults),
            shutdown: self.shutdown.clone(),
        };
        Routes::default().add_service(
            AtomicBroadcastServer::new(service)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
    }
}
