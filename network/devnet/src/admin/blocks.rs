//! `/cut`: a block on demand.

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{Admin, Failure};
use crate::CutBlock;

/// Which block to cut.
#[derive(Deserialize)]
pub(super) struct Request {
    /// The first channel where none is given.
    #[serde(default)]
    channel: Option<String>,
    /// Transactions at most; all that wait where none is given.
    #[serde(default)]
    count: Option<usize>,
}

pub(super) async fn cut(
    State(admin): State<Admin>,
    Json(request): Json<Request>,
) -> Result<Json<CutBlock>, Failure> {
    let channel = request.channel.as_deref().unwrap_or(&admin.state.channel);
    let count = request.count.unwrap_or(usize::MAX);
    let block = admin.deployer.orderer.cut(channel, count).await;
    block.map(Json).map_err(Failure)
}
