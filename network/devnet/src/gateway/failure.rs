//! Failures as a gateway reports them: a gRPC status with an `ErrorDetail` per node that failed.

use fabric_protos::{gateway::ErrorDetail, rpc};
use prost::{Message as _, Name as _};
use prost_types::Any;
use tonic::{Code, Status};

/// A status with details in `grpc-status-details-bin`.
pub(super) fn status(code: Code, message: impl Into<String>, details: &[ErrorDetail]) -> Status {
    let message = message.into();
    if details.is_empty() {
        return Status::new(code, message);
    }
    let encoded = rpc::Status {
        code: code as i32,
        message: message.clone(),
        details: details
            .iter()
            .map(|detail| Any {
                type_url: ErrorDetail::type_url(),
                value: detail.encode_to_vec(),
            })
            .collect(),
    };
    Status::with_details(code, message, encoded.encode_to_vec().into())
}
