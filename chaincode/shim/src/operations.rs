//! The port for those who run the chaincode: `/metrics`, `/healthz`, `/readyz`. Plain HTTP.
//!
//! It shows figures and takes no orders.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use crate::{metrics::text, runtime::Runtime};

/// Serves until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, runtime: Arc<Runtime>) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .with_state(runtime);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the operations port has failed; the chaincode goes on");
    }
}

async fn metrics(State(runtime): State<Arc<Runtime>>) -> String {
    text(&runtime)
}

async fn ready(State(runtime): State<Arc<Runtime>>) -> (StatusCode, &'static str) {
    if runtime.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}
