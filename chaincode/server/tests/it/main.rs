//! The process: what it says when it cannot start, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Longer than an end takes, shorter than a hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asset-chaincode"));
    command.args(arguments).env_clear();
    command
}

fn run(arguments: &[&str]) -> Output {
    binary(arguments).output().unwrap()
}

/// Starts it on a free port; gives the address that it logs.
fn start() -> (Child, BufReader<impl std::io::Read>, String) {
    let mut child = binary(&["--id", "assets:1", "--address", "127.0.0.1:0", "--log-json"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut logs = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting for peers") {
        line.clear();
        assert_ne!(
            logs.read_line(&mut line).unwrap(),
            0,
            "it ended before it listened"
        );
    }
    let address = line
        .split(r#""address":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    (child, logs, address.to_owned())
}

fn wait_for_end(mut child: Child) -> ExitStatus {
    let pid = child.id();
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    let Ok(status) = ended.recv_timeout(PATIENCE) else {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("the process did not end within {PATIENCE:?}");
    };
    status.unwrap()
}

#[test]
fn help_teaches_how_to_run_and_deploy_it() {
    let output = run(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for word in [
        "CHAINCODE_ID",
        "CHAINCODE_SERVER_ADDRESS",
        "--tls-key",
        "SIGTERM",
        "install",
    ] {
        assert!(text.contains(word), "--help does not mention {word}");
    }
}

#[test]
fn a_missing_setting_is_named() {
    let output = run(&["--address", "127.0.0.1:0"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(text.contains("CHAINCODE_ID"), "{text}");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--id", "assets:1", "--address", &address]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(text.contains(&address), "{text}");
}

#[test]
fn both_signals_end_it_while_a_client_is_connected() {
    for signal in ["TERM", "INT"] {
        let (child, _logs, address) = start();
        let client = TcpStream::connect(&address).unwrap();
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert!(
            wait_for_end(child).success(),
            "SIG{signal} is an orderly end"
        );
        assert!(TcpStream::connect(&address).is_err());
        drop(client);
    }
}
