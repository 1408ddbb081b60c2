//! Serves the contract to peers; its settings come from the environment (see the shim's README).

use std::process::ExitCode;

fn main() -> ExitCode {
    fabric_chaincode_shim::serve_from_env(example_asset_transfer_private_data::PrivateAssets)
}
