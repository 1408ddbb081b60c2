//! The admin endpoint: HTTP and JSON on loopback, for the command line and for scripts.

use std::{collections::BTreeMap, sync::Arc};

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

use crate::{
    Deployed, Deployment, DevnetError, StateFile, channel::Channel, lifecycle::Deployer,
    storage::StorageError,
};

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
    /// Number of blocks of the first channel.
    height: u64,
    /// Number of blocks of each channel, and of each peer that has joined it.
    heights: BTreeMap<String, HeightReport>,
    chaincodes: Vec<ChaincodeReport>,
}

#[derive(Serialize)]
struct HeightReport {
    chain: u64,
    peers: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct ChaincodeReport {
    channel: String,
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
    let channels = &admin.deployer.channels;
    let mut chaincodes = Vec::new();
    for channel in channels {
        chaincodes.extend(report_chaincodes(channel).map_err(internal)?);
    }
    let state = StateFile::clone(&admin.state);
    Ok(Json(StatusReport {
        state,
        height: channels.first().map_or(0, |first| first.chain().height()),
        heights: admin.heights(),
        chaincodes,
    }))
}

impl Admin {
    /// How far each channel is, and each peer in it.
    fn heights(&self) -> BTreeMap<String, HeightReport> {
        let channels = self.deployer.channels.iter();
        let mut heights: BTreeMap<_, _> = channels
            .map(|channel| {
                let report = HeightReport {
                    chain: channel.chain().height(),
                    peers: BTreeMap::new(),
                };
                (channel.name().to_owned(), report)
            })
            .collect();
        for peer in &self.deployer.peers {
            for ledger in peer.ledgers().iter() {
                if let Some(report) = heights.get_mut(ledger.channel().name()) {
                    report.peers.insert(peer.name().to_owned(), ledger.height());
                }
            }
        }
        heights
    }
}

fn report_chaincodes(channel: &Channel) -> Result<Vec<ChaincodeReport>, StorageError> {
    let view = channel.chain().view();
    let mut reports = Vec::new();
    for (name, address) in view.services()? {
        let definition = channel.definition(&view, &name)?;
        reports.push(ChaincodeReport {
            channel: channel.name().to_owned(),
            sequence: definition.as_ref().map(|definition| definition.sequence),
            version: definition
                .as_ref()
                .map(|definition| definition.version.clone()),
            name,
            address,
        });
    }
    Ok(reports)
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
