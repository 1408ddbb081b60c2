//! Files are small, say what they are in their first line, and have a name that tells their room.

use crate::workspace::{root, rust_files};

/// Beyond this a file holds more than one concept.
const LINES_MAX: usize = 400;

/// Names that say nothing about what is inside.
const VAGUE: &[&str] = &[
    "mod", "util", "utils", "helper", "helpers", "common", "misc", "shared",
];

#[test]
fn no_file_is_longer_than_a_concept() {
    check(|text, _| {
        let lines = text.lines().count();
        (lines > LINES_MAX)
            .then(|| format!("{lines} lines, at most {LINES_MAX}: split it by concept"))
    });
}

#[test]
fn every_file_opens_with_what_it_is() {
    check(|text, _| {
        let opens = text.starts_with("//!") || text.starts_with("#![doc");
        (!opens).then(|| "open the file with `//!`: what it is, what it never does".to_owned())
    });
}

#[test]
fn file_names_are_nouns_of_their_concept() {
    check(|_, stem| {
        VAGUE
            .contains(&stem)
            .then(|| "name the file by its concept".to_owned())
    });
}

#[test]
fn scripts_are_short_and_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in std::fs::read_dir(root().join("scripts")).expect("scripts/ can be read") {
        let path = entry.expect("a folder entry can be read").path();
        if path.is_file() && path.extension().is_none() {
            let text = std::fs::read_to_string(&path).expect("a script is text");
            assert!(
                text.lines().count() < 50,
                "{}: write what is longer in Rust",
                path.display()
            );
            let mode = path
                .metadata()
                .expect("a script has metadata")
                .permissions()
                .mode();
            assert!(mode & 0o111 != 0, "{} has no run bit", path.display());
        }
    }
}

#[track_caller]
fn check(complaint: impl Fn(&str, &str) -> Option<String>) {
    let complaints: Vec<String> = rust_files()
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(root().join(path)).expect("a source file is UTF-8");
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            complaint(&text, stem).map(|words| format!("{}: {words}", path.display()))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
