//! Runs the program in a folder of its own, and stops the networks that it started.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with networks in it, each in a folder below.
pub(crate) struct Shell {
    dir: TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `selvedge` with these words, its network in the folder `network`.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.run_at("network", line)
    }

    pub(crate) fn run_at(&self, network: &str, line: &str) -> Output {
        selvedge(self.dir.path(), network, line)
    }

    /// Runs it with words that may hold blanks.
    pub(crate) fn words(&self, words: &[&str]) -> Output {
        selvedge_words(self.dir.path(), "network", words)
    }

    /// Runs it with `--json`; it must succeed.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        self.json_at("network", line)
    }

    #[track_caller]
    pub(crate) fn json_at(&self, network: &str, line: &str) -> Value {
        let output = self.run_at(network, &format!("--json {line}"));
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{line}: {out}\n{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// Runs it; it must fail. Gives what it complains about.
    #[track_caller]
    pub(crate) fn fails(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(!output.status.success(), "{line}: {}", text(&output.stdout));
        text(&output.stderr)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.dir.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.join("network.json").exists() {
                let name = path.file_name().unwrap().to_str().unwrap();
                selvedge(self.dir.path(), name, "network down");
            }
        }
    }
}

fn selvedge(dir: &Path, network: &str, line: &str) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    selvedge_words(dir, network, &words)
}

fn selvedge_words(dir: &Path, network: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_selvedge"))
        .args(words)
        .current_dir(dir)
        .env("SELVEDGE_DIR", network)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
