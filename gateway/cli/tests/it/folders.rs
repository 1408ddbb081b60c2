//! Folders that hold something else than a command expects, and what stays in them.

use crate::support::{Shell, text};

#[test]
fn a_folder_of_the_other_kind_is_told_as_such() {
    let shell = Shell::new();
    shell.json("network up --detach --ports free");
    assert!(shell.run("network down").status.success());
    let error = shell.fails("network up --network fabric --detach");
    assert!(
        error.contains("network holds an embedded network"),
        "{error}"
    );

    let state = r#"{"kind": "fabric", "channel": "mychannel", "orderer": "127.0.0.1:1", "peers": [],
        "organizations": "organizations"}"#;
    shell.write("network/network.json", state);

    let error = shell.fails("network up --detach");
    assert!(
        error.contains("network holds a network of real Fabric"),
        "{error}"
    );
    assert!(error.contains("--network fabric"), "{error}");
}

#[test]
fn organisations_of_the_folder_are_not_left_away() {
    let shell = Shell::new();
    shell.json("network up --detach --ports free");
    assert!(shell.run("network down").status.success());
    shell.write(
        "one.yaml",
        "organizations:\n  - name: Org1MSP\nports: free\n",
    );
    for asked in ["-f one.yaml", "--orgs 1"] {
        let error = shell.fails(&format!("network up --detach {asked}"));
        assert!(
            error.contains("network holds another network, with 2 organisations"),
            "{asked}: {error}"
        );
    }
}

#[test]
fn what_stays_of_a_network_is_told_when_it_stops() {
    let shell = Shell::new();
    shell.json("network up --detach --ports free --ephemeral");
    let told = text(&shell.run("network down").stdout);
    assert!(told.starts_with("stopped; its blocks are gone"), "{told}");

    shell.json("network up --detach --ports free");

    let told = text(&shell.run("network down").stdout);
    assert_eq!(told, "stopped; its data stays in network\n");
}
