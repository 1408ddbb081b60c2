//! The README's tutorial, typed in: every command in order, in one shell and an empty folder. Only the
//! ports are others, so that it runs beside whatever the machine runs.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use e2e::program;
use e2e::warden::Warden;
use fabric_testnet::ports::Port;

const SECTION: &str = "## Five-minute tutorial";
/// Five minutes are for a person; the commands take seconds.
const DEADLINE: Duration = Duration::from_secs(120);

/// What is typed, and what the test types instead.
const BUILD: &str = "cargo build --bins\n";
const UP: &str = "selvedge network up --detach";
const UP_ON_FREE_PORTS: &str = "selvedge network up --detach --ports free";
const CHAINCODE_ADDRESS: &str = "127.0.0.1:9999";

#[tokio::test(flavor = "multi_thread")]
async fn tutorial_of_the_readme_works_when_typed_in() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README can be read");
    let commands = commands(&readme);
    let port = Port::free().expect("a free port");
    let address = port.address().to_string();
    // What runs here was built before the test, as the first command would.
    let script = replaced(&replaced(&commands, BUILD, ""), UP, UP_ON_FREE_PORTS);
    let script = replaced(&script, CHAINCODE_ADDRESS, &address);

    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    let warden = Warden::of(&folder);
    let (status, output) = run(&script, &folder, &warden).await;

    assert!(status.success(), "{status}\n{output}");
    for words in ["750 gold", "250 gold", "6 block(s) verified", "stopped"] {
        assert!(output.contains(words), "{words:?} is missing:\n{output}");
    }
}

#[test]
fn commands_are_those_in_the_shell_blocks_of_the_section() {
    let readme = "## A\n```sh\nno\n```\n## Five-minute tutorial\ntext\n```sh\none\n! two\n```\n\
                  ```\nno\n```\n```sh\nthree\n```\n## B\n```sh\nno\n```\n";
    let commands = commands(readme);
    assert_eq!(
        commands,
        "one\nif two; then echo 'this should fail: two'; exit 1; fi\nthree\n"
    );
}

/// The lines of all shell blocks in the tutorial's section. A line that must fail begins with `! `.
fn commands(readme: &str) -> String {
    let section = readme
        .split_once(SECTION)
        .unwrap_or_else(|| panic!("the README has no {SECTION:?}"))
        .1;
    let section = section
        .split_once("\n## ")
        .map_or(section, |(section, _)| section);
    let blocks = section
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or(""));
    let lines = blocks.flat_map(str::lines);
    lines
        .map(|line| match line.strip_prefix("! ") {
            Some(line) => format!("if {line}; then echo 'this should fail: {line}'; exit 1; fi\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

#[track_caller]
fn replaced(script: &str, from: &str, to: &str) -> String {
    assert!(
        script.contains(from),
        "the tutorial no longer says {from:?}:\n{script}"
    );
    script.replace(from, to)
}

async fn run(script: &str, folder: &Path, warden: &Warden) -> (std::process::ExitStatus, String) {
    let script =
        format!("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
    let shell = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path_with_programs())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .expect("bash runs");
    warden.watch(shell.id().expect("a shell that runs has an id"));
    let ended = tokio::time::timeout(DEADLINE, shell.wait_with_output()).await;
    watch_network(folder, warden);
    let output = ended
        .unwrap_or_else(|_| panic!("the tutorial hangs"))
        .expect("the shell ends");
    let text = [output.stdout, output.stderr].concat();
    (output.status, String::from_utf8_lossy(&text).into_owned())
}

/// A tutorial that failed half-way has left its network running.
fn watch_network(folder: &Path, warden: &Warden) {
    let state = std::fs::read(folder.join(".selvedge/network.json")).unwrap_or_default();
    let state: serde_json::Value = serde_json::from_slice(&state).unwrap_or_default();
    let pid = state["pid"]
        .as_u64()
        .and_then(|pid| u32::try_from(pid).ok());
    if let Some(pid) = pid.filter(|pid| e2e::warden::is_alive(*pid)) {
        warden.watch(pid);
    }
}

fn path_with_programs() -> std::ffi::OsString {
    let selvedge = program::path(program::SELVEDGE);
    let folder = selvedge.parent().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(folder.into_iter().chain(std::env::split_paths(&path))).expect("a PATH")
}
