//! Connecting to a chaincode's server, in plain text or with TLS as its package says.

use std::io::ErrorKind;

use fabric_protos::peer::chaincode_client::ChaincodeClient;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use super::ChaincodeError;
use crate::{
    limits::{KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, MESSAGE_BYTES_MAX},
    package::{ChaincodePackage, Connection},
};

/// Connects to the server of a package.
pub(super) async fn connect(
    package: &ChaincodePackage,
) -> Result<ChaincodeClient<tonic::transport::Channel>, ChaincodeError> {
    let ChaincodePackage { id, connection, .. } = package;
    let failure = |reason: String| ChaincodeError::Dial {
        name: id.clone(),
        address: connection.address.clone(),
        reason,
    };
    let timeout = connection.dial_timeout;
    let endpoint = endpoint(connection)
        .map_err(|error| failure(root_cause(&error, &connection.address)))?
        .connect_timeout(timeout)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    let connected = tokio::time::timeout(timeout, endpoint.connect()).await;
    let channel = connected
        .map_err(|_| failure(format!("{NO_CONNECTION}: context deadline exceeded")))?
        .map_err(|error| {
            let reason = root_cause(&error, &connection.address);
            failure(format!(
                "{NO_CONNECTION}: connection error: desc = \"transport: {reason}\""
            ))
        })?;
    Ok(ChaincodeClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX))
}

/// The server, with TLS where its package asks for it: its certificate must have the address's
/// host and be signed by the authority in the package, and no other.
fn endpoint(connection: &Connection) -> Result<Endpoint, tonic::transport::Error> {
    let Connection { address, tls, .. } = connection;
    let Some(tls) = tls else {
        return Endpoint::from_shared(format!("http://{address}"));
    };
    let authority = Certificate::from_pem(&tls.root_certificate);
    let mut config = ClientTlsConfig::new().ca_certificate(authority);
    if let Some(client) = &tls.client {
        config = config.identity(Identity::from_pem(&client.certificate, &client.key));
    }
    Endpoint::from_shared(format!("https://{address}"))?.tls_config(config)
}

/// How a peer begins to say that a chaincode's server cannot be reached.
const NO_CONNECTION: &str = "failed to create new connection";

/// What the system said, below tonic's `transport error`, in Go's words where they differ.
fn root_cause(error: &(dyn std::error::Error + 'static), address: &str) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let io = cause.downcast_ref::<std::io::Error>();
    match io.map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => {
            format!("error while dialing: dial tcp {address}: connect: connection refused")
        }
        _ => cause.to_string(),
    }
}
