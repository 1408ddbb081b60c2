//! What a process has cost so far, as Linux counts it.

use std::time::Duration;

use anyhow::Context as _;

/// Clock ticks a second in `/proc/PID/stat`: the same on every Linux that Rust supports.
const TICKS_PER_SECOND: u64 = 100;

/// A size in `/proc/PID/status`, such as `VmRSS:`, in bytes.
pub(crate) fn bytes(pid: u32, field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.context("a process has a size")?.parse::<u64>()? * 1024)
}

/// User and system time (`proc_pid_stat(5)`, fields 14 and 15).
/// Time on all cores that a process has taken so far.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    Ok(Duration::from_millis(ticks(pid)? * 1000 / TICKS_PER_SECOND))
}

fn ticks(pid: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets, which may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("a process has a name")?;
    let mut ticks = fields.split_whitespace().skip(11).take(2);
    let mut next = || {
        ticks
            .next()
            .context("a process has a time")?
            .parse::<u64>()
            .map_err(anyhow::Error::from)
    };
    Ok(next()? + next()?)
}
