//! Ordering nodes: a mock of the REST interface, over real mutual TLS.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fabric_gateway_sdk::admin::{
    ConsensusRelation, OrdererAdmin, ParticipationError, ParticipationStatus,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::aws_lc_rs};

use crate::sample;

/// A node that gives one answer to every call, and keeps what it was asked.
struct Node {
    url: String,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Node {
    /// A node that answers with this status line and body; with none it never answers.
    async fn start(answer: Option<(&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "https://127.0.0.1:{}",
            listener.local_addr().unwrap().port()
        );
        let requests = Arc::new(Mutex::new(Vec::new()));
        let acceptor = acceptor();
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client without the right certificate fails here, and the next one is served.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let request = request(&mut stream).await;
                kept.lock().unwrap().push(request);
                let Some((status, body)) = answer else {
                    std::future::pending::<()>().await;
                    return;
                };
                let text = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, requests }
    }

    fn admin(&self) -> OrdererAdmin {
        let tls = sample::organization().member("Admin").unwrap().tls();
        OrdererAdmin::new(
            &self.url,
            sample::organization().tls_authority_pem(),
            &tls.certificate_pem,
            tls.private_key.expose(),
        )
        .unwrap()
    }

    fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }
}

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    let authority = sample::organization().tls_authority_pem();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_ref()).unwrap())
        .unwrap();
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let tls = sample::organization().member("peer0").unwrap().tls();
    let certificate = CertificateDer::from_pem_slice(tls.certificate_pem.as_ref()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(tls.private_key.expose().as_ref()).unwrap();
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(configuration))
}

/// A whole request: the head, and as much body as it announces.
async fn request(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if request.len() >= head + 4 + length {
                return request;
            }
        }
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the request ends in the middle");
        request.extend_from_slice(&buffer[..count]);
    }
}

#[tokio::test]
async fn channels_are_listed() {
    let body = r#"{"systemChannel":null,"channels":[{"name":"a","url":"/participation/v1/channels/a"},{"name":"b","url":""}]}"#;
    let node = Node::start(Some(("200 OK", body))).await;
    assert_eq!(node.admin().channels().await.unwrap(), ["a", "b"]);
    assert!(node.requests()[0].starts_with(b"GET /participation/v1/channels HTTP/1.1\r\n"));

    let node = Node::start(Some((
        "200 OK",
        r#"{"systemChannel":null,"channels":null}"#,
    )))
    .await;
    assert!(node.admin().channels().await.unwrap().is_empty());
}

#[tokio::test]
async fn channel_is_read_and_its_name_stays_one_part_of_the_path() {
    let body =
        r#"{"name":"a","url":"","consensusRelation":"consenter","status":"active","height":7}"#;
    let node = Node::start(Some(("200 OK", body))).await;
    let channel = node.admin().channel("../x").await.unwrap();
    assert_eq!(channel.relation, ConsensusRelation::Consenter);
    assert_eq!(
        (channel.status, channel.height),
        (ParticipationStatus::Active, 7)
    );
    let expected = b"GET /participation/v1/channels/..%2Fx HTTP/1.1\r\n";
    assert!(node.requests()[0].starts_with(expected));
}

#[tokio::test]
async fn block_is_sent_as_the_file_of_a_form() {
    let body =
        r#"{"name":"a","url":"","consensusRelation":"follower","status":"onboarding","height":0}"#;
    let node = Node::start(Some(("201 Created", body))).await;
    let block = b"\0a block\r\n--\xff";
    let channel = node.admin().join(block).await.unwrap();
    assert_eq!(channel.relation, ConsensusRelation::Follower);
    let request = node.requests().remove(0);
    let text = String::from_utf8_lossy(&request);
    assert!(
        text.starts_with("POST /participation/v1/channels HTTP/1.1\r\n"),
        "{text}"
    );
    let boundary = text.lines().find_map(|line| line.split_once("boundary="));
    let boundary = boundary.unwrap().1;
    assert!(text.contains("name=\"config-block\"; filename="), "{text}");
    assert!(text.ends_with(&format!("\r\n--{boundary}--\r\n")), "{text}");
    assert!(request.windows(block.len()).any(|bytes| bytes == block));
}

