//! The entries that fuzz targets run: those of the crates' own property tests.

#![expect(
    clippy::unwrap_used,
    reason = "an example that cannot be made ends the program"
)]

#[path = "../../network/ledger/tests/it/entries.rs"]
mod ledger;
#[path = "../../network/msp/tests/it/entries.rs"]
mod msp;

/// Name, what it runs, and its examples.
type Entry = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every entry of every crate.
pub fn entries() -> impl Iterator<Item = Entry> {
    let of_ledger = ledger::ENTRIES
        .iter()
        .map(|entry| (entry.name, entry.run, entry.seeds));
    let of_msp = msp::ENTRIES
        .iter()
        .map(|entry| (entry.name, entry.run, entry.seeds));
    of_ledger.chain(of_msp)
}

/// Runs the entry of a name.
pub fn run(name: &str, data: &[u8]) {
    let found = entries().find(|(known, _, _)| *known == name);
    let (_, run, _) = found.expect("a target is named after its entry");
    run(data);
}
