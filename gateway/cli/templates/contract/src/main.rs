//! Serves the contract to peers; its settings come from the environment.

use std::process::ExitCode;

fn main() -> ExitCode {
    fabric_chaincode_shim::serve_from_env(CRATE::Tasks)
}