#[tokio::test]
async fn removal_is_a_delete() {
    let node = Node::start(Some(("204 No Content", ""))).await;
    node.admin().remove("a").await.unwrap();
    assert!(node.requests()[0].starts_with(b"DELETE /participation/v1/channels/a HTTP/1.1\r\n"));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let body = r#"{"error":"cannot join: channel already exists"}"#;
    let node = Node::start(Some(("405 Method Not Allowed", body))).await;
    let error = node.admin().join("block").await.unwrap_err();
    assert!(error.is_already_joined() && !error.is_unknown_channel());
    assert!(
        error.to_string().ends_with("channel already exists"),
        "{error}"
    );

    let body = r#"{"error":"channel does not exist"}"#;
    let node = Node::start(Some(("404 Not Found", body))).await;
    let error = node.admin().channel("a").await.unwrap_err();
    assert!(error.is_unknown_channel() && !error.is_already_joined());
}

#[tokio::test]
async fn certificate_of_another_authority_is_not_accepted() {
    let node = Node::start(Some(("200 OK", "{}"))).await;
    let stranger =
        fabric_msp::Organization::generate(&fabric_msp::OrganizationSpec::peer(2)).unwrap();
    let tls = stranger.member("Admin").unwrap().tls();
    let admin = OrdererAdmin::new(
        &node.url,
        sample::organization().tls_authority_pem(),
        &tls.certificate_pem,
        tls.private_key.expose(),
    );
    let error = admin.unwrap().channels().await.unwrap_err();
    assert!(
        matches!(error, ParticipationError::Unreachable { .. }),
        "{error}"
    );
    assert!(node.requests().is_empty());
}

#[tokio::test]
async fn node_of_another_authority_is_not_trusted() {
    let node = Node::start(Some(("200 OK", "{}"))).await;
    let stranger =
        fabric_msp::Organization::generate(&fabric_msp::OrganizationSpec::peer(2)).unwrap();
    let tls = sample::organization().member("Admin").unwrap().tls();
    let admin = OrdererAdmin::new(
        &node.url,
        stranger.tls_authority_pem(),
        &tls.certificate_pem,
        tls.private_key.expose(),
    );
    let error = admin.unwrap().channels().await.unwrap_err();
    assert!(
        matches!(error, ParticipationError::Unreachable { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn node_that_never_answers_is_given_up() {
    let node = Node::start(None).await;
    let admin = node.admin().timeout(Duration::from_millis(300));
    let error = admin.channels().await.unwrap_err();
    assert!(matches!(error, ParticipationError::Late { .. }), "{error}");
}

#[tokio::test]
async fn garbage_is_an_error() {
    let node = Node::start(Some(("200 OK", "<html>"))).await;
    let error = node.admin().channels().await.unwrap_err();
    assert!(
        matches!(error, ParticipationError::Malformed { .. }),
        "{error}"
    );
}

#[test]
fn settings_that_are_none_are_refused() {
    let tls = sample::organization().member("Admin").unwrap().tls();
    let authority = sample::organization().tls_authority_pem();
    let (certificate, key) = (&tls.certificate_pem, tls.private_key.expose());
    let refused = |url: &str, authority: &[u8]| {
        OrdererAdmin::new(url, authority, certificate, key)
            .err()
            .unwrap()
    };
    let error = refused("127.0.0.1:7053", authority.as_ref());
    assert!(matches!(error, ParticipationError::InvalidUrl { .. }));
    let error = refused("http://127.0.0.1:7053", authority.as_ref());
    assert!(matches!(error, ParticipationError::InvalidUrl { .. }));
    let error = refused("https://127.0.0.1:7053", b"no certificate");
    assert!(matches!(error, ParticipationError::InvalidTls { .. }));
}
