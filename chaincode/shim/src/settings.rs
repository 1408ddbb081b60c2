//! What a chaincode server is told: its id, its address, its limits, its TLS material.
//!
//! Values come from variables handed in by the caller, so that no test touches the process's
//! environment. This file never opens a file or a port.

use std::time::Duration;

use crate::{
    limits::Limits,
    tls::{TlsFiles, TlsMode},
};

/// Everything that a chaincode server needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The package id that the peers know the chaincode by, `label:hash`.
    pub id: String,
    /// `host:port` to listen on; without a host, every interface.
    pub address: String,
    /// Whether and how the port speaks TLS.
    pub tls: TlsMode,
    /// Where to serve `/metrics`, `/healthz` and `/readyz`, `host:port`; nowhere unless set.
    pub operations_address: Option<String>,
    /// Bounds of time and number.
    pub limits: Limits,
}

/// Why variables do not make settings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A variable without a default is absent.
    #[error("{name} is not set: {help}")]
    Missing {
        /// The variable's name.
        name: &'static str,
        /// What to set it to.
        help: &'static str,
    },
    /// A variable's value cannot be read.
    #[error("{name} is {value:?}: {help}")]
    Invalid {
        /// The variable's name.
        name: &'static str,
        /// The value found.
        value: String,
        /// What it should look like.
        help: &'static str,
    },
}

impl Settings {
    /// Reads settings from variables, by name.
    ///
    /// - `CHAINCODE_ID` or `CORE_CHAINCODE_ID_NAME`: the package id (required)
    /// - `CHAINCODE_SERVER_ADDRESS`: where to listen, `host:port` (required)
    /// - `CHAINCODE_EXECUTE_TIMEOUT`: the peer's `chaincode.executetimeout`, `30s`
    /// - `CHAINCODE_DRAIN_TIMEOUT`: how long a shutdown waits for transactions, `20s`
    /// - `CHAINCODE_CONCURRENCY_MAX`, `CHAINCODE_QUEUE_MAX`: transactions that run and that wait
    /// - `CHAINCODE_GIVEN_UP_MAX`: threads that may go on after their deadline
    /// - `CHAINCODE_TRANSACTION_BYTES_MAX`, `CHAINCODE_MEMORY_BYTES_MAX`: bytes of one transaction
    ///   and of all in flight, such as `256MiB`
    /// - `CHAINCODE_OPERATIONS_ADDRESS`: where to serve `/metrics`, `/healthz`, `/readyz`
    /// - `CHAINCODE_TLS_RELOAD_INTERVAL`: how often TLS files are looked at, `30s`
    /// - TLS as Fabric's samples have it: `CHAINCODE_TLS_DISABLED` (`true` unless set to `false`),
    ///   `CHAINCODE_TLS_KEY`, `CHAINCODE_TLS_CERT`, `CHAINCODE_CLIENT_CA_CERT` (PEM files)
    /// - or as the Go contract API has it: `CORE_PEER_TLS_ENABLED`, `CORE_TLS_CLIENT_KEY_FILE`,
    ///   `CORE_TLS_CLIENT_CERT_FILE`, `CORE_PEER_TLS_ROOTCERT_FILE` (PEM files)
    ///
    /// A client CA turns on mutual TLS. An empty value counts as absent.
    ///
    /// # Errors
    /// A required variable is absent, or a value cannot be read; the text says what to set.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        Ok(Self {
            id: read("CHAINCODE_ID")
                .or_else(|| read("CORE_CHAINCODE_ID_NAME"))
                .ok_or(SettingsError::Missing {
                    name: "CHAINCODE_ID",
                    help: "give the package id that `peer lifecycle chaincode install` printed",
                })?,
            address: read("CHAINCODE_SERVER_ADDRESS").ok_or(SettingsError::Missing {
                name: "CHAINCODE_SERVER_ADDRESS",
                help: "give the host:port to listen on, such as 0.0.0.0:9999",
            })?,
            tls: tls_mode(&read)?,
            operations_address: read("CHAINCODE_OPERATIONS_ADDRESS"),
            limits: read_limits(&read)?,
        })
    }
}

fn read_limits(read: &impl Fn(&str) -> Option<String>) -> Result<Limits, SettingsError> {
    let limits = Limits::default();
    Ok(Limits {
        execute_timeout: duration(read, "CHAINCODE_EXECUTE_TIMEOUT")?
            .unwrap_or(limits.execute_timeout),
        drain_timeout: duration(read, "CHAINCODE_DRAIN_TIMEOUT")?.unwrap_or(limits.drain_timeout),
        concurrency_max: count(read, "CHAINCODE_CONCURRENCY_MAX", 1)?
            .unwrap_or(limits.concurrency_max),
        queue_max: count(read, "CHAINCODE_QUEUE_MAX", 0)?.unwrap_or(limits.queue_max),
        given_up_max: count(read, "CHAINCODE_GIVEN_UP_MAX", 1)?.unwrap_or(limits.given_up_max),
        transaction_bytes_max: bytes(read, "CHAINCODE_TRANSACTION_BYTES_MAX")?
            .unwrap_or(limits.transaction_bytes_max),
        memory_bytes_max: bytes(read, "CHAINCODE_MEMORY_BYTES_MAX")?
            .unwrap_or(limits.memory_bytes_max),
        tls_reload_interval: duration(read, "CHAINCODE_TLS_RELOAD_INTERVAL")?
            .unwrap_or(limits.tls_reload_interval),
        ..limits
    })
}

