//! Networks that a file describes.

use crate::support::{Shell, text};

const FILE: &str = r#"
organizations:
  - name: Org1MSP
    peers: 2
  - name: Org2MSP
channels:
  - name: one
  - name: two
    organizations: [Org1MSP]
    cut: manual
chaincodes:
  - name: my-basic
    address: 127.0.0.1:9999
    channels: [one, two]
    policy: OR('Org1MSP.peer')
    version: "7"
ports: free
seed: a test
after-start:
  - selvedge network status --json > status.json
  - printf %s "$CHAINCODE_ID_MY_BASIC" > id
"#;

#[test]
fn a_file_says_what_the_network_consists_of_and_what_is_done_with_it() {
    let shell = Shell::new();
    shell.write("network.yaml", FILE);

    let status = shell.json("network up --detach -f network.yaml");

    let names = status["peers"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|peer| peer["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "peer0.org1.example.com",
            "peer0.org2.example.com",
            "peer1.org1.example.com"
        ]
    );
    assert_eq!(status["channels"][1]["name"], "two");
    assert_eq!(status["channels"][1]["organizations"][0], "Org1MSP");
    assert!(
        status["height"].as_u64().unwrap() > 1,
        "the chaincode is defined"
    );
    let seen: serde_json::Value = serde_json::from_str(&shell.read("status.json")).unwrap();
    assert_eq!(seen["peers"], status["peers"]);
    assert!(
        shell.read("id").starts_with("my-basic"),
        "{}",
        shell.read("id")
    );

    // A network goes on with what is in its folder, without the file.
    assert!(shell.run("network down").status.success());
    let again = shell.json("network up --detach --ports free");
    assert_eq!(
        (&again["channels"], &again["peers"]),
        (&status["channels"], &status["peers"])
    );
    assert_eq!(again["height"], status["height"]);
}

#[test]
fn a_step_that_fails_stops_the_network_and_is_named() {
    let shell = Shell::new();
    let file = "ports: free\nafter-start:\n  - 'true'\n  - exit 3\n  - touch never\n";
    shell.write("network.yaml", file);

    let error = shell.fails("network up --detach -f network.yaml");

    assert!(
        error.contains("network.yaml, line 4: `exit 3` failed"),
        "{error}"
    );
    assert!(!shell.path("never").exists());
    assert!(
        !shell.run("network status").status.success(),
        "it does not run"
    );
}

#[test]
fn a_chaincode_that_cannot_be_deployed_is_named() {
    let shell = Shell::new();
    let file = "ports: free\nchaincodes:\n  - name: basic\n    address: 127.0.0.1:9\n    policy: NONSENSE\n";
    shell.write("network.yaml", file);
    let error = shell.fails("network up --detach -f network.yaml");
    assert!(error.contains("network.yaml, line 3: "), "{error}");
    assert!(error.contains("policy"), "{error}");
}

