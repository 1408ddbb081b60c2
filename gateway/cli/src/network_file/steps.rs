//! What is done once the network serves: chaincodes are deployed, then commands run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Chaincode, NetworkFile, entries};
use crate::command::chaincode::lacks_collections;
use crate::output::Output;
use crate::place::Place;

impl NetworkFile {
    /// Deploys the chaincodes and runs the commands, in the order of the file.
    pub(crate) async fn run_steps(&self, place: &Place, output: &Output) -> anyhow::Result<()> {
        let mut package_ids = Vec::new();
        for chaincode in &self.content.chaincodes {
            let id = self.deploy(chaincode, place, output).await?;
            package_ids.push((variable(&chaincode.name.value), id));
        }
        for step in &self.content.after_start {
            output.progress(&format!("$ {}", step.value));
            let command = self.command(&step.value, place, &package_ids)?;
            let status = run(command).await.map_err(|error| {
                self.wrong(step, &format!("`{}` cannot be run: {error}", step.value))
            })?;
            if !status.success() {
                let what = format!("`{}` failed: {status}", step.value);
                return Err(self.wrong(step, &what));
            }
        }
        Ok(())
    }

    /// Deploys one chaincode on its channels; gives its package id.
    async fn deploy(
        &self,
        chaincode: &Chaincode,
        place: &Place,
        output: &Output,
    ) -> anyhow::Result<String> {
        let name = &chaincode.name.value;
        let collections = self.collections(chaincode)?;
        let channels = entries(&chaincode.channels).iter();
        let mut channels: Vec<_> = channels.map(|channel| json!(channel.value)).collect();
        if channels.is_empty() {
            channels.push(Value::Null);
        }
        let mut package_id = String::new();
        for channel in channels {
            let request = json!({
                "name": name,
                "address": chaincode.address.value,
                "channel": channel,
                "policy": chaincode.policy,
                "version": chaincode.version,
                "collections": collections,
            });
            let reply = place.admin("POST", "/chaincodes", Some(&request)).await;
            let reply = reply.map_err(|error| {
                let mut what = format!("{error:#}");
                if lacks_collections(&what) {
                    what.push_str("; give them again as `collections` or `collections-config`");
                }
                self.wrong(&chaincode.name, &what)
            })?;
            package_id = reply["package_id"].as_str().unwrap_or_default().to_owned();
            output.progress(&format!(
                "chaincode {name}{} is defined, sequence {}; start its service with CHAINCODE_ID={package_id}",
                channel.as_str().map(|channel| format!(" on {channel}")).unwrap_or_default(),
                reply["sequence"],
            ));
        }
        Ok(package_id)
    }

    /// The collections of a chaincode, from the file itself or from the one that it names.
    pub(super) fn collections(&self, chaincode: &Chaincode) -> anyhow::Result<Value> {
        let Some(config) = &chaincode.collections_config else {
            return Ok(Value::Array(chaincode.collections.clone()));
        };
        let path = self.folder().join(&config.value);
        let read = std::fs::read(&path);
        let read = read.map_err(|error| {
            self.wrong(
                config,
                &format!("{} cannot be read: {error}", path.display()),
            )
        })?;
        let parsed: Result<Vec<Value>, _> = serde_json::from_slice(&read);
        parsed.map(Value::Array).map_err(|error| {
            let what = format!("{} is no list of collections: {error}", path.display());
            self.wrong(config, &what)
        })
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// A line of the file as a shell runs it: in the file's folder, with this program on the path,
    /// the network's folder in `SELVEDGE_DIR`, and each chaincode's package id in `CHAINCODE_ID_NAME`.
    fn command(
        &self,
        line: &str,
        place: &Place,
        package_ids: &[(String, String)],
    ) -> anyhow::Result<Command> {
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(self.folder())
            .env("SELVEDGE_DIR", std::path::absolute(place.dir())?)
            .env("PATH", path_with_this_program()?)
            .envs(package_ids.iter().map(|(name, id)| (name, id)))
            .stdin(Stdio::null())
            // What the commands print is not what this one prints.
            .stdout(std::io::stderr())
            .kill_on_drop(true);
        Ok(command)
    }
}

/// Runs a command to its end, or to the signal that ends this program.
async fn run(mut command: Command) -> anyhow::Result<std::process::ExitStatus> {
    let mut child = command.spawn()?;
    tokio::select! {
        status = child.wait() => Ok(status?),
        ended = crate::signal::ended() => {
            ended?;
            bail!("interrupted")
        }
    }
}

fn path_with_this_program() -> anyhow::Result<std::ffi::OsString> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let folder = program.parent().map(PathBuf::from).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

/// `CHAINCODE_ID_MY_CHAINCODE` for `my-chaincode`.
fn variable(chaincode: &str) -> String {
    format!(
        "CHAINCODE_ID_{}",
        chaincode.to_ascii_uppercase().replace('-', "_")
    )
}
