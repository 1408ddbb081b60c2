//! Blocks on demand, faults, snapshots and dumps: what the handle can do, for other processes.

use std::path::PathBuf;

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{Admin, Failure};
use crate::{CutBlock, Fault, Snapshot};

/// Which block to cut.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CutRequest {
    /// The first channel where none is given.
    #[serde(default)]
    channel: Option<String>,
    /// Transactions at most; all that wait where none is given.
    #[serde(default)]
    count: Option<usize>,
}

/// Which snapshot; a new one gets a number where none is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnapshotRequest {
    #[serde(default)]
    name: Option<String>,
}

/// Where to write a dump.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DumpRequest {
    file: PathBuf,
}

type Answer<T> = Result<Json<T>, Failure>;

pub(super) async fn cut(
    State(admin): State<Admin>,
    Json(request): Json<CutRequest>,
) -> Answer<CutBlock> {
    let first = &admin.control.state.channel;
    let channel = request.channel.as_deref().unwrap_or(first);
    let count = request.count.unwrap_or(usize::MAX);
    let block = admin.control.cut(channel, count).await;
    block.map(Json).map_err(Failure)
}

/// The faults in force.
pub(super) async fn faults(State(admin): State<Admin>) -> Json<Vec<Fault>> {
    Json(admin.control.faults())
}

/// Answers with the faults in force from now on.
pub(super) async fn inject(
    State(admin): State<Admin>,
    Json(fault): Json<Fault>,
) -> Answer<Vec<Fault>> {
    admin.control.inject(fault).await.map_err(Failure)?;
    Ok(Json(admin.control.faults()))
}

pub(super) async fn snapshots(State(admin): State<Admin>) -> Json<Vec<Snapshot>> {
    Json(admin.control.snapshots().await)
}

pub(super) async fn snapshot(
    State(admin): State<Admin>,
    Json(request): Json<SnapshotRequest>,
) -> Answer<Snapshot> {
    let made = admin.control.snapshot(request.name).await;
    made.map(Json).map_err(Failure)
}

pub(super) async fn revert(
    State(admin): State<Admin>,
    Json(request): Json<SnapshotRequest>,
) -> Answer<Snapshot> {
    let name = request.name.unwrap_or_default();
    let reverted = admin.control.revert(&name).await;
    reverted.map(Json).map_err(Failure)
}

/// Answers with the snapshots that are left.
pub(super) async fn forget(
    State(admin): State<Admin>,
    Json(request): Json<SnapshotRequest>,
) -> Answer<Vec<Snapshot>> {
    let name = request.name.unwrap_or_default();
    admin
        .control
        .forget_snapshot(&name)
        .await
        .map_err(Failure)?;
    Ok(Json(admin.control.snapshots().await))
}

/// Answers with the absolute path of the file.
pub(super) async fn dump(
    State(admin): State<Admin>,
    Json(request): Json<DumpRequest>,
) -> Answer<serde_json::Value> {
    let file = admin.control.dump(request.file).await.map_err(Failure)?;
    Ok(Json(serde_json::json!({ "file": file })))
}
