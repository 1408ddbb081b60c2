//! Commands on a channel that is not the first, and what they say of blocks that are not there.

use crate::support::{Shell, text};

/// Two channels; `two` has a chaincode, and Org2MSP alone is on `three`.
const FILE: &str = r"
channels:
  - name: one
  - name: two
  - name: three
    organizations: [Org2MSP]
ports: free
chaincodes:
  - name: basic
    address: 127.0.0.1:9
    channels: [two]
";

fn started() -> Shell {
    let shell = Shell::new();
    shell.write("network.yaml", FILE);
    shell.json("network up --detach -f network.yaml");
    shell
}

/// A transaction of block 1 of a channel.
fn transaction(shell: &Shell, channel: &str) -> String {
    shell.json(&format!(
        "block fetch 1..1 --out {channel} --channel {channel}"
    ));
    let block = shell.json(&format!("block decode {channel}/block_001.block"));
    let header = &block["transactions"][0]["header"];
    header["transaction_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_channel_that_is_named_is_fetched_watched_and_traced() {
    let shell = started();

    let id = transaction(&shell, "two");

    let report = shell.json(&format!("network trace {id} --channel two"));
    assert_eq!(
        (&report["block"], &report["code"]),
        (&1.into(), &"VALID".into())
    );
    let error = shell.fails(&format!("network trace {id}"));
    assert!(
        error.contains(&format!("channel one has no transaction {id}")),
        "{error}"
    );
    assert!(error.contains("--channel: two, three"), "{error}");
    let seen = text(
        &shell
            .run("network watch --channel two --from 0 --blocks 2")
            .stdout,
    );
    assert!(seen.contains("block      1     1 tx  VALID 1"), "{seen}");
    let error = shell.fails("network watch --channel four");
    assert!(
        error.contains("no channel four; it has one, two, three"),
        "{error}"
    );
}

#[test]
fn a_member_of_the_channel_acts_where_no_organisation_is_named() {
    let shell = started();
    let fetched = shell.json("block fetch 0..0 --out three --channel three");
    assert_eq!(fetched["blocks"], 1);

    let error = shell.fails("block fetch 0..0 --out three --channel three --org 1");

    assert!(
        error.contains("Org1MSP is no member of channel three"),
        "{error}"
    );
    assert!(error.contains("--org"), "{error}");
}

#[test]
fn a_network_whose_first_channel_is_not_everybodys_answers() {
    let shell = Shell::new();
    let file = "channels:\n  - {name: one, organizations: [Org2MSP]}\nports: free\n";
    shell.write("network.yaml", file);
    let status = shell.json("network up --detach -f network.yaml");
    assert_eq!(status["height"], 1);
}

#[test]
fn blocks_that_were_there_before_are_no_throughput() {
    let shell = started();
    let seen = text(
        &shell
            .run("network watch --channel two --from 0 --blocks 2")
            .stdout,
    );
    assert!(seen.ends_with("2 block(s), 2 transaction(s)\n"), "{seen}");

    let error = shell.fails("network watch --from 100000");

    assert!(
        error.contains("blocks 0 to 0, so that block 1 is the next"),
        "{error}"
    );
}
