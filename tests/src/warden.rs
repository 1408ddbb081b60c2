//! The warden of a world: ends its processes and removes its folder however the test process ends,
//! by return, panic, abort or SIGKILL.
//!
//! It is a shell that reads from a pipe of which this process holds the only other end. The end of the
//! pipe is its signal, so there is one way of cleaning up and not one for each way of dying.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

/// `$1` is the folder to remove. Every process that it watches leads a group of its own.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
pids=
while read -r word pid; do
  case $word in
    watch) pids="$pids $pid " ;;
    forget) pids=$(printf '%s' "$pids" | sed "s/ $pid / /") ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
tries=0
while [ $tries -lt 100 ]; do
  alive=
  for pid in $pids; do kill -0 -- "-$pid" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && break
  sleep 0.05
  tries=$((tries + 1))
done
rm -rf -- "$1"
"#;

/// Watches over processes and a folder until it is dropped.
#[derive(Debug)]
pub struct Warden {
    shell: Child,
    /// None only while it is being dropped.
    pipe: Mutex<Option<ChildStdin>>,
}

impl Warden {
    /// Watches over `folder`.
    ///
    /// # Panics
    /// Where there is no shell.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "selvedge-test-warden"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("/bin/sh runs");
        let pipe = Mutex::new(shell.stdin.take());
        Self { shell, pipe }
    }

    /// Ends the group that `pid` leads, in the end.
    pub fn watch(&self, pid: u32) {
        self.tell("watch", pid);
    }

    /// Leaves `pid` alone: it has ended, and the number may be given to another process.
    pub fn forget(&self, pid: u32) {
        self.tell("forget", pid);
    }

    fn tell(&self, word: &str, pid: u32) {
        let mut pipe = self
            .pipe
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(pipe) = pipe.as_mut() {
            writeln!(pipe, "{word} {pid}").expect("the warden listens");
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        let pipe = self
            .pipe
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(pipe.take());
        let _ = self.shell.wait();
    }
}

/// Ends a process and the group that it leads, as a crash would.
///
/// # Panics
/// Where there is no shell.
pub fn kill_group(pid: u32) {
    let script = r#"kill -s KILL -- "-$1""#;
    let status = Command::new("/bin/sh")
        .args(["-c", script, "kill", &pid.to_string()])
        .status();
    assert!(
        status.expect("/bin/sh runs").success(),
        "process group {pid} could not be killed"
    );
}

/// Whether a process has not ended, or not been collected by its parent.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().next());
    state.is_some_and(|state| state != "Z")
}
