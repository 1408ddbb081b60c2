//! The routes. A handler extracts, calls the service, and maps.

mod answer;
mod problem;

use asset_types::{AccountId, AccountReply, TokenId, TokenReply};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use crate::http::answer::{BalanceAnswer, ReadyAnswer, SupplyAnswer, VerdictAnswer};
use crate::http::problem::Problem;
use crate::service::Service;

/// A credential of the largest accepted size, as a JSON text, with room for escapes.
pub const BODY_BYTES_MAX: usize = 128 * 1024;

/// All routes over a service.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/livez", get(|| async { "live" }))
        .route("/readyz", get(ready))
        .route("/api/v1/accounts/{id}", get(account))
        .route("/api/v1/accounts/{id}/balances", get(balances))
        .route("/api/v1/tokens/{id}", get(token))
        .route("/api/v1/tokens/{id}/supply", get(supply))
        .route("/api/v1/credentials/verify", post(verify))
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(service)
}

async fn ready(State(service): State<Service>) -> Result<Json<ReadyAnswer>, Problem> {
    Ok(Json(ReadyAnswer {
        block: service.ready().await?,
    }))
}

async fn account(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<AccountReply>, Problem> {
    Ok(Json(service.account(account_id(&id)?).await?))
}

async fn balances(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<Vec<BalanceAnswer>>, Problem> {
    let balances = service.balances(account_id(&id)?).await?;
    Ok(Json(
        balances.into_iter().map(BalanceAnswer::from).collect(),
    ))
}

async fn token(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<TokenReply>, Problem> {
    Ok(Json(service.token(token_id(&id)?).await?))
}

async fn supply(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<SupplyAnswer>, Problem> {
    Ok(Json(service.supply(token_id(&id)?).await?.into()))
}

/// The body of a verification.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyRequest {
    credential: String,
}

async fn verify(
    State(service): State<Service>,
    request: Result<Json<VerifyRequest>, JsonRejection>,
) -> Result<Json<VerdictAnswer>, Problem> {
    let Json(request) = request?;
    Ok(Json(service.verdict(&request.credential)?.into()))
}

fn account_id(text: &str) -> Result<AccountId, Problem> {
    text.parse()
        .map_err(|error| Problem::invalid("INVALID_ACCOUNT_ID", &error))
}

fn token_id(text: &str) -> Result<TokenId, Problem> {
    text.parse()
        .map_err(|error| Problem::invalid("INVALID_TOKEN_ID", &error))
}
