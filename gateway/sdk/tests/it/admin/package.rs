//! Packages: the same settings give the same id, everywhere and for ever.

use std::io::Read as _;
use std::time::Duration;

use fabric_gateway_sdk::admin::{ChaincodePackage, ChaincodeService, PackageId, ServiceTls};
use flate2::read::GzDecoder;

/// The id of a package, written down once: services register under it, so no version of this
/// crate may make another.
const ID: &str = "bonds_1.0:5b96dd7090cefbe16ec2d848c6bc558f51a79360619f1ead9b516de1a547ceaa";

#[track_caller]
fn check_refused(label: &str, address: &str) {
    let refused = ChaincodeService::new(label, address).package();
    assert!(refused.is_err(), "{label} at {address} is accepted");
}

fn text_of(archive: &[u8]) -> String {
    let mut contents = Vec::new();
    GzDecoder::new(archive).read_to_end(&mut contents).unwrap();
    String::from_utf8_lossy(&contents).into_owned()
}

/// The connection file of a package, which has the package's only nested archive.
fn connection(package: &ChaincodePackage) -> serde_json::Value {
    let mut outer = Vec::new();
    let mut decoder = GzDecoder::new(package.bytes().as_ref());
    decoder.read_to_end(&mut outer).unwrap();
    let inner = outer.windows(2).position(|bytes| bytes == [0x1f, 0x8b]);
    let text = text_of(&outer[inner.unwrap()..]);
    let (start, end) = (text.find('{').unwrap(), text.rfind('}').unwrap());
    serde_json::from_str(&text[start..=end]).unwrap()
}

#[test]
fn id_of_a_service_never_changes() {
    let service = ChaincodeService::new("bonds_1.0", "bonds.example.com:9999");
    let package = service.package().unwrap();
    assert_eq!(package.id().as_str(), ID);
    assert_eq!(package, service.package().unwrap());
    assert_eq!(package.label(), "bonds_1.0");
}

#[test]
fn another_address_is_another_package() {
    let id = |address| ChaincodeService::new("a", address).package().unwrap().id();
    assert_ne!(id("localhost:1"), id("localhost:2"));
}

#[test]
fn id_is_that_which_fabrics_tool_calculates() {
    let recorded = include_bytes!("../../../../../fixtures/packages/node.tar.gz");
    assert_eq!(
        PackageId::of("bonds_1.0", recorded).to_string(),
        "bonds_1.0:18f5e450f96fc4c7cbf6cc58a61906646e1f026b58daab0e6a3d01792bdb96d1"
    );
}

#[test]
fn metadata_is_what_peers_read() {
    let package = ChaincodeService::new("a", "localhost:1").package().unwrap();
    let text = text_of(package.bytes());
    assert!(
        text.contains(r#"{"path":"","type":"ccaas","label":"a"}"#),
        "{text}"
    );
}

#[test]
fn connection_has_what_was_set() {
    let plain = ChaincodeService::new("a", "localhost:1").package().unwrap();
    let expected = serde_json::json!({
        "address": "localhost:1", "dial_timeout": "10s", "tls_required": false,
    });
    assert_eq!(connection(&plain), expected);

    let secured = ChaincodeService::new("a", "localhost:1")
        .dial_timeout(Duration::from_millis(1500))
        .tls(ServiceTls::new("root").client("certificate", "key"));
    let expected = serde_json::json!({
        "address": "localhost:1", "dial_timeout": "1500ms", "tls_required": true,
        "client_auth_required": true,
        "root_cert": "root", "client_cert": "certificate", "client_key": "key",
    });
    assert_eq!(connection(&secured.package().unwrap()), expected);
}

#[test]
fn key_of_a_service_is_in_no_debug_text() {
    let service = ChaincodeService::new("a", "localhost:1")
        .tls(ServiceTls::new("root").client("certificate", "a secret"));
    assert!(!format!("{service:?}").contains("a secret"));
}

#[test]
fn labels_and_addresses_that_peers_refuse_are_refused() {
    for label in ["", "_a", "a b", "ä", "a/b", "a:b"] {
        check_refused(label, "localhost:1");
    }
    for address in ["", "localhost", ":1", "localhost:0", "localhost:66000"] {
        check_refused("a", address);
    }
}
