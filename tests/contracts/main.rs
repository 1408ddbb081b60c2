//! Every operation of the contract API, by one program on three grounds: `testing::Ledger`, the embedded
//! network and real Fabric. Answers and read-write sets are compared with what the same program in Go
//! gave on real Fabric: the vectors in `fixtures/contracts`.
//!
//! `SELVEDGE_RECORD=1 SELVEDGE_NETWORK=fabric` records them anew, with the program of
//! `tests/interop/go/contracts` in place of ours.

mod cases;
mod memory;
mod network;
mod script;
mod scripted;
mod seen;
mod vector;

use fabric_testnet::NetworkKind;

use cases::CASES;
use memory::Memory;
use network::{Language, Served};

/// The variable that asks for new vectors.
const RECORD_VARIABLE: &str = "SELVEDGE_RECORD";

#[test]
fn programs_do_on_the_ledger_in_memory_what_they_do_in_go_on_fabric() {
    for (name, case) in CASES {
        let mut memory = Memory::new();
        let seen: Vec<_> = case().iter().map(|call| memory.run(call)).collect();
        vector::compare(name, &seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_do_on_a_network_what_they_do_in_go_on_fabric() {
    let kind = NetworkKind::from_environment().unwrap_or_else(|error| panic!("{error}"));
    let records = kind == NetworkKind::Fabric && std::env::var_os(RECORD_VARIABLE).is_some();
    let language = if records {
        Language::Go
    } else {
        Language::Rust
    };
    let served = Served::start(kind, language).await;
    for (name, case) in CASES {
        let mut run = served.begin();
        let mut seen = Vec::new();
        for call in case() {
            seen.push(run.call(&call).await);
        }
        match records {
            true => vector::write(name, &seen),
            false => vector::compare(name, &seen),
        }
    }
}
