//! Signals and the process table, without unsafe code: through the shell's `kill` and `/proc`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a process can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End after cleaning up.
    Terminate,
    /// For PostgreSQL: end at once, children and shared memory included.
    Quit,
    /// Be ended by the system, as in a crash.
    Kill,
}

impl Signal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// Sends `signal` to the process group that `pid` leads. A group that is gone is fine.
pub(crate) fn send_to_group(signal: Signal, pid: u32) {
    send(signal, &[format!("-{pid}")]);
}

/// Sends `signal` to single processes. Those that are gone are fine.
pub(crate) fn send_to_each(signal: Signal, pids: &[u32]) {
    let targets: Vec<String> = pids.iter().map(u32::to_string).collect();
    send(signal, &targets);
}

fn send(signal: Signal, targets: &[String]) {
    if targets.is_empty() {
        return;
    }
    // The status says only whether a process was still there, which no caller wants to know.
    let _ = Command::new("/bin/sh")
        .args([
            "-c",
            r#"signal=$1; shift; kill -s "$signal" -- "$@""#,
            "sh",
            signal.name(),
        ])
        .args(targets)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Whether `pid` is a living process whose command line mentions `program`: a process id
/// alone may belong to somebody else by now.
pub(crate) fn is_alive(pid: u32, program: &str) -> bool {
    let entry = if has_proc() {
        from_proc(pid)
    } else {
        from_ps(&["-p", &pid.to_string()]).pop()
    };
    entry.is_some_and(|process| process.command.contains(program))
}

/// The direct children of `pid`.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let all = if has_proc() {
        all_from_proc()
    } else {
        from_ps(&["-A"])
    };
    all.iter()
        .filter(|process| process.parent == pid)
        .map(|process| process.pid)
        .collect()
}

/// A process that has not ended. One that has, but was not collected, does not count.
struct Entry {
    pid: u32,
    parent: u32,
    command: String,
}

/// Linux has it always, and slim images have no `ps`.
fn has_proc() -> bool {
    Path::new("/proc/self/stat").exists()
}

fn all_from_proc() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let names = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| from_proc(name.parse().ok()?))
        .collect()
}

/// `pid (name) state parent ...`; the name may contain spaces and parentheses.
fn from_proc(pid: u32) -> Option<Entry> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    (state != "Z").then_some(Entry {
        pid,
        parent,
        command,
    })
}

fn from_ps(selection: &[&str]) -> Vec<Entry> {
    let columns = ["-o", "pid=,ppid=,stat=,command="];
    let output = Command::new("ps")
        .args(selection)
        .args(columns)
        .stderr(Stdio::null())
        .output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(from_ps_line)
        .collect()
}

fn from_ps_line(line: &str) -> Option<Entry> {
    let mut fields = line.split_whitespace();
    let pid = fields.next()?.parse().ok()?;
    let parent = fields.next()?.parse().ok()?;
    let state = fields.next()?;
    let command = fields.collect::<Vec<_>>().join(" ");
    (!state.starts_with('Z')).then_some(Entry {
        pid,
        parent,
        command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_under_its_own_name_only() {
        let pid = std::process::id();
        assert!(is_alive(pid, "fabric_testnet"));
        assert!(!is_alive(pid, "another-program"));
    }

    #[test]
    fn started_process_is_a_child() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert!(children(std::process::id()).contains(&child.id()));
        send_to_each(Signal::Kill, &[child.id()]);
        child.wait().unwrap();
    }

    #[test]
    fn line_of_ps_is_read() {
        let entry = from_ps_line("  17     1 Ss   /usr/bin/peer node start").unwrap();
        assert_eq!((entry.pid, entry.parent), (17, 1));
        assert_eq!(entry.command, "/usr/bin/peer node start");
        assert!(from_ps_line("18 1 Z (peer)").is_none());
    }
}
