//! Chaincode packages: what is installed on a peer, and the id under which it is known there.
//!
//! Format: Fabric's `core/chaincode/persistence/chaincode_package.go`; `connection.json` as its
//! builder for chaincode services reads it (`core/container/externalbuilder/instance.go`).

mod archive;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::proposal::sha256;
use archive::{Entry, Owner};

/// How long a peer tries to reach the service. Fabric's own default of 3 s is short for a service
/// that starts together with the peer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Label and content hash of a package: `label:hex`. The service registers under it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageId(String);

/// A package, ready to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChaincodePackage {
    label: String,
    bytes: Bytes,
}

/// A chaincode that runs as a service, which peers dial: what they need to know of it.
///
/// The same settings give the same bytes, and so the same id, on every machine and at any time.
///
/// ```
/// use fabric_gateway_sdk::admin::ChaincodeService;
///
/// let package = ChaincodeService::new("bonds_1.0", "bonds.example.com:9999").package()?;
/// println!("start the service with CHAINCODE_ID={}", package.id());
/// # Ok::<(), fabric_gateway_sdk::admin::PackageError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ChaincodeService {
    label: String,
    address: String,
    dial_timeout: Duration,
    tls: Option<ServiceTls>,
}

/// How peers check a service that speaks TLS, and what they show it. All in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceTls {
    authority: String,
    client: Option<(String, String)>,
}

/// A package cannot be made of these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Peers refuse such a label.
    #[error(
        "{label:?} is no label of a package; begin with a letter or digit, go on with those or any of . + - _"
    )]
    Label {
        /// What was given.
        label: String,
    },
    /// There is nothing that a peer could dial.
    #[error("{address:?} is no address of a chaincode service; write it as host:port")]
    Address {
        /// What was given.
        address: String,
    },
}

impl PackageId {
    /// The id that peers give to a package of this label and content.
    #[must_use]
    pub fn of(label: &str, package: impl AsRef<[u8]>) -> Self {
        Self(format!("{label}:{}", hex::encode(sha256(package.as_ref()))))
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PackageId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for PackageId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl AsRef<str> for PackageId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl ChaincodePackage {
    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The id under which peers will know it.
    #[must_use]
    pub fn id(&self) -> PackageId {
        PackageId::of(&self.label, &self.bytes)
    }

    /// The archive, as `peer lifecycle chaincode install` takes it.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl AsRef<[u8]> for ChaincodePackage {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl ChaincodeService {
    /// A service without TLS at `host:port`, as the peers reach it.
    pub fn new(label: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            address: address.into(),
            dial_timeout: DIAL_TIMEOUT,
            tls: None,
        }
    }

    /// Sets how long a peer tries to reach the service; 10 s without this.
    pub fn dial_timeout(mut self, limit: Duration) -> Self {
        self.dial_timeout = limit;
        self
    }

    /// Makes peers speak TLS with the service.
    pub fn tls(mut self, tls: ServiceTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Makes the package.
    ///
    /// # Errors
    ///
    /// [`PackageError`] if peers could not use it.
    pub fn package(&self) -> Result<ChaincodePackage, PackageError> {
        let label = self.label.clone();
        if !is_label(&label) {
            return Err(PackageError::Label { label });
        }
        if !is_address(&self.address) {
            let address = self.address.clone();
            return Err(PackageError::Address { address });
        }
        let connection = json(&self.connection());
        let code = archive::pack(&[Entry {
            name: "connection.json",
            contents: &connection,
            owner: Owner::Source,
        }]);
        let metadata = json(&Metadata {
            path: "",
            r#type: "ccaas",
            label: &label,
        });
        let bytes = archive::pack(&[
            Entry::plain("metadata.json", &metadata),
            Entry::plain("code.tar.gz", &code),
        ]);
        Ok(ChaincodePackage {
            label,
            bytes: bytes.into(),
        })
    }

    fn connection(&self) -> Connection<'_> {
        let tls = self.tls.as_ref();
        let client = tls.and_then(|tls| tls.client.as_ref());
        Connection {
            address: &self.address,
            dial_timeout: duration(self.dial_timeout),
            tls_required: tls.is_some(),
            client_auth_required: tls.map(|tls| tls.client.is_some()),
            root_cert: tls.map(|tls| &*tls.authority),
            client_cert: client.map(|(certificate, _)| &**certificate),
            client_key: client.map(|(_, key)| &**key),
        }
    }
}

impl ServiceTls {
    /// A service whose certificate comes from this authority and names the host of its address.
    pub fn new(authority_pem: impl Into<String>) -> Self {
        Self {
            authority: authority_pem.into(),
            client: None,
        }
    }

    /// What peers show to a service that asks for a certificate. The key goes into the package as
    /// it is: whoever may read the package has it.
    #[must_use]
    pub fn client(
        mut self,
        certificate_pem: impl Into<String>,
        key_pem: impl Into<String>,
    ) -> Self {
        self.client = Some((certificate_pem.into(), key_pem.into()));
        self
    }
}

impl fmt::Debug for ServiceTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServiceTls")
            .field("authority", &self.authority)
            .field(
                "client",
                &self.client.as_ref().map(|(certificate, _)| certificate),
            )
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    path: &'a str,
    r#type: &'a str,
    label: &'a str,
}

#[derive(Serialize)]
struct Connection<'a> {
    address: &'a str,
    dial_timeout: String,
    tls_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_auth_required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_cert: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_cert: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_key: Option<&'a str>,
}

fn json(value: &impl Serialize) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "structs of text and flags are always JSON"
    )]
    serde_json::to_vec(value).expect("text and flags are JSON")
}

/// As Go reads durations.
fn duration(limit: Duration) -> String {
    match limit.subsec_millis() {
        0 => format!("{}s", limit.as_secs()),
        _ => format!("{}ms", limit.as_millis()),
    }
}

/// Fabric's rule: `^[[:alnum:]][[:alnum:]_.+-]*$`.
fn is_label(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphanumeric())
        && characters.all(|next| next.is_ascii_alphanumeric() || "_.+-".contains(next))
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}
