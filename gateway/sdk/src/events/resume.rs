//! Which ends of a stream another attempt can mend.

use crate::error::{Code, DeliverStatus, Error};

/// Fabric's "internal server error": the peer could not read or serve a block just now.
const INTERNAL: DeliverStatus = DeliverStatus::from_number(500);

/// Whether to ask again. `seen` says that the stream gave something before, so that request,
/// identity and channel are right.
pub(crate) fn is_mendable(error: &Error, seen: bool) -> bool {
    match error {
        Error::Overloaded { .. } | Error::Interrupted { .. } => true,
        Error::Delivery { status, .. } => match *status {
            DeliverStatus::SERVICE_UNAVAILABLE | INTERNAL => true,
            // A peer that is behind the one before, or that has just restarted.
            DeliverStatus::NOT_FOUND => seen,
            _ => false,
        },
        Error::Call { failure } => match failure.code {
            Code::NotFound | Code::FailedPrecondition => seen,
            Code::InvalidArgument
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::Unimplemented
            | Code::OutOfRange => false,
            _ => true,
        },
        _ => false,
    }
}
