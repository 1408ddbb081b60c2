//! `connection.json`: how a peer reaches a chaincode's server.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PackageError;

/// How long a server may take to accept a connection where its package does not say.
const DIAL_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time that a package can ask for: a peer that waits longer has failed its client.
const DIAL_TIMEOUT_MAX: Duration = Duration::from_secs(300);

/// Where a chaincode's server is, and what it asks of who connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `host:port`.
    pub address: String,
    /// How long the server may take to accept a connection.
    pub dial_timeout: Duration,
    /// Without it the connection is in plain text.
    pub tls: Option<Tls>,
}

/// TLS of a chaincode's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// PEM of the authority that signed the server's certificate.
    pub root_certificate: String,
    /// What the peer shows the server, where that asks for it.
    pub client: Option<ClientKey>,
}

/// A peer's certificate for chaincode servers.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// PEM.
    pub certificate: String,
    /// PEM.
    pub key: String,
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientKey").finish_non_exhaustive()
    }
}

/// The file's own shape. What is not listed is left out, as `ccaas_builder` does.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    address: String,
    dial_timeout: String,
    tls_required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    client_auth_required: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    client_cert: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    root_cert: String,
}

impl Connection {
    /// A server that is reached in plain text.
    pub fn plain(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            dial_timeout: DIAL_TIMEOUT,
            tls: None,
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let file: File = serde_json::from_slice(bytes).map_err(PackageError::Connection)?;
        check_address(&file.address)?;
        let dial_timeout = read_timeout(&file.dial_timeout)?;
        let tls = file.tls_required.then(|| read_tls(&file)).transpose()?;
        Ok(Self {
            address: file.address,
            dial_timeout,
            tls,
        })
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let tls = self.tls.as_ref();
        let client = tls.and_then(|tls| tls.client.as_ref());
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let file = File {
            address: self.address.clone(),
            dial_timeout: format!("{}ms", self.dial_timeout.as_millis()),
            tls_required: tls.is_some(),
            client_auth_required: client.is_some(),
            client_key: text(client.map(|client| &client.key)),
            client_cert: text(client.map(|client| &client.certificate)),
            root_cert: text(tls.map(|tls| &tls.root_certificate)),
        };
        serde_json::to_vec(&file).unwrap_or_default()
    }
}

fn check_address(address: &str) -> Result<(), PackageError> {
    let parts = address
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty() && host.chars().all(is_host_character));
    match parts.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(()),
        _ => Err(PackageError::Address(address.to_owned())),
    }
}

/// Of names, IPv4 addresses and IPv6 addresses in brackets.
fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_[]:".contains(c)
}

fn read_tls(file: &File) -> Result<Tls, PackageError> {
    if file.client_auth_required && file.client_key.is_empty() {
        return Err(PackageError::Tls("key"));
    }
    if file.client_auth_required && file.client_cert.is_empty() {
        return Err(PackageError::Tls("cert"));
    }
    if file.root_cert.is_empty() {
        return Err(PackageError::Tls("root cert"));
    }
    Ok(Tls {
        root_certificate: file.root_cert.clone(),
        client: file.client_auth_required.then(|| ClientKey {
            certificate: file.client_cert.clone(),
            key: file.client_key.clone(),
        }),
    })
}

/// Go's form of durations, as `1m30s` or `1.5s`; none and zero stand for the default.
fn read_timeout(text: &str) -> Result<Duration, PackageError> {
    if text.is_empty() {
        return Ok(DIAL_TIMEOUT);
    }
    let duration = parse_duration(text)
        .filter(|duration| *duration <= DIAL_TIMEOUT_MAX)
        .ok_or_else(|| PackageError::DialTimeout(text.to_owned()))?;
    Ok(if duration.is_zero() {
        DIAL_TIMEOUT
    } else {
        duration
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(digits);
        let length = unit
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(unit.len());
        let (unit, next) = unit.split_at(length);
        seconds += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        rest = next;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        let check = |text: &str, milliseconds: Option<u64>| {
            let duration = milliseconds.map(Duration::from_millis);
            assert_eq!(parse_duration(text), duration, "{text}");
        };
        check("10s", Some(10_000));
        check("1m0.5s", Some(60_500));
        check("0", Some(0));
        check("3000ms", Some(3000));
        for bad in ["", "s", "10", "-1s", "1.2.3s", "1y", "1e300h"] {
            assert!(bad.is_empty() || parse_duration(bad).is_none(), "{bad}");
        }
    }
}
