//! Where the product's programs are: beside the executable that runs now.

use std::path::PathBuf;

/// The command line program.
pub const SELVEDGE: &str = "selvedge";
/// The chaincode server.
pub const ASSET_CHAINCODE: &str = "asset-chaincode";

/// The path of a program of this workspace, built in the same profile.
///
/// # Panics
/// Where it was not built.
#[must_use]
#[track_caller]
pub fn path(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("the system names this executable");
    // A test is in target/<profile>/deps, a binary in target/<profile>.
    let found = this
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "{name} is not beside {}: run `cargo build --workspace --bins` first",
            this.display()
        )
    })
}
