//! The command line program as a user or a script calls it: `selvedge --json …` in a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::program;

/// Calls of the program about the network of one folder.
#[derive(Debug, Clone)]
pub struct Selvedge {
    folder: PathBuf,
}

/// A call that has ended.
#[derive(Debug)]
pub struct Finished {
    call: String,
    status: ExitStatus,
    output: String,
    errors: String,
}

impl Selvedge {
    /// Calls about the network in `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// A call to make; the network's folder is in `SELVEDGE_DIR`.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program::path(program::SELVEDGE));
        command
            .arg("--json")
            .args(arguments)
            .env("SELVEDGE_DIR", &self.folder)
            .stdin(Stdio::null());
        command
    }

    /// Makes a call to its end.
    ///
    /// # Panics
    /// Where the program cannot be run.
    pub async fn call(&self, arguments: &[&str]) -> Finished {
        let mut command = tokio::process::Command::from(self.command(arguments));
        let output = command
            .kill_on_drop(true)
            .output()
            .await
            .expect("the program runs");
        Finished {
            call: format!("selvedge {}", arguments.join(" ")),
            status: output.status,
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Makes a call that must succeed, and gives what it printed.
    ///
    /// # Panics
    /// Where it fails.
    pub async fn run(&self, arguments: &[&str]) -> Value {
        self.call(arguments).await.succeeded()
    }
}

impl Finished {
    /// The JSON of a call that succeeded.
    ///
    /// # Panics
    /// Where it failed, or printed no JSON.
    #[must_use]
    #[track_caller]
    pub fn succeeded(self) -> Value {
        assert!(self.status.success(), "{self}");
        serde_json::from_str(&self.output)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// Everything that a call printed which had to fail.
    ///
    /// # Panics
    /// Where it succeeded, or died of a signal instead of refusing.
    #[must_use]
    #[track_caller]
    pub fn refused(self) -> String {
        let refused = self.status.code().is_some_and(|code| code != 0);
        assert!(refused, "should have been refused: {self}");
        assert!(!self.errors.contains("panicked"), "{self}");
        format!("{}{}", self.output, self.errors)
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "`{}`: {}\n{}\n{}",
            self.call, self.status, self.output, self.errors
        )
    }
}
