//! Keys in a hardware module: SoftHSM, from Debian's package `softhsm2`, which `scripts/setup` installs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use fabric_gateway_sdk::pkcs11::{KeyName, Pkcs11Error, Pkcs11Key, Pkcs11Settings};
use fabric_gateway_sdk::{Error, Gateway, Identity};
use fabric_protos::gateway;
use futures::future::join_all;

use crate::mock::{ENDORSE, Mock};
use crate::vectors::{assert_signed, fixture};
use crate::{alone, sample};

const PIN: &str = "98765432";
/// Where Debian's package keeps the module.
const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Makes a token with the key of `fixtures/gateway`. The settings of SoftHSM belong to a process.
fn token(folder: &Path) -> PathBuf {
    let settings = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(
        &settings,
        format!("directories.tokendir = {}\n", tokens.display()),
    )
    .unwrap();
    let key = folder.join("key.pem");
    std::fs::write(&key, fixture("key.pem")).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", &settings)
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("softhsm2-util: {error}; run scripts/setup"));
        assert!(output.status.success(), "{output:?}");
    };
    run(&[
        "--init-token",
        "--free",
        "--label",
        "vault",
        "--pin",
        PIN,
        "--so-pin",
        PIN,
    ]);
    let key = key.to_str().unwrap();
    run(&[
        "--import", key, "--token", "vault", "--label", "user", "--id", "A1", "--pin", PIN,
    ]);
    settings
}

fn settings(token: &str, pin: &str, key: KeyName) -> Pkcs11Settings {
    Pkcs11Settings::new(LIBRARY, token, pin, key)
}

#[test]
fn key_in_a_module_signs_transactions() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = match alone::is_child() {
        true => PathBuf::new(),
        false => token(folder.path()),
    };
    let variables = [("SOFTHSM2_CONF", configuration.into_os_string())];
    let name = "pkcs11::key_in_a_module_signs_transactions";
    alone::run_with(name, variables, transactions());
}

async fn transactions() {
    let refused = |settings| Pkcs11Key::open(settings).unwrap_err();
    let label = || KeyName::Label("user".to_owned());
    let error = refused(settings("another", PIN, label()));
    assert!(matches!(error, Pkcs11Error::NoToken { .. }), "{error}");
    let error = refused(settings("vault", "00000000", label()));
    assert!(matches!(error, Pkcs11Error::Module { .. }), "{error}");
    let error = refused(settings("vault", PIN, KeyName::Id(vec![0xb2])));
    assert!(
        matches!(error, Pkcs11Error::NoKey { found: 0, .. }),
        "{error}"
    );

    let by_label = settings("vault", PIN, label()).sessions(2);
    assert!(!format!("{by_label:?}").contains(PIN));
    let keys = [by_label, settings("vault", PIN, KeyName::Id(vec![0xa1]))];
    for key in keys.map(|settings| Pkcs11Key::open(settings).unwrap()) {
        let identity = Identity::with_signer("Org1MSP", fixture("certificate.pem"), Arc::new(key));
        let mock = Mock::with_chain(&sample::chain(1)).await;
        mock.commit_submitted();
        let gateway = Gateway::builder(identity)
            .endpoint(mock.endpoint())
            .connect_lazy()
            .unwrap();
        let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
        let calls =
            (0..32).map(|_| std::future::IntoFuture::into_future(contract.submit("transfer")));
        let outcomes: Vec<Result<_, Error>> = join_all(calls).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        for request in mock.requests::<gateway::EndorseRequest>(ENDORSE) {
            let signed = request.proposed_transaction.unwrap();
            assert_signed(&signed.proposal_bytes, &signed.signature);
            let s = &signed.signature[4 + usize::from(signed.signature[3])..];
            assert!(s[1] <= 32 && (s[1] < 32 || s[2] < 0x80), "high S: {s:02x?}");
        }
    }
}

#[test]
fn module_that_is_none_is_refused() {
    let settings = Pkcs11Settings::new("/dev/null", "vault", PIN, KeyName::Id(vec![1]));
    let error = Pkcs11Key::open(settings).unwrap_err();
    assert!(matches!(error, Pkcs11Error::Module { .. }), "{error}");
}
