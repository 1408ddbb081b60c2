//! A network that outlives the command: started as a process of its own, stopped by a signal.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use fabric_testnet::fabric::RealFabric;
use fabric_testnet::wait_until;

use super::up::Up;
use crate::output::Output;
use crate::place::{Kind, Place, State};

/// A network starts in a second; a machine under load may take ten times that.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// A network finishes its block and closes its file in well under a second.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// Folder of an embedded network's ledgers.
const LEDGERS: &str = "channels";

/// Refuses to start a second network in the folder of one that runs.
pub(super) async fn refuse_running(place: &Place) -> anyhow::Result<()> {
    if is_running(place).await {
        bail!(
            "a network runs in {}; look at it with `selvedge network status`, stop it with `selvedge network down`",
            place.dir().display()
        );
    }
    Ok(())
}

async fn is_running(place: &Place) -> bool {
    matches!(place.kind(), Ok(Kind::Embedded)) && place.admin("GET", "/healthz", None).await.is_ok()
}

/// Starts `up` as a process of its own, and returns when it serves.
pub(super) async fn start(up: &Up) -> anyhow::Result<()> {
    let dir = up.place.dir();
    std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let log_path = dir.join("network.log");
    let log =
        File::create(&log_path).with_context(|| format!("cannot write {}", log_path.display()))?;
    let mut child = command(up, log)?
        .spawn()
        .context("cannot start the network's process")?;
    let pid = child.id();
    let ready = wait_until(START_DEADLINE, || {
        let ended = has_ended(&mut child);
        let started = up.place.state().is_ok_and(|state| state.pid == Some(pid));
        async move { ended || (started && is_running(&up.place).await) }
    })
    .await;
    if ready.is_err() || has_ended(&mut child) {
        let _ = child.kill();
        let log = std::fs::read_to_string(&log_path).unwrap_or_default();
        bail!(
            "the network did not start; {} says:\n{}",
            log_path.display(),
            log.trim()
        );
    }
    Ok(())
}

fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

fn command(up: &Up, log: File) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    let text = |name: &'static str, value: Option<String>| {
        value
            .into_iter()
            .flat_map(move |value| [name.to_owned(), value])
    };
    command
        .args(["network", "up", "--without-steps", "--dir"])
        .arg(up.place.dir())
        .args(text("--orgs", up.orgs.map(|orgs| orgs.to_string())))
        .args(text("--peers", up.peers.map(|peers| peers.to_string())))
        .args(up.channels.iter().flat_map(|name| ["--channel", name]))
        .args(text("--cut", up.cut.map(|cut| cut.to_string())))
        .args(text("--ports", up.ports.as_ref().map(value)))
        .args(text("--seed", up.seed.clone()))
        .args(
            up.rich_queries
                .map(|answered| format!("--rich-queries={answered}")),
        )
        .args(text("--compat", up.compat.map(|compat| compat.to_string())))
        .args(up.ephemeral.then_some("--ephemeral"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C at the terminal must not reach it.
        .process_group(0);
    if let Some(file) = &up.file {
        command.arg("--file").arg(file);
    }
    Ok(command)
}

/// The name of an option's value on the command line.
fn value(option: &impl clap::ValueEnum) -> String {
    // Every value of these options has a name: none is skipped.
    let found = option.to_possible_value();
    found.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Stops the network of a folder, of either kind.
pub(super) async fn stop(place: &Place, output: &Output) -> anyhow::Result<ExitCode> {
    let state = place.state()?;
    match place.kind()? {
        Kind::Fabric => RealFabric::stop(place.dir())?,
        Kind::Unknown(kind) => bail!("the network is of the unknown kind {kind:?}"),
        Kind::Embedded if !is_running(place).await => {
            output.progress("the network does not run");
            return Ok(ExitCode::SUCCESS);
        }
        Kind::Embedded => terminate(place, &state).await?,
    }
    let dir = place.dir().display();
    // An ephemeral network has no ledgers there, if none did before.
    let left = match place.dir().join(LEDGERS).exists() || state.kind != "embedded" {
        true => format!("stopped; its data stays in {dir}"),
        false => format!(
            "stopped; its blocks are gone, as they were in memory; its identities stay in {dir}"
        ),
    };
    output.result(&serde_json::json!({ "stopped": place.dir() }), |_| left)?;
    Ok(ExitCode::SUCCESS)
}

/// Ends the process that serves, if it is the one that the state file names.
async fn terminate(place: &Place, state: &State) -> anyhow::Result<()> {
    let status = place.admin("GET", "/status", None).await?;
    let pid = state.pid.filter(|pid| status["pid"] == *pid);
    let pid =
        pid.context("another process serves there than the state file names; stop it by hand")?;
    let killed = Command::new("kill")
        .args(["-s", "TERM", &pid.to_string()])
        .status();
    killed.context("cannot run `kill`")?;
    // It stops serving before it has closed its files: only its end says that these are whole.
    let stopped = wait_until(STOP_DEADLINE, || std::future::ready(has_gone(pid)));
    stopped
        .await
        .context("the network goes on; stop it with `kill -9`")
}

/// Whether a process has ended, though nobody may have waited for it (`proc_pid_stat(5)`).
fn has_gone(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    // The second field is the program's name in brackets, which may hold anything.
    let state = stat.rsplit_once(')').map(|(_, fields)| fields.trim_start());
    state.is_none_or(|state| state.starts_with(['Z', 'X']))
}
