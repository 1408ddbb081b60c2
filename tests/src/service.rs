//! A program that runs beside the test until it is killed: the chaincode, the mirror.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use crate::warden::Warden;

/// Lines of a log that a failed test shows.
const LOG_TAIL_LINES: usize = 30;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    child: Child,
    log: PathBuf,
    warden: Arc<Warden>,
}

impl Service {
    /// Starts a program that writes to the log file `name.log` in `folder`.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn start(mut command: Command, name: &str, folder: &Path, warden: &Arc<Warden>) -> Self {
        let log = folder.join(format!("{name}.log"));
        let output = append(&log);
        let errors = output.try_clone().expect("a file has a second handle");
        let program = command.get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn();
        let child =
            child.unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
        warden.watch(child.id());
        Self {
            child,
            log,
            warden: Arc::clone(warden),
        }
    }

    /// Kills it with SIGKILL and returns when it is gone. One that has ended already is left alone.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            self.child.kill().expect("a child can be killed");
            self.child.wait().expect("a child can be waited for");
        }
        self.warden.forget(self.child.id());
    }

    /// How it ended; none while it runs.
    ///
    /// # Panics
    /// Where the system does not know its own children.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child has a status")
    }

    /// The end of what it wrote.
    #[must_use]
    pub fn log_tail(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a log file.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}

#[track_caller]
fn append(log: &Path) -> File {
    let opened = OpenOptions::new().create(true).append(true).open(log);
    opened.unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()))
}
