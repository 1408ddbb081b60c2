//! Documents say each thing once, and what they name is there.

use crate::workspace::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a document of the workspace is text")
}

#[test]
fn differences_from_fabric_stand_in_one_table() {
    let readme = read("network/devnet/README.md");
    let (_, section) = readme
        .split_once("## Where it differs from Fabric\n")
        .expect("the embedded network's README has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    assert!(section.contains("(../../docs/differences.md)"), "{section}");
    let listed: Vec<_> = section
        .lines()
        .filter(|line| line.starts_with(['-', '|']))
        .collect();
    assert!(
        listed.is_empty(),
        "add rows to docs/differences.md instead: {listed:#?}"
    );
}

#[test]
fn rows_of_the_table_are_whole() {
    let table = read("docs/differences.md");
    let mut rows = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .peekable();
    assert!(rows.peek().is_some(), "docs/differences.md has a table");
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(matches!(cells.len(), 3 | 4), "cells: {row}");
        assert!(
            cells.iter().all(|cell| !cell.is_empty()),
            "empty cell: {row}"
        );
    }
}
