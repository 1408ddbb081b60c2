//! Tests that need a process of their own: for what belongs to a process, such as memory and the log.

use std::ffi::OsString;
use std::future::Future;
use std::process::Command;

/// Set in the process that has the test to itself.
const ALONE: &str = "SDK_TEST_ALONE";

/// Runs a test in a process of its own, by its full name, and gives what it printed there; there
/// itself, runs `test`.
#[track_caller]
pub(crate) fn run(name: &str, test: impl Future<Output = ()>) -> String {
    run_with(name, [], test)
}

/// Whether this is the process that has the test to itself.
pub(crate) fn is_child() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// As [`run`], with these variables in the environment.
#[track_caller]
pub(crate) fn run_with<const N: usize>(
    name: &str,
    variables: [(&str, OsString); N],
    test: impl Future<Output = ()>,
) -> String {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(test);
        println!("{name} went well");
        return String::new();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .envs(variables)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let well = format!("{name} went well");
    assert!(
        output.status.success() && text.contains(&well),
        "{text}\n{errors}"
    );
    text
}
