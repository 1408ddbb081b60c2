//! Errors as RFC 9457 problem documents. The only place that knows which error has which status.

use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::service::ServiceError;

/// A problem document.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    http_status: StatusCode,
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn invalid(code: &'static str, error: &impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail.to_owned())
    }

    fn new(status: StatusCode, code: &'static str, detail: String) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            http_status: status,
            status: status.as_u16(),
            code,
            title,
            detail,
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (status, code) = match &error {
            ServiceError::UnknownAccount(_) => (StatusCode::NOT_FOUND, "UNKNOWN_ACCOUNT"),
            ServiceError::UnknownToken(_) => (StatusCode::NOT_FOUND, "UNKNOWN_TOKEN"),
            ServiceError::NotMirrored => (StatusCode::SERVICE_UNAVAILABLE, "NOT_MIRRORED"),
            ServiceError::NobodyTrusted => (StatusCode::NOT_IMPLEMENTED, "NOBODY_TRUSTED"),
            ServiceError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "STORE_UNAVAILABLE"),
            ServiceError::CannotCheck(_) => (StatusCode::BAD_GATEWAY, "CANNOT_CHECK"),
        };
        if status.is_server_error() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                code,
                "a request failed"
            );
        }
        Self::new(status, code, error.to_string())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "INVALID_BODY", rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.http_status, kind, body).into_response()
    }
}
