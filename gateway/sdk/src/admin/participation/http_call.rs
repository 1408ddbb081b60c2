//! One HTTP call over mutual TLS, on a connection of its own: such calls are rare.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::ParticipationError;

/// Answers are short documents; more is not from an ordering node.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How much of an answer that is no document an error shows.
const MESSAGE_CHARACTERS_MAX: usize = 500;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// How to reach a node.
#[derive(Clone)]
pub(super) struct HttpCall {
    pub(super) url: String,
    pub(super) limit: Duration,
    authority: Authority,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

/// Whom to trust and what to show, in PEM.
pub(super) struct Tls<'a> {
    pub(super) authority: &'a [u8],
    pub(super) certificate: &'a [u8],
    pub(super) key: &'a [u8],
}

impl HttpCall {
    pub(super) fn new(
        url: String,
        tls: &Tls<'_>,
        limit: Duration,
    ) -> Result<Self, ParticipationError> {
        let parsed: Option<Uri> = url.parse().ok();
        let parsed = parsed.filter(|uri| uri.scheme_str() == Some("https"));
        let authority = parsed.and_then(|uri| uri.authority().cloned());
        let Some(authority) = authority else {
            return Err(ParticipationError::InvalidUrl { url });
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let Ok(server_name) = ServerName::try_from(host) else {
            return Err(ParticipationError::InvalidUrl { url });
        };
        match tls.configuration() {
            Ok(tls) => Ok(Self {
                url,
                limit,
                authority,
                server_name,
                tls: Arc::new(tls),
            }),
            Err(source) => Err(ParticipationError::InvalidTls { url, source }),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Bytes, ParticipationError> {
        self.call(Method::GET, path, None, Bytes::new()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Bytes, ParticipationError> {
        self.call(Method::DELETE, path, None, Bytes::new()).await
    }

    /// Sends a form with one file, as `multipart/form-data` (RFC 7578).
    pub(super) async fn post_file(
        &self,
        path: &str,
        field: &str,
        contents: &[u8],
    ) -> Result<Bytes, ParticipationError> {
        let boundary = boundary(contents);
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{field}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(contents);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.call(Method::POST, path, Some(&kind), body.into())
            .await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<Bytes, ParticipationError> {
        let exchange = self.exchange(method, path, content_type, body);
        let late = |_| ParticipationError::Late {
            url: self.url.clone(),
            limit: self.limit,
        };
        let unreachable = |source| ParticipationError::Unreachable {
            url: self.url.clone(),
            source,
        };
        let exchanged = tokio::time::timeout(self.limit, exchange).await;
        let (status, answer) = exchanged.map_err(late)?.map_err(unreachable)?;
        if status.is_success() {
            return Ok(answer);
        }
        Err(ParticipationError::Refused {
            url: self.url.clone(),
            status: status.as_u16(),
            message: message(&answer),
        })
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Source> {
        let port = self.authority.port_u16().unwrap_or(443);
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, port)).await?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(self.server_name.clone(), stream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.authority.as_str());
        if let Some(kind) = content_type {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(body))?;
        // The sender goes with the answer, and the connection ends with the sender.
        let answer = async move {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
            Ok((status, body.collect().await?.to_bytes()))
        };
        match futures::future::join(answer, connection).await {
            // The connection knows best why: a refused certificate shows there, and late.
            (Err(_), Err(error)) => Err(error.into()),
            (answer, _) => answer,
        }
    }
}

impl Tls<'_> {
    fn configuration(&self) -> Result<ClientConfig, Source> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(self.authority) {
            roots.add(authority?)?;
        }
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(self.certificate).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key)?;
        if roots.is_empty() || certificates.is_empty() {
            return Err("there is no certificate in it".into());
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(certificates, key)?;
        Ok(configuration)
    }
}

/// What the node said: its document's field `error`, or else the text as it is.
fn message(answer: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    match serde_json::from_slice::<Refusal>(answer) {
        Ok(refusal) => refusal.error,
        Err(_) => String::from_utf8_lossy(answer)
            .chars()
            .take(MESSAGE_CHARACTERS_MAX)
            .collect(),
    }
}

/// A line that the contents do not hold: made of their hash, which they cannot contain by chance.
fn boundary(contents: &[u8]) -> String {
    format!(
        "selvedge-{}",
        hex::encode(crate::proposal::sha256(contents))
    )
}
