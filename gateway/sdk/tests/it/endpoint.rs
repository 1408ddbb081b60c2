//! Addresses and trust: what is refused before or while a connection is made.

use fabric_gateway_sdk::{Code, Endpoint, EndpointError, Gateway};
use fabric_msp::{Organization, OrganizationSpec};

use crate::mock::Mock;
use crate::sample;

#[tokio::test]
async fn connection_is_checked_on_demand() {
    let mock = Mock::start().await;
    Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .connect()
        .await
        .unwrap();
}

#[tokio::test]
async fn peer_of_a_foreign_authority_is_not_trusted() {
    let mock = Mock::start().await;
    let foreign = Organization::generate(&OrganizationSpec::peer(2)).unwrap();
    let endpoint = Endpoint::tls(mock.url(), foreign.tls_authority_pem()).unwrap();
    let error = Gateway::builder(sample::user())
        .endpoint(endpoint.clone())
        .connect()
        .await
        .err()
        .unwrap();
    assert!(
        matches!(error, EndpointError::Unreachable { .. }),
        "{error}"
    );
    let gateway = Gateway::builder(sample::user())
        .endpoint(endpoint)
        .connect_lazy()
        .unwrap();
    let error = gateway
        .network("c")
        .contract("c")
        .evaluate("read")
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(mock.calls(crate::mock::EVALUATE).is_empty());
}

#[tokio::test]
async fn name_in_the_certificate_can_differ_from_the_address() {
    let mock = Mock::start().await;
    let here = |name| mock.endpoint().server_name(name);
    Gateway::builder(sample::user())
        .endpoint(here("peer0.org1.example.com"))
        .connect()
        .await
        .unwrap();
    let error = Gateway::builder(sample::user())
        .endpoint(here("peer0.org2.example.com"))
        .connect()
        .await;
    assert!(matches!(
        error.err(),
        Some(EndpointError::Unreachable { .. })
    ));
}

#[tokio::test]
async fn peer_that_is_down_is_unavailable() {
    let mock = Mock::start().await;
    let endpoint = mock.endpoint();
    mock.stop();
    let gateway = Gateway::builder(sample::user())
        .endpoint(endpoint)
        .connect_lazy()
        .unwrap();
    let error = gateway
        .network("c")
        .contract("c")
        .evaluate("read")
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.is_retryable()),
        (Some(Code::Unavailable), true),
        "{error}"
    );
}

#[tokio::test]
async fn unusable_endpoints_are_refused_with_a_reason() {
    let authority = sample::organization().tls_authority_pem();
    let refused = |result: Result<Endpoint, EndpointError>| result.unwrap_err().to_string();
    assert_eq!(
        refused(Endpoint::tls("http://localhost:7051", authority)),
        "http://localhost:7051 must begin with https://"
    );
    assert_eq!(
        refused(Endpoint::plain("localhost:7051")),
        "localhost:7051 must begin with http://"
    );
    let invalid = refused(Endpoint::tls("https://local host", authority));
    assert_eq!(
        invalid,
        "https://local host is no address of a peer; write it as https://host:port"
    );
    let endpoint = Endpoint::tls("https://localhost:7051", authority).unwrap();
    assert!(refused(endpoint.client_certificate("not pem", "not pem")).contains("in PEM"));
    let error = Gateway::builder(sample::user())
        .connect_lazy()
        .err()
        .unwrap();
    assert!(matches!(error, EndpointError::Missing));
    assert!(refused(Endpoint::tls("https://localhost:7051", "not pem")).contains("in PEM"));
}
