//! Blocks on demand, snapshots, dumps and faults from the command line.

use serde_json::json;

use crate::support::{Shell, text};

fn started(options: &str) -> Shell {
    let shell = Shell::new();
    shell.json(&format!("network up --detach --ports free {options}"));
    shell
}

fn deploy(shell: &Shell, name: &str) {
    shell.json(&format!("chaincode deploy {name} --address 127.0.0.1:9999"));
}

fn height(shell: &Shell, network: &str) -> u64 {
    let status = shell.json_at(network, "network status");
    status["height"].as_u64().unwrap()
}

#[test]
fn a_network_goes_back_to_its_snapshots() {
    let shell = started("");
    deploy(&shell, "first");
    let before = height(&shell, "network");
    let taken = shell.json("network snapshot clean");
    assert_eq!(
        taken,
        json!({"name": "clean", "heights": {"mychannel": before}})
    );
    deploy(&shell, "second");
    assert!(height(&shell, "network") > before);

    let reverted = shell.run("network revert clean");

    let told = text(&reverted.stdout);
    assert_eq!(
        told,
        format!("back at snapshot clean: mychannel at height {before}\n")
    );
    assert_eq!(height(&shell, "network"), before);
    assert_eq!(shell.json("network snapshot")["name"], "1");
    let list = shell.json("network snapshot --list");
    assert_eq!(
        (&list[0]["name"], &list[1]["name"]),
        (&json!("clean"), &json!("1"))
    );
    let left = shell.json("network snapshot --forget clean");
    assert_eq!(left.as_array().unwrap().len(), 1);
    let error = shell.fails("network revert clean");
    assert!(error.contains("no snapshot `clean`"), "{error}");
}

