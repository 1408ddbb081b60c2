//! TLS and mutual TLS, from files and from memory.

use std::time::Duration;

use fabric_chaincode_shim::{Limits, ServeError, Server, TlsFiles, TlsMode, TlsPem};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use crate::{
    contract::Script,
    raw_peer::RawPeer,
    server::{Running, eventually},
};

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// Certificate and key, in PEM.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (
            params.signed_by(&key, &self.issuer).unwrap().pem(),
            key.serialize_pem(),
        )
    }

    fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.pem))
            .domain_name("localhost")
    }
}

async fn register(server: &Running, tls: ClientTlsConfig) -> Result<(), String> {
    let endpoint = Channel::from_shared(format!("https://{}", server.address)).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect().await;
    let channel = channel.map_err(|error| error.to_string())?;
    let mut peer = RawPeer::over(channel)
        .await
        .map_err(|status| status.to_string())?;
    let register = peer.next().await.map_err(|status| status.to_string())?;
    register
        .map(drop)
        .ok_or_else(|| "the stream ended".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_trusts_the_ca_is_served_from_files() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, pem: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path
    };
    let files = TlsFiles {
        key: write("key.pem", &key),
        certificate: write("cert.pem", &certificate),
        client_ca: None,
    };
    let server = Running::with(|server| server.tls(TlsMode::Files(files))).await;
    register(&server, authority.client()).await.unwrap();
    assert!(register(&server, Authority::new().client()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_files_serve_new_connections_and_broken_ones_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let install = |authority: &Authority| {
        let (certificate, key) = authority.issue();
        // Between these two lines the files do not fit together.
        std::fs::write(path("cert.pem"), certificate).unwrap();
        std::fs::write(path("key.pem"), key).unwrap();
    };
    let (first, second) = (Authority::new(), Authority::new());
    install(&first);
    let files = TlsFiles {
        key: path("key.pem"),
        certificate: path("cert.pem"),
        client_ca: None,
    };
    let limits = Limits {
        tls_reload_interval: Duration::from_millis(10),
        ..Limits::default()
    };
    let server = Running::with(|server| server.limits(limits).tls(TlsMode::Files(files))).await;
    register(&server, first.client()).await.unwrap();
    install(&second);
    eventually(async || register(&server, second.client()).await.is_ok()).await;
    assert!(register(&server, first.client()).await.is_err());
    let refused = async || {
        let metrics = server.metrics().await;
        let line = metrics
            .lines()
            .find(|line| line.contains("result=\"refused\""));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    let before = refused().await;
    std::fs::write(path("key.pem"), "no key").unwrap();
    eventually(async || refused().await != before).await;
    register(&server, second.client()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_tls_asks_for_a_certificate_of_the_peers_ca() {
    let (authority, peers) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.issue();
    let pem = TlsPem {
        key,
        certificate,
        client_ca: Some(peers.pem.clone()),
    };
    let server = Running::with(|server| server.tls(TlsMode::Pem(pem))).await;
    let identity = |of: &Authority| {
        let (certificate, key) = of.issue();
        authority
            .client()
            .identity(Identity::from_pem(certificate, key))
    };
    register(&server, identity(&peers)).await.unwrap();
    assert!(
        register(&server, identity(&authority)).await.is_err(),
        "a foreign certificate"
    );
    assert!(
        register(&server, authority.client()).await.is_err(),
        "no certificate"
    );
}

#[tokio::test]
async fn unusable_material_is_refused_at_the_start() {
    let pem = |key: &str, certificate: &str| {
        TlsMode::Pem(TlsPem {
            key: key.to_owned(),
            certificate: certificate.to_owned(),
            client_ca: None,
        })
    };
    let authority = Authority::new();
    let ((certificate, _), (_, other_key)) = (authority.issue(), authority.issue());
    let absent = TlsFiles {
        key: "/none".into(),
        certificate: "/none".into(),
        client_ca: None,
    };
    let unusable = [
        TlsMode::Files(absent),
        pem("no", "pem"),
        pem(&other_key, &certificate),
    ];
    for tls in unusable {
        let refused = Server::builder(Script::default())
            .id("cc")
            .tls(tls)
            .bind()
            .await;
        assert!(matches!(refused, Err(ServeError::Tls(_))), "{refused:?}");
    }
}