#[test]
fn mistakes_are_told_with_their_line_before_anything_starts() {
    let shell = Shell::new();
    #[rustfmt::skip]
    let cases = [
        ("organisations:\n  - name: Org1MSP\n", &["unknown field", "organizations"][..]),
        ("organizations:\n  - name: First\n", &["line 2", "`First`", "write `name: Org1MSP`"]),
        ("ports: free\norganizations: []\n", &["line 2", "`organizations` is empty", "leave it away"]),
        ("organizations:\n", &["line 1"]),
        ("channels: []\n", &["line 1", "`channels` is empty", "mychannel"]),
        ("channels:\n  - name: a\n    organizations: []\n", &["line 3", "`organizations` is empty"]),
        ("channels:\n  - name: a\n    organizations: [Org1MSP, Org1MSP]\n", &["line 3", "twice"]),
        ("channels:\n  - name: a\nchannels:\n  - name: b\n", &["3", "channels"]),
        ("organizations:\n  - name: Org1MSP\n    peers: 0\n", &["line 3", "1 to 20"]),
        ("organizations:\n  - name: Org1MSP\n    peers: many\n", &["3", "many"]),
        ("channels:\n  - name: a\n  - name: a\n", &["line 3", "twice"]),
        ("channels:\n  - name: My_Channel\n", &["`My_Channel` is no channel name"]),
        ("channels:\n  - name: a\n    organizations: [Org1MSP, Org9MSP]\n", &["line 3", "`Org9MSP`"]),
        ("chaincodes:\n  - name: a\n", &["address"]),
        ("chaincodes:\n  - name: a\n    address: nowhere\n", &["line 3", "HOST:PORT"]),
        ("chaincodes:\n  - name: a\n    address: h:1\n    channels: [b]\n", &["line 4", "`b`"]),
        ("chaincodes:\n  - name: a\n    address: h:1\n    collections-config: none.json\n", &["line 4", "none.json"]),
        ("chaincodes:\n  - name: a\n    address: h:1\n    channels: []\n", &["line 4", "`channels` is empty"]),
        ("chaincodes:\n  - {name: a, address: h:1}\n  - {name: a, address: h:2}\n", &["line 3", "line 2", "another name"]),
        ("chaincodes:\n  - {name: a, address: h:1}\n  - {name: a, address: h:1}\n", &["line 3", "`mychannel` since line 2"]),
        ("cut: sometimes\n", &["line 1", "manual"]),
        ("ports: some\n", &["line 1", "test-network"]),
        ("execute-timeout: 3\n", &["line 1", "30s"]),
        ("execute-timeout: 0s\n", &["line 1", "no time", "30s"]),
        ("seed: ''\n", &["line 1", "`seed` is empty", "leave it away"]),
        ("seed:\n", &["line 1"]),
        ("after-start: [1\n", &["network.yaml"]),
        ("- a\n", &["network.yaml"]),
    ];
    for (file, expected) in cases {
        shell.write("network.yaml", file);
        let error = shell.fails("network up --detach -f network.yaml");
        for words in expected {
            assert!(error.contains(words), "{file}\n{error}");
        }
        assert!(
            !shell.path("network").join("organizations").exists(),
            "{file}"
        );
    }
    assert!(
        shell
            .fails("network up -f nowhere.yaml")
            .contains("cannot read nowhere.yaml")
    );
}

#[test]
fn a_chaincode_may_be_defined_otherwise_on_another_channel() {
    let shell = Shell::new();
    let file = "ports: free
channels: [{name: one}, {name: two}]
chaincodes:
  - {name: basic, address: '127.0.0.1:9', channels: [one]}
  - {name: basic, address: '127.0.0.1:9', channels: [two], policy: OR('Org1MSP.peer')}
";
    shell.write("network.yaml", file);
    shell.json("network up --detach -f network.yaml");
    for channel in ["one", "two"] {
        let again = format!("chaincode deploy basic --address 127.0.0.1:9 --channel {channel}");
        let sequence = if channel == "one" { 1 } else { 2 };
        assert_eq!(shell.json(&again)["sequence"], sequence, "{channel}");
    }
}

#[test]
fn help_tells_what_a_file_can_say() {
    let shell = Shell::new();
    let help = text(&shell.run("network up --help").stdout);
    for field in [
        "organizations",
        "channels",
        "chaincodes",
        "after-start",
        "collections-config",
    ] {
        assert!(help.contains(field), "{field}\n{help}");
    }
}

#[test]
fn a_network_is_of_the_version_that_the_file_or_the_command_line_says() {
    let shell = Shell::new();
    shell.write("network.yaml", "ports: free\ncompat: '2.5'\n");

    let status = shell.json("network up --detach -f network.yaml");
    assert_eq!(status["settings"]["compat"], "2.5");
    assert!(shell.run("network down").status.success());
    let again = shell.json("network up --detach --ports free");
    assert_eq!(
        again["settings"]["compat"], "2.5",
        "what is in the folder goes on"
    );
    assert!(shell.run("network down").status.success());
    let newer = shell.json("network up --detach --ports free --compat 3.1");
    assert_eq!(newer["settings"]["compat"], "3.1");
    assert!(shell.run("network down").status.success());

    shell.write("network.yaml", "ports: free\ncompat: '2.4'\n");
    let error = shell.fails("network up --detach -f network.yaml");
    assert!(
        error.contains("network.yaml, line 2: `2.4` is no version of Fabric"),
        "{error}"
    );
}
