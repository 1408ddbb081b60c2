//! A server process: started in its own process group with a log file, and ended with the
//! handle, with this process, or never, as its [`Lifetime`] says.

mod reaper;
mod signal;

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::wait::{wait_blocking, wait_until};
use reaper::Reaper;
pub(crate) use signal::Signal;

/// Lines of a log that an error shows: enough for a Go panic's first frames.
const LOG_TAIL_LINES: usize = 30;
/// Time that a server has to end after a polite signal.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// How long a process lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until the handle is dropped or this process ends, however it ends; then `folder` goes too.
    Handle {
        /// A folder to remove where the handle's own destructor cannot.
        folder: Option<PathBuf>,
    },
    /// Until somebody stops it.
    Detached,
}

/// What to start.
pub(crate) struct Start<'a> {
    /// Unique within the folder; names the log and pid files.
    pub(crate) name: &'a str,
    /// Program, arguments and environment.
    pub(crate) command: Command,
    /// Where log and pid files go.
    pub(crate) logs: &'a Path,
    /// How the program likes to be ended by a handle that goes away.
    pub(crate) stop_signal: Signal,
    /// How long it lives.
    pub(crate) lifetime: Lifetime,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    program: String,
    pid: u32,
    log: PathBuf,
    stop_signal: Signal,
    child: Option<Child>,
    reaper: Option<Reaper>,
}

impl Process {
    /// Starts the server. It is not ready yet: see [`Process::ready`].
    pub(crate) fn start(start: Start<'_>) -> Result<Self, Error> {
        let Start {
            name,
            mut command,
            logs,
            stop_signal,
            lifetime,
        } = start;
        let log = log_path(logs, name);
        let output = OpenOptions::new().create(true).append(true).open(&log);
        let output = output.map_err(Error::io("open", &log))?;
        let errors = output.try_clone().map_err(Error::io("open", &log))?;
        let path = PathBuf::from(command.get_program());
        command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        let child = command.spawn().map_err(Error::io("run", &path))?;
        let pid = child.id();
        let mut process = Self {
            name: name.to_owned(),
            program: program_name(&path),
            pid,
            log,
            stop_signal,
            child: Some(child),
            reaper: None,
        };
        if let Lifetime::Handle { folder } = lifetime {
            let reaper = Reaper::watch(pid, stop_signal, folder.as_deref());
            process.reaper = Some(reaper.inspect_err(|_| process.kill())?);
        }
        let pid_file = process.log.with_extension("pid");
        fs::write(&pid_file, pid.to_string()).map_err(Error::io("write", &pid_file))?;
        Ok(process)
    }

    /// A server that another process started and left running.
    pub(crate) fn adopt(name: &str, program: &Path, pid: u32, logs: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program_name(program),
            pid,
            log: log_path(logs, name),
            stop_signal: Signal::Terminate,
            child: None,
            reaper: None,
        }
    }

    /// The process id, which is the id of its group too.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => signal::is_alive(self.pid, &self.program),
        }
    }

    /// Waits for `condition`; a server that ends meanwhile is an error at once.
    pub(crate) async fn ready<Future>(
        &mut self,
        deadline: Duration,
        mut condition: impl FnMut() -> Future,
    ) -> Result<(), Error>
    where
        Future: std::future::Future<Output = bool>,
    {
        let start = Instant::now();
        let mut ended = false;
        let waited = wait_until(deadline, || {
            ended = !self.is_running();
            let (ended, look) = (ended, condition());
            async move { ended || look.await }
        });
        let waited = waited.await;
        if ended {
            return Err(self.ended_by_itself());
        }
        waited.map_err(|_| self.late(deadline))?;
        tracing::debug!(server = self.name, took = ?start.elapsed(), "ready");
        Ok(())
    }

    /// Ends it as a crash would, the whole group and all direct children. Returns when the
    /// processes are gone.
    pub(crate) fn kill(&mut self) {
        if self.is_running() {
            let children = signal::children(self.pid);
            signal::send_to_group(Signal::Kill, self.pid);
            signal::send_to_each(Signal::Kill, &children);
            wait_blocking(STOP_DEADLINE, || !self.is_running());
            wait_blocking(STOP_DEADLINE, || {
                !children.iter().any(|pid| signal::is_alive(*pid, ""))
            });
        }
        self.forget();
    }

    /// Ends it with `signal`, and as a crash would where that takes too long.
    pub(crate) fn end(&mut self, signal: Signal) {
        if self.is_running() {
            signal::send_to_group(signal, self.pid);
            wait_blocking(STOP_DEADLINE, || !self.is_running());
        }
        self.kill();
    }

    /// Lets the server outlive the handle and this process.
    pub(crate) fn detach(&mut self) {
        if let Some(reaper) = self.reaper.take() {
            reaper.release();
        }
        self.child = None;
    }

    fn forget(&mut self) {
        if let Some(reaper) = self.reaper.take() {
            reaper.release();
        }
        let _ = fs::remove_file(self.log.with_extension("pid"));
    }

    fn ended_by_itself(&self) -> Error {
        Error::ProcessEnded {
            name: self.name.clone(),
            log: self.log.clone(),
            log_tail: log_tail(&self.log),
        }
    }

    fn late(&self, deadline: Duration) -> Error {
        Error::DeadlinePassed {
            what: format!("the start of {}", self.name),
            deadline,
            detail: log_tail(&self.log),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.reaper.is_some() {
            self.end(self.stop_signal);
        }
    }
}

/// The last lines of a log file, for an error.
pub(crate) fn log_tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
}

fn log_path(logs: &Path, name: &str) -> PathBuf {
    logs.join(format!("{name}.log"))
}

fn program_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
