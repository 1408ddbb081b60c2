//! Records what real Fabric does, for `fixtures/`:
//!
//! ```sh
//! FABRIC_BIN=... cargo run -p e2e --bin record -- chain fixtures/fabric-3.1-policies
//! FABRIC_BIN=... cargo run -p e2e --bin record -- streams fixtures/streams/fabric-3.1.json
//! ```
//!
//! A chain is recorded anew with other keys, times and ids; the same choices are made.

mod chain;
mod streams;
mod workload;

use std::path::Path;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        ["chain", folder] => chain::record(Path::new(folder)).await,
        ["streams", file] => streams::record(Path::new(file)).await,
        _ => {
            eprintln!("usage: record chain FOLDER | record streams FILE");
            std::process::exit(2);
        }
    }
}
