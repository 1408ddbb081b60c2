//! Generated clients call Fabric's paths, and generated servers answer there. No transport is used.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use fabric_protos::discovery::discovery_client::DiscoveryClient;
use fabric_protos::gateway::gateway_client::GatewayClient;
use fabric_protos::orderer::atomic_broadcast_client::AtomicBroadcastClient;
use fabric_protos::peer::chaincode_client::ChaincodeClient;
use fabric_protos::peer::chaincode_server::{Chaincode, ChaincodeServer};
use fabric_protos::peer::chaincode_support_client::ChaincodeSupportClient;
use fabric_protos::peer::deliver_client::DeliverClient;
use fabric_protos::peer::endorser_client::EndorserClient;
use fabric_protos::peer::{ChaincodeMessage, chaincode_message};
use fabric_protos::{discovery, gateway, orderer, peer};
use tokio_stream::empty;
use tonic::body::Body;
use tonic::{Code, Request, Response, Status, Streaming};

use crate::fixtures;

/// Answers every call with an error, and keeps the path.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl tower::Service<http::Request<Body>> for Recorder {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        self.0.lock().expect("the lock is sound").push(path);
        std::future::ready(Ok(Status::unimplemented("recorded").into_http()))
    }
}

/// Every call is refused; only its path matters.
macro_rules! call {
    ($client:expr, $($method:ident($request:expr)),+) => {{
        let mut client = $client;
        $(
            let status = client.$method($request).await.expect_err("the recorder refuses");
            assert_eq!(status.code(), Code::Unimplemented);
        )+
    }};
}

#[tokio::test]
async fn clients_call_fabrics_paths() {
    let recorder = Recorder::default();

    call!(
        GatewayClient::new(recorder.clone()),
        endorse(gateway::EndorseRequest::default()),
        submit(gateway::SubmitRequest::default()),
        commit_status(gateway::SignedCommitStatusRequest::default()),
        evaluate(gateway::EvaluateRequest::default()),
        chaincode_events(gateway::SignedChaincodeEventsRequest::default())
    );
    call!(
        DiscoveryClient::new(recorder.clone()),
        discover(discovery::SignedRequest::default())
    );
    call!(
        AtomicBroadcastClient::new(recorder.clone()),
        broadcast(empty()),
        deliver(empty())
    );
    call!(
        DeliverClient::new(recorder.clone()),
        deliver(empty()),
        deliver_filtered(empty()),
        deliver_with_private_data(empty())
    );
    call!(
        EndorserClient::new(recorder.clone()),
        process_proposal(peer::SignedProposal::default())
    );
    call!(ChaincodeClient::new(recorder.clone()), connect(empty()));
    call!(
        ChaincodeSupportClient::new(recorder.clone()),
        register(empty())
    );

    let mut called = recorder.0.lock().expect("the lock is sound").clone();
    called.sort();
    let schema = fixtures::read("schema.json");
    let fabrics: Vec<_> = schema["calls"].as_object().expect("calls").keys().collect();
    assert_eq!(called.iter().collect::<Vec<_>>(), fabrics);
}

#[test]
fn servers_have_fabrics_names() {
    let names = [
        discovery::discovery_server::SERVICE_NAME,
        gateway::gateway_server::SERVICE_NAME,
        orderer::atomic_broadcast_server::SERVICE_NAME,
        peer::chaincode_server::SERVICE_NAME,
        peer::chaincode_support_server::SERVICE_NAME,
        peer::deliver_server::SERVICE_NAME,
        peer::endorser_server::SERVICE_NAME,
    ];
    let schema = fixtures::read("schema.json");
    let mut fabrics: Vec<_> = schema["calls"]
        .as_object()
        .expect("calls")
        .keys()
        .filter_map(|path| path.split('/').nth(1))
        .collect();
    fabrics.dedup();

    assert_eq!(names.as_slice(), fabrics);
}

/// Chaincode that sends back what it hears.
struct Echo;

#[tonic::async_trait]
impl Chaincode for Echo {
    type ConnectStream = Streaming<ChaincodeMessage>;

    async fn connect(
        &self,
        request: Request<Streaming<ChaincodeMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

#[tokio::test]
async fn client_and_server_of_chaincode_fit() {
    let message = ChaincodeMessage {
        r#type: chaincode_message::Type::Transaction.into(),
        txid: "ab12".to_owned(),
        ..Default::default()
    };

    let mut client = ChaincodeClient::new(ChaincodeServer::new(Echo));
    let stream = client.connect(tokio_stream::once(message.clone())).await;

    let mut stream = stream.expect("the server accepts").into_inner();
    assert_eq!(stream.message().await.expect("an answer"), Some(message));
    assert_eq!(stream.message().await.expect("the end"), None);
}
