//! Bounds of the network, as a real peer has them unless said otherwise.

use std::time::Duration;

/// How long a chaincode may take over one transaction (`chaincode.executetimeout`).
pub const EXECUTE_TIMEOUT: Duration = Duration::from_secs(30);
