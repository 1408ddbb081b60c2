//! The admin endpoint: HTTP and JSON on loopback, for the command line and for scripts.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Deployed, Deployment, DevnetError, StateFile, lifecycle::Deployer};

/// What the endpoint tells and does.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) deployer: Arc<Deployer>,
    pub(crate) state: Arc<StateFile>,
}

/// Answer of `/healthz`, as a real peer gives it.
#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Answer of `/status`.
#[derive(Serialize)]
struct StatusReport {
    #[serde(flatten)]
    state: StateFile,
    /// Number of blocks.
    height: u64,
    chaincodes: Vec<ChaincodeReport>,
}

#[derive(Serialize)]
struct ChaincodeReport {
    name: String,
    address: String,
    /// None where an address was set and the definition never committed.
    sequence: Option<i64>,
    version: Option<String>,
}

/// Serves until the network stops.
pub(crate) fn serve(
    listener: TcpListener,
    admin: Admin,
    shutdown: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/status", get(status))
        .route("/chaincodes", post(deploy))
        .with_state(admin);
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

async fn status(State(admin): State<Admin>) -> Result<Json<StatusReport>, Failure> {
    let channel = &admin.deployer.channel;
    let view = channel.chain().view();
    let mut chaincodes = Vec::new();
    for (name, address) in view.services().map_err(internal)? {
        let definition = channel.definition(&view, &name).map_err(internal)?;
        chaincodes.push(ChaincodeReport {
            sequence: definition.as_ref().map(|definition| definition.sequence),
            version: definition
                .as_ref()
                .map(|definition| definition.version.clone()),
            name,
            address,
        });
    }
    let state = StateFile::clone(&admin.state);
    Ok(Json(StatusReport {
        state,
        height: view.head().height,
        chaincodes,
    }))
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

fn internal(error: crate::storage::StorageError) -> Failure {
    Failure(DevnetError::Storage(error.into()))
}

/// A failure as JSON.
struct Failure(DevnetError);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.0 {
            DevnetError::Deployment { .. } => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (
            status,
            Json(serde_json::json!({ "error": self.0.to_string() })),
        )
            .into_response()
    }
}
