//! The admin endpoint: HTTP and JSON on loopback, for the command line and for scripts.

mod control;
mod loopback;
mod metrics;
mod status;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Deployed, Deployment, DevnetError, chaincode::Call, control::Control, lifecycle::Deployer,
    storage::StorageError,
};

/// What the endpoint tells and does.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) deployer: Arc<Deployer>,
    pub(crate) control: Arc<Control>,
}

/// Answer of `/healthz`, as a real peer gives it.
#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Serves until the network stops.
pub(crate) fn serve(
    listener: TcpListener,
    admin: Admin,
    shutdown: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/status", get(status::status))
        .route("/chaincodes", post(deploy))
        .route("/traces/{transaction_id}", get(traces))
        .route("/cut", post(control::cut))
        .route("/faults", get(control::faults).post(control::inject))
        .route(
            "/snapshots",
            get(control::snapshots).post(control::snapshot),
        )
        .route("/snapshots/revert", post(control::revert))
        .route("/snapshots/forget", post(control::forget))
        .route("/dump", post(control::dump))
        .route("/metrics", get(metrics::text))
        .with_state(admin)
        .layer(axum::middleware::from_fn(loopback::only));
    tokio::spawn(async move {
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(shutdown.cancelled_owned())
            .await;
        if let Err(error) = serving {
            tracing::error!(%error, "the admin endpoint failed");
        }
    })
}

async fn health() -> Json<Health> {
    Json(Health { status: "OK" })
}

/// The ledger calls of a transaction on every peer that ran it and still remembers.
async fn traces(State(admin): State<Admin>, Path(transaction_id): Path<String>) -> Json<Vec<Call>> {
    let peers = admin.control.peers.iter();
    Json(
        peers
            .flat_map(|peer| peer.chaincodes().calls_of(&transaction_id))
            .collect(),
    )
}

async fn deploy(
    State(admin): State<Admin>,
    Json(deployment): Json<Deployment>,
) -> Result<Json<Deployed>, Failure> {
    admin
        .deployer
        .deploy(deployment)
        .await
        .map(Json)
        .map_err(Failure)
}

fn internal(error: StorageError) -> Failure {
    Failure(DevnetError::Storage(error.into()))
}

/// A failure as JSON.
struct Failure(DevnetError);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.0 {
            DevnetError::Deployment { .. } | DevnetError::Refused(_) => StatusCode::BAD_REQUEST,
            DevnetError::UnknownChannel(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (
            status,
            Json(serde_json::json!({ "error": self.0.to_string() })),
        )
            .into_response()
    }
}