#[test]
fn a_dump_is_loaded_into_another_folder() {
    let shell = started("--channel one --channel two --peers 2");
    deploy(&shell, "basic");
    let before = height(&shell, "network");
    let status = shell.json("network status");

    let dumped = shell.json("network dump network.dump");

    assert_eq!(dumped["file"], json!(shell.path("network.dump")));
    assert!(shell.fails("network dump network.dump").contains("exists"));
    assert!(
        shell
            .fails("network load network.dump")
            .contains("holds a network")
    );
    assert!(shell.run("network down").status.success());
    shell.json_at("other", "network load network.dump");
    let other = shell.json_at("other", "network up --detach --ports free");
    assert_eq!(height(&shell, "other"), before);
    assert_eq!(other["channels"], status["channels"]);
    let names = |status: &serde_json::Value| {
        let peers = status["peers"].as_array().unwrap().iter();
        peers.map(|peer| peer["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&other), names(&status));
    shell.write("garbage", "garbage");
    let error = text(&shell.run_at("third", "network load garbage").stderr);
    assert!(error.contains("selvedge network dump"), "{error}");
}

#[test]
fn blocks_are_cut_on_demand() {
    let shell = Shell::new();
    // The network's own deployer cuts the blocks that it needs.
    let file = "cut: manual\nports: free\nseed: a\nchaincodes:\n  - name: basic\n    address: 127.0.0.1:9\n";
    shell.write("network.yaml", file);
    let status = shell.json("network up --detach -f network.yaml");
    assert!(status["height"].as_u64().unwrap() > 1);
    let none = shell.json("network cut --transactions 3");
    let expected = json!({"channel": "mychannel", "block": null, "transactions": 0, "waiting": 0});
    assert_eq!(none, expected);
    let told = text(&shell.run("network cut").stdout);
    assert_eq!(told, "no block: no transaction waits on mychannel\n");
    let error = shell.fails("network cut --channel nowhere");
    assert!(error.contains("no channel `nowhere`"), "{error}");
    let other = Shell::new();
    other.json("network up --detach --ports free --seed a --ephemeral");
    let user = "organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp/keystore/priv_sk";
    assert_eq!(
        shell.read(&format!("network/{user}")),
        other.read(&format!("network/{user}"))
    );
}

#[test]
fn faults_are_asked_for_listed_and_cleared() {
    const PEER: &str = "peer0.org2.example.com";
    let shell = started("");
    let cases = [
        format!("hold {PEER}"),
        format!("lag {PEER} --blocks 3"),
        "deliver --block 7 --drop".to_owned(),
        format!("deliver --block 8 --delay-ms 50 --node {PEER}"),
        "refuse Org2MSP".to_owned(),
        "clock-skew -1000".to_owned(),
    ];
    for case in &cases {
        shell.json(&format!("network fault {case}"));
    }
    assert_eq!(
        shell.json("network fault list"),
        json!([
            {"fault": "lag", "peer": PEER, "channel": "mychannel", "blocks": 3},
            {"fault": "refuse", "msp_id": "Org2MSP"},
            {"fault": "deliver", "channel": "mychannel", "block": 7, "how": "drop"},
            {"fault": "deliver", "node": PEER, "channel": "mychannel", "block": 8, "how": {"delay-ms": 50}},
            {"fault": "clock-skew", "skew_ms": -1000},
        ])
    );
    let told = text(&shell.run("network fault list").stdout);
    assert!(told.ends_with("the clock is 1000 ms slow\n"), "{told}");
    for wrong in [
        "clock-skew 99999999999999999",
        "clock-skew -99999999999999999",
    ] {
        let error = shell.fails(&format!("network fault {wrong}"));
        assert!(error.contains("1576800000000 ms at most"), "{error}");
    }
    let error = shell.fails("network fault deliver --block 8 --delay-ms 3600001");
    assert!(error.contains("3600000 ms at most"), "{error}");
    let told = text(&shell.run("network fault clear").stdout);
    assert_eq!(told, "nothing goes wrong on purpose\n");
    assert!(
        shell
            .fails("network fault hold peer7")
            .contains("there is no peer `peer7`")
    );
    assert!(
        shell
            .fails("network fault deliver --block 1")
            .contains("--drop")
    );
    assert!(
        shell
            .fails("network fault break-chaincode basic")
            .contains("no peer is connected")
    );
}

#[test]
fn a_chaincode_is_defined_on_the_channel_that_is_named() {
    let shell = started("--channel one --channel two");
    let deployed = shell.json("chaincode deploy basic --address 127.0.0.1:9999 --channel two");
    assert_eq!(deployed["sequence"], 1);
    let again = shell.json("chaincode deploy basic --address 127.0.0.1:9999");
    assert_eq!(again["sequence"], 1, "the first channel had none");

    let error = shell.fails("chaincode deploy basic --address 127.0.0.1:9999 --channel three");

    assert!(
        error.contains("no channel three; it has one, two"),
        "{error}"
    );
}

#[test]
fn collections_that_are_left_away_are_asked_for() {
    let shell = started("");
    let collections = r#"[{"name": "c", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 0,
        "maxPeerCount": 1, "blockToLive": 0, "memberOnlyRead": true}]"#;
    shell.write("collections.json", collections);
    let deploy = "chaincode deploy basic --address 127.0.0.1:9";
    shell.json(&format!("{deploy} --collections-config collections.json"));

    let error = shell.fails(&format!("{deploy} --policy OR('Org1MSP.peer')"));

    assert!(
        error.contains("give them again with --collections-config"),
        "{error}"
    );
    let file = "ports: free\nchaincodes:\n  - {name: basic, address: 127.0.0.1:9}\n";
    shell.write("network.yaml", file);
    assert!(shell.run("network down").status.success());
    let error = shell.fails("network up --detach -f network.yaml");
    assert!(error.contains("line 3"), "{error}");
    assert!(error.contains("`collections-config`"), "{error}");
}

#[test]
fn a_wrong_command_line_is_told_as_json_where_that_is_asked_for() {
    let shell = Shell::new();
    let output = shell.run("--json network up --orgs many");
    assert_eq!(output.status.code(), Some(2));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = told["error"].as_str().unwrap();
    assert!(error.starts_with("invalid value 'many'"), "{error}");
    assert!(output.stderr.is_empty());
    let error = shell.fails("network up --seed=");
    assert!(error.contains("a value is required for '--seed"), "{error}");
}

#[test]
fn a_refusal_is_told_as_what_it_is() {
    let shell = started("");
    shell.json("network snapshot one");
    let error = shell.fails("network snapshot one");
    assert!(error.starts_with("error: "), "{error}");
    assert!(!error.contains("does not answer"), "{error}");
    let faults = shell.json("network fault list --dir network");
    assert_eq!(faults, json!([]));
}

#[test]
fn a_network_goes_on_as_it_was_started() {
    let shell = Shell::new();
    shell.write("net.yaml", "ports: free\nrich-queries: true\ncut: 50ms\n");
    shell.json("network up --detach --file net.yaml");
    let settings = |shell: &Shell| {
        let text = shell.read("network/network.json");
        let state: serde_json::Value = serde_json::from_str(&text).unwrap();
        (state["settings"].clone(), state["peers"].clone())
    };
    let before = settings(&shell);
    assert_eq!(before.0["rich_queries"], true);
    shell.json("network down");

    shell.json("network up --detach");
    assert_eq!(settings(&shell), before);
    shell.json("network down");

    shell.json("network up --detach --rich-queries=false --cut instant");
    let (now, peers) = settings(&shell);
    assert_eq!(
        (&now["rich_queries"], &now["cut"]),
        (&json!(false), &json!("instant"))
    );
    assert_eq!(peers, before.1, "ports are kept");
}

#[test]
fn a_ledger_that_is_gone_is_not_begun_anew() {
    let shell = started("");
    shell.json("network down");
    shell.write("network/channels/mychannel/ledger.redb", "");
    let error = shell.fails("network up --detach");
    assert!(
        error.contains("the ledger of channel `mychannel` is gone"),
        "{error}"
    );
}
