//! The wire side of the mock peer: every method takes bytes and streams bytes, so that any garbage
//! can be sent; a unary method is a stream of one message.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use fabric_protos::RawCodec;
use futures::Stream;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use tokio::net::TcpListener;
use tonic::codec::Streaming;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

use super::Script;
use crate::sample;

pub(super) async fn serve(script: Arc<Script>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = sample::organization().member("peer0").unwrap().tls();
    let identity = Identity::from_pem(&tls.certificate_pem, tls.private_key.expose());
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(identity))
        .unwrap()
        .add_service(Service::<GatewayName>::new(&script))
        .add_service(Service::<DeliverName>::new(&script))
        .add_service(Service::<EndorserName>::new(&script))
        // As real peers do: without it each small window costs a delayed acknowledgement.
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    tokio::spawn(server);
    address
}

pub(super) trait Name: Clone + Send + Sync + 'static {
    const NAME: &'static str;
}

#[derive(Clone)]
pub(super) struct GatewayName;

#[derive(Clone)]
pub(super) struct DeliverName;

#[derive(Clone)]
pub(super) struct EndorserName;

impl Name for EndorserName {
    const NAME: &'static str = "protos.Endorser";
}

impl Name for GatewayName {
    const NAME: &'static str = "gateway.Gateway";
}

impl Name for DeliverName {
    const NAME: &'static str = "protos.Deliver";
}

#[derive(Clone)]
struct Service<N> {
    script: Arc<Script>,
    name: std::marker::PhantomData<N>,
}

impl<N> Service<N> {
    fn new(script: &Arc<Script>) -> Self {
        Self {
            script: Arc::clone(script),
            name: std::marker::PhantomData,
        }
    }
}

impl<N: Name> NamedService for Service<N> {
    const NAME: &'static str = N::NAME;
}

impl<N: Name> tonic::codegen::Service<http::Request<tonic::body::Body>> for Service<N> {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let method = Method {
            name: request.uri().path().to_owned(),
            script: Arc::clone(&self.script),
        };
        Box::pin(async move { Ok(Grpc::new(RawCodec).streaming(method, request).await) })
    }
}

struct Method {
    name: String,
    script: Arc<Script>,
}

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (name, script) = (self.name.clone(), Arc::clone(&self.script));
        let limit = request
            .metadata()
            .get("grpc-timeout")
            .and_then(|text| Some(text.to_str().ok()?.to_owned()));
        Box::pin(async move {
            let open = Open::new(&script);
            let mut requests = request.into_inner();
            let message = requests.message().await?.unwrap_or_default();
            let messages = script.answer(&name, &message, limit);
            let answer = Counted {
                messages,
                _requests: requests,
                _open: open,
            };
            Ok(Response::new(answer.boxed()))
        })
    }
}

/// A call that is open as long as this lives.
struct Open(Arc<Script>);

impl Open {
    fn new(script: &Arc<Script>) -> Self {
        script.open.send_modify(|open| *open += 1);
        Self(Arc::clone(script))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

struct Counted {
    messages: BoxStream<'static, Result<Bytes, Status>>,
    /// As real peers do, the mock keeps the request side as long as the call.
    _requests: Streaming<Bytes>,
    _open: Open,
}

impl Stream for Counted {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.messages.as_mut().poll_next(context)
    }
}
