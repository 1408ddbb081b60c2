//! The entries that fuzz targets run: those of the crates' own property tests.

#![expect(
    clippy::unwrap_used,
    reason = "an example that cannot be made ends the program"
)]

#[path = "../../network/devnet/tests/it/entries.rs"]
mod devnet;
#[path = "../../network/ledger/tests/it/entries.rs"]
mod ledger;
#[path = "../../network/msp/tests/it/entries.rs"]
mod msp;

use std::{fs, path::Path};

/// Name, what it runs, and its examples.
type Entry = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

fn entry(name: &str) -> Entry {
    let of_ledger = ledger::ENTRIES.iter();
    let of_ledger = of_ledger.map(|entry| (entry.name, entry.run, entry.seeds));
    let of_msp = msp::ENTRIES.iter();
    let of_msp = of_msp.map(|entry| (entry.name, entry.run, entry.seeds));
    let of_devnet = devnet::ENTRIES.iter();
    let of_devnet = of_devnet.map(|entry| (entry.name, entry.run, entry.seeds));
    let mut all = of_ledger.chain(of_msp).chain(of_devnet);
    let found = all.find(|(known, ..)| *known == name);
    found.expect("a target is named after its entry")
}

/// Runs the entry of a name.
pub fn run(name: &str, data: &[u8]) {
    let (_, run, _) = entry(name);
    run(data);
}

/// Writes the examples of an entry to its corpus, for the fuzzer to begin with.
pub fn write_examples(name: &str) {
    let (_, _, examples) = entry(name);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    fs::create_dir_all(&folder).unwrap();
    for (number, example) in examples().iter().enumerate() {
        fs::write(folder.join(format!("example-{number}")), example).unwrap();
    }
}