fn tls_mode(read: &impl Fn(&str) -> Option<String>) -> Result<TlsMode, SettingsError> {
    let disabled = truth(read, "CHAINCODE_TLS_DISABLED")?;
    let enabled = truth(read, "CORE_PEER_TLS_ENABLED")?;
    match (disabled, enabled) {
        (Some(true), Some(true)) => Err(SettingsError::Invalid {
            name: "CHAINCODE_TLS_DISABLED",
            value: "true".to_owned(),
            help: "CORE_PEER_TLS_ENABLED says the opposite; unset one of the two",
        }),
        (Some(false), _) | (_, Some(true)) => Ok(TlsMode::Files(TlsFiles {
            key: file(read, "CHAINCODE_TLS_KEY", "CORE_TLS_CLIENT_KEY_FILE")?,
            certificate: file(read, "CHAINCODE_TLS_CERT", "CORE_TLS_CLIENT_CERT_FILE")?,
            client_ca: read("CHAINCODE_CLIENT_CA_CERT")
                .or_else(|| read("CORE_PEER_TLS_ROOTCERT_FILE"))
                .map(Into::into),
        })),
        _ => Ok(TlsMode::Plain),
    }
}

fn file(
    read: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    other_name: &str,
) -> Result<std::path::PathBuf, SettingsError> {
    let path = read(name).or_else(|| read(other_name));
    path.map(Into::into).ok_or(SettingsError::Missing {
        name,
        help: "TLS is on and needs a key and a certificate, both PEM files",
    })
}

fn truth(
    read: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<bool>, SettingsError> {
    let Some(value) = read(name) else {
        return Ok(None);
    };
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "t" => Ok(Some(true)),
        "false" | "0" | "f" => Ok(Some(false)),
        _ => Err(SettingsError::Invalid {
            name,
            value,
            help: "write true or false",
        }),
    }
}

fn count(
    read: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    least: usize,
) -> Result<Option<usize>, SettingsError> {
    /// More threads or places than this is a typing error.
    const MOST: usize = 1_000_000;
    let Some(value) = read(name) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(count) if (least..=MOST).contains(&count) => Ok(Some(count)),
        _ => Err(SettingsError::Invalid {
            name,
            value,
            help: "write a whole number, such as 256",
        }),
    }
}

fn duration(
    read: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<Duration>, SettingsError> {
    let Some(value) = read(name) else {
        return Ok(None);
    };
    match parse_duration(&value) {
        Some(duration) => Ok(Some(duration)),
        None => Err(SettingsError::Invalid {
            name,
            value,
            help: "write a number with its unit, such as 30s, 500ms or 2m",
        }),
    }
}

fn bytes(
    read: &impl Fn(&str) -> Option<String>,
    name: &'static str,
) -> Result<Option<usize>, SettingsError> {
    let Some(value) = read(name) else {
        return Ok(None);
    };
    match parse_bytes(&value) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(SettingsError::Invalid {
            name,
            value,
            help: "write a number of bytes with its unit, at least 1MiB, such as 256MiB or 1GiB",
        }),
    }
}

/// `256MiB`, `1GiB`, or bare bytes; from a mebibyte to a tebibyte.
fn parse_bytes(text: &str) -> Option<usize> {
    const MEBIBYTE: u64 = 1024 * 1024;
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let bytes = match unit {
        "" => Some(number),
        "KiB" => number.checked_mul(1024),
        "MiB" => number.checked_mul(MEBIBYTE),
        "GiB" => number.checked_mul(1024 * MEBIBYTE),
        _ => None,
    };
    let within = bytes.filter(|bytes| (MEBIBYTE..=MEBIBYTE * MEBIBYTE).contains(bytes));
    within.and_then(|bytes| usize::try_from(bytes).ok())
}

/// `30s`, `500ms`, `2m`, or bare seconds; more than nothing and at most a day.
fn parse_duration(text: &str) -> Option<Duration> {
    const MOST: Duration = Duration::from_secs(24 * 60 * 60);
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let duration = match unit {
        "ms" => Duration::from_millis(number),
        "s" | "" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (!duration.is_zero() && duration <= MOST).then_some(duration)
}
