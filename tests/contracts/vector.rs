//! The vectors: what Go's contract API did on real Fabric, in `fixtures/contracts`.

use std::path::PathBuf;

use serde_json::Value;

/// Writes what was seen.
pub(crate) fn write(name: &str, seen: &[Value]) {
    let lines: Vec<String> = seen.iter().map(Value::to_string).collect();
    std::fs::write(path(name), lines.join("\n") + "\n").expect("a vector can be written");
}

/// Compares what was seen with the vector.
#[track_caller]
pub(crate) fn compare(name: &str, seen: &[Value]) {
    let path = path(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; record it first", path.display()));
    let recorded: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a vector is JSON, one transaction a line"))
        .collect();
    assert_eq!(seen.len(), recorded.len(), "{name}: transactions");
    for (index, (seen, recorded)) in seen.iter().zip(&recorded).enumerate() {
        assert!(
            seen == recorded,
            "{name}, transaction {index}:\n- in Go {recorded}\n+ here  {seen}"
        );
    }
}

fn path(name: &str) -> PathBuf {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contracts");
    fixtures.join(format!("{name}.jsonl"))
}
