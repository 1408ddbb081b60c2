//! Variables, both families of them.

use std::time::Duration;

use fabric_chaincode_shim::{
    Limits, ServeError, Server, Settings, SettingsError, TlsFiles, TlsMode,
};

use crate::contract::Script;

const MINIMUM: [(&str, &str); 2] = [
    ("CHAINCODE_ID", "cc:1"),
    ("CHAINCODE_SERVER_ADDRESS", "0.0.0.0:9999"),
];

fn settings(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let find = |name: &str| variables.iter().find(|(other, _)| *other == name);
    Settings::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
}

fn with(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    settings(&[&MINIMUM, variables].concat())
}

#[test]
fn an_id_and_an_address_are_enough() {
    let settings = with(&[]).unwrap();
    assert_eq!(
        (settings.id.as_str(), settings.address.as_str()),
        ("cc:1", "0.0.0.0:9999")
    );
    assert_eq!(
        (settings.tls, settings.limits),
        (TlsMode::Plain, Limits::default())
    );
}

#[test]
fn the_older_name_of_the_id_counts() {
    let [_, address] = MINIMUM;
    let settings = settings(&[("CORE_CHAINCODE_ID_NAME", "cc:2"), address]).unwrap();
    assert_eq!(settings.id, "cc:2");
}

#[test]
fn what_is_missing_is_named() {
    for (n, name) in [(1, "CHAINCODE_ID"), (0, "CHAINCODE_SERVER_ADDRESS")] {
        let error = settings(&MINIMUM[n..=n]).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
    }
    let empty = settings(&[("CHAINCODE_ID", ""), MINIMUM[1]]).unwrap_err();
    assert!(matches!(
        empty,
        SettingsError::Missing {
            name: "CHAINCODE_ID",
            ..
        }
    ));
}

#[test]
fn limits_are_read_with_their_units() {
    let limits = with(&[
        ("CHAINCODE_EXECUTE_TIMEOUT", "2m"),
        ("CHAINCODE_DRAIN_TIMEOUT", "1500ms"),
        ("CHAINCODE_CONCURRENCY_MAX", "8"),
        ("CHAINCODE_QUEUE_MAX", "0"),
        ("CHAINCODE_GIVEN_UP_MAX", "3"),
        ("CHAINCODE_TRANSACTION_BYTES_MAX", "16MiB"),
        ("CHAINCODE_MEMORY_BYTES_MAX", "2GiB"),
        ("CHAINCODE_TLS_RELOAD_INTERVAL", "1m"),
    ])
    .unwrap()
    .limits;
    assert_eq!(limits.execute_timeout, Duration::from_secs(120));
    assert_eq!(limits.drain_timeout, Duration::from_millis(1_500));
    assert_eq!((limits.concurrency_max, limits.queue_max), (8, 0));
    assert_eq!(limits.given_up_max, 3);
    assert_eq!(limits.transaction_bytes_max, 16 << 20);
    assert_eq!(limits.memory_bytes_max, 2 << 30);
    assert_eq!(limits.tls_reload_interval, Duration::from_secs(60));
    let seconds = with(&[("CHAINCODE_EXECUTE_TIMEOUT", "45")]).unwrap().limits;
    assert_eq!(seconds.execute_timeout, Duration::from_secs(45));
}

#[test]
fn the_deadline_is_a_little_before_the_peers() {
    let deadline = |execute_timeout| {
        Limits {
            execute_timeout,
            ..Limits::default()
        }
        .deadline()
    };
    assert_eq!(deadline(Duration::from_secs(30)), Duration::from_secs(28));
    assert_eq!(deadline(Duration::from_secs(1)), Duration::from_millis(900));
}

#[test]
fn what_cannot_be_read_is_named_with_a_remedy() {
    let bad = [
        ("CHAINCODE_EXECUTE_TIMEOUT", "soon"),
        ("CHAINCODE_EXECUTE_TIMEOUT", "0s"),
        ("CHAINCODE_EXECUTE_TIMEOUT", "-1s"),
        ("CHAINCODE_EXECUTE_TIMEOUT", "99999999999999999999s"),
        ("CHAINCODE_EXECUTE_TIMEOUT", "9999999999999999999m"),
        ("CHAINCODE_DRAIN_TIMEOUT", "1h"),
        ("CHAINCODE_CONCURRENCY_MAX", "0"),
        ("CHAINCODE_CONCURRENCY_MAX", "many"),
        ("CHAINCODE_QUEUE_MAX", "1e6"),
        ("CHAINCODE_TLS_DISABLED", "perhaps"),
    ];
    for (name, value) in bad {
        let error = with(&[(name, value)]).unwrap_err();
        assert!(
            matches!(error, SettingsError::Invalid { .. }),
            "{name}={value}"
        );
        assert!(error.to_string().starts_with(name), "{error}");
    }
}

#[test]
fn both_families_of_tls_variables_count() {
    let samples = with(&[
        ("CHAINCODE_TLS_DISABLED", "false"),
        ("CHAINCODE_TLS_KEY", "/k"),
        ("CHAINCODE_TLS_CERT", "/c"),
        ("CHAINCODE_CLIENT_CA_CERT", "/ca"),
    ]);
    let go = with(&[
        ("CORE_PEER_TLS_ENABLED", "true"),
        ("CORE_TLS_CLIENT_KEY_FILE", "/k"),
        ("CORE_TLS_CLIENT_CERT_FILE", "/c"),
        ("CORE_PEER_TLS_ROOTCERT_FILE", "/ca"),
    ]);
    let files = TlsFiles {
        key: "/k".into(),
        certificate: "/c".into(),
        client_ca: Some("/ca".into()),
    };
    assert_eq!(samples.unwrap().tls, TlsMode::Files(files.clone()));
    assert_eq!(go.unwrap().tls, TlsMode::Files(files));
}

#[test]
fn tls_off_is_off_whatever_else_is_set() {
    for off in [
        ("CHAINCODE_TLS_DISABLED", "true"),
        ("CORE_PEER_TLS_ENABLED", "false"),
    ] {
        assert_eq!(
            with(&[off, ("CHAINCODE_TLS_KEY", "/k")]).unwrap().tls,
            TlsMode::Plain
        );
    }
}

#[test]
fn contradictions_and_missing_keys_are_refused() {
    let contradiction = [
        ("CHAINCODE_TLS_DISABLED", "true"),
        ("CORE_PEER_TLS_ENABLED", "true"),
    ];
    assert!(matches!(
        with(&contradiction),
        Err(SettingsError::Invalid { .. })
    ));
    let keyless = with(&[("CORE_PEER_TLS_ENABLED", "true")]).unwrap_err();
    assert!(matches!(
        keyless,
        SettingsError::Missing {
            name: "CHAINCODE_TLS_KEY",
            ..
        }
    ));
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let no_id = Server::builder(Script::default()).bind().await.unwrap_err();
    assert!(matches!(no_id, ServeError::NoId));
    let nowhere = Server::builder(Script::default())
        .id("cc")
        .address("nowhere");
    assert!(matches!(
        nowhere.bind().await.unwrap_err(),
        ServeError::Address { .. }
    ));
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Server::builder(Script::default())
        .id("cc")
        .address(&address)
        .bind()
        .await;
    assert!(refused.unwrap_err().to_string().contains(&address));
}
