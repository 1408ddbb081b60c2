//! The watcher that ends a server whose test process died without running its destructors.
//!
//! It is a shell that reads from a pipe of which this process holds the only other end. A word
//! on the pipe says that all is well; the end of the pipe without a word means that this process
//! was killed, aborted or left its statics alone, and the watcher cleans up.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::signal::Signal;
use crate::error::Error;

/// `$1` signal, `$2` process group, `$3` folder to remove or nothing. It waits at most 5 s for
/// the server to be gone, since a folder in use cannot be removed.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r word && exit 0
kill -s "$1" -- "-$2" 2>/dev/null
tries=0
while [ $tries -lt 100 ] && kill -0 -- "-$2" 2>/dev/null; do
  sleep 0.05
  tries=$((tries + 1))
done
kill -s KILL -- "-$2" 2>/dev/null
[ -z "$3" ] || rm -rf -- "$3"
"#;

/// Ends a process group, and removes a folder, unless released first.
#[derive(Debug)]
pub(crate) struct Reaper {
    pipe: ChildStdin,
    shell: Child,
}

impl Reaper {
    /// Watches over the process group led by `pid`.
    pub(crate) fn watch(pid: u32, signal: Signal, folder: Option<&Path>) -> Result<Self, Error> {
        let shell_path = Path::new("/bin/sh");
        let mut shell = Command::new(shell_path)
            .args([
                "-c",
                SCRIPT,
                "fabric-testnet-reaper",
                signal.name(),
                &pid.to_string(),
            ])
            .arg(folder.unwrap_or(Path::new("")))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(Error::io("run", shell_path))?;
        let pipe = shell.stdin.take().ok_or_else(|| {
            Error::io("open a pipe to", shell_path)(std::io::ErrorKind::BrokenPipe.into())
        })?;
        Ok(Self { pipe, shell })
    }

    /// The server has been dealt with, or shall live on.
    pub(crate) fn release(mut self) {
        if self.pipe.write_all(b"released\n").is_ok() {
            let _ = self.shell.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::wait_blocking;
    use std::time::Duration;

    fn long_sleep() -> Child {
        Command::new("sleep")
            .arg("600")
            .process_group(0)
            .spawn()
            .unwrap()
    }

    #[test]
    fn pipe_that_closes_without_a_word_ends_server_and_folder() {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut server = long_sleep();
        let reaper = Reaper::watch(server.id(), Signal::Kill, Some(&folder)).unwrap();

        drop(reaper);

        let ended = wait_blocking(Duration::from_secs(10), || {
            server.try_wait().unwrap().is_some()
        });
        assert!(ended);
        assert!(wait_blocking(Duration::from_secs(10), || !folder.exists()));
    }

    #[test]
    fn released_reaper_leaves_server_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = long_sleep();
        let reaper = Reaper::watch(server.id(), Signal::Kill, Some(folder.path())).unwrap();

        reaper.release();

        assert!(server.try_wait().unwrap().is_none());
        assert!(folder.path().exists());
        server.kill().unwrap();
        server.wait().unwrap();
    }
}
