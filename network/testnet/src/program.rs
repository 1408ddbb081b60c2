//! Command line programs: where they are, and running one to its end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::error::Error;

/// Looks for `program` in `folders`, then on `PATH`.
pub(crate) fn find(program: &str, folders: &[PathBuf], remedy: &str) -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| Error::ProgramMissing {
            program: program.to_owned(),
            remedy: remedy.to_owned(),
        })
}

/// Runs a command to its end and gives what it wrote to standard output.
///
/// A command whose future is dropped is killed, so a deadline around this call holds.
pub(crate) async fn run(mut command: Command) -> Result<String, Error> {
    let path = PathBuf::from(command.as_std().get_program());
    let output = command
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = output.map_err(Error::io("run", &path))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Error::CommandFailed {
        command: describe(&path, &command),
        status: output.status.to_string(),
        output: without_usage(&format!("{text}{errors}"))
            .trim_end()
            .to_owned(),
    })
}

/// Fabric's tools print all their flags after every error.
fn without_usage(output: &str) -> &str {
    output.split("\nUsage:\n").next().unwrap_or(output)
}

fn describe(path: &Path, command: &Command) -> String {
    let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
    let arguments = command.as_std().get_args().map(OsStr::to_string_lossy);
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_program_names_the_remedy() {
        let error = find("no-such-program", &[], "type this").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no-such-program was not found; type this"
        );
    }

    #[tokio::test]
    async fn failed_command_shows_what_it_printed() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let error = run(command).await.unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.ends_with("out\nerr"),
            "{error}"
        );
    }
}
