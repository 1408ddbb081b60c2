//! The recordings: what each case noted on real Fabric, as text in `fixtures/behaviour`, and in
//! `fixtures/behaviour-2.5` where 2.5 differs.
//!
//! `SELVEDGE_RECORD=1 SELVEDGE_NETWORK=fabric` writes them anew; every other run compares.

use std::path::{Path, PathBuf};

use fabric_testnet::{Compat, NetworkKind};

use crate::differences;

/// The variable that asks for new recordings.
const RECORD_VARIABLE: &str = "SELVEDGE_RECORD";

/// Compares what a case noted with the recording.
#[track_caller]
pub(crate) fn compare(
    name: &str,
    (kind, compat): (NetworkKind, Compat),
    notes: &[(String, String)],
) {
    if kind == NetworkKind::Fabric && std::env::var_os(RECORD_VARIABLE).is_some() {
        return record(name, compat, notes);
    }
    let own = path(name, compat);
    let found = if own.exists() {
        own
    } else {
        path(name, Compat::V3_1)
    };
    let recorded = read(&found);
    let complaints = complaints(name, kind, notes, &recorded);
    assert!(
        complaints.is_empty(),
        "{name} on {compat}:\n{}",
        complaints.join("\n")
    );
}

/// Writes a recording; that of another version only where it differs.
fn record(name: &str, compat: Compat, notes: &[(String, String)]) {
    let path = path(name, compat);
    if compat != Compat::V3_1 && read(&self::path(name, Compat::V3_1)) == notes {
        let removed = std::fs::remove_file(&path);
        assert!(removed.is_ok() || !path.exists(), "{removed:?}");
        return;
    }
    let folder = path.parent().expect("a file has a folder");
    std::fs::create_dir_all(folder).expect("the folder of recordings can be made");
    std::fs::write(&path, render(notes)).expect("a recording can be written");
}

fn read(path: &Path) -> Vec<(String, String)> {
    let recorded = std::fs::read_to_string(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; record it on real Fabric first",
            path.display()
        )
    });
    parse(&recorded)
}

fn complaints(
    name: &str,
    kind: NetworkKind,
    notes: &[(String, String)],
    recorded: &[(String, String)],
) -> Vec<String> {
    let mut complaints = Vec::new();
    for position in 0..notes.len().max(recorded.len()) {
        let (here, there) = (notes.get(position), recorded.get(position));
        let excused = kind == NetworkKind::Embedded
            && here.is_some_and(|(what, _)| differences::is_known(name, what));
        match (here == there, excused) {
            (true, true) => {
                let what = &notes[position].0;
                complaints.push(format!("{what}: listed as a difference, and is none"));
            }
            (false, false) => complaints.push(format!(
                "- recorded {}\n+ here     {}",
                there.map_or("nothing".to_owned(), entry),
                here.map_or("nothing".to_owned(), entry)
            )),
            _ => {}
        }
    }
    complaints
}

fn entry((what, seen): &(String, String)) -> String {
    format!("{what}: {}", seen.replace('\n', "\n    "))
}

fn render(notes: &[(String, String)]) -> String {
    let lines = notes.iter().map(|note| entry(note) + "\n");
    lines.collect()
}

fn parse(text: &str) -> Vec<(String, String)> {
    let mut notes: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("    "), notes.last_mut()) {
            (Some(more), Some((_, seen))) => {
                seen.push('\n');
                seen.push_str(more);
            }
            _ => {
                let (what, seen) = line.split_once(": ").expect("a line names what it notes");
                notes.push((what.to_owned(), seen.to_owned()));
            }
        }
    }
    notes
}

fn path(name: &str, compat: Compat) -> PathBuf {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let folder = match compat {
        Compat::V3_1 => "behaviour",
        Compat::V2_5 => "behaviour-2.5",
    };
    fixtures.join(folder).join(format!("{name}.txt"))
}

#[test]
fn recording_is_read_as_it_was_written() {
    let notes = [("a", "1\n  two"), ("b", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(parse(&render(&notes)), notes);
}
