//! Flags, each with the variable that stands in for it.

use fabric_chaincode_shim::{Settings, SettingsError};

const TEACHING: &str = "\
Run it and deploy it (the address is the one that peers dial):

  asset-chaincode --id assets_1.0:<hash> --address 0.0.0.0:9999

  1. Package a connection.json with this address (`selvedge chaincode package assets \
--address HOST:9999`).
  2. Install the package on the peers; `peer lifecycle chaincode install` prints the id.
  3. Start this process with that id, then approve and commit the definition.

SIGTERM ends it in order: transactions in flight finish, new ones are refused (gateways go to another
peer), the peers' streams end, the process exits.

gRPC health checks answer for the service protos.Chaincode.";

/// Serves the asset ledger to Hyperledger Fabric peers (chaincode as a service).
#[derive(Debug, clap::Parser)]
#[command(version, after_help = TEACHING)]
pub(crate) struct Arguments {
    /// Package id that the peers know the chaincode by [env: CHAINCODE_ID or CORE_CHAINCODE_ID_NAME]
    #[arg(long, value_name = "LABEL:HASH")]
    id: Option<String>,

    /// Where to listen for peers [env: CHAINCODE_SERVER_ADDRESS]
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,

    /// The peers' chaincode.executetimeout; a transaction is ended a little earlier
    /// [env: CHAINCODE_EXECUTE_TIMEOUT] [default: 30s]
    #[arg(long, value_name = "DURATION")]
    execute_timeout: Option<String>,

    /// How long a shutdown waits for transactions in flight
    /// [env: CHAINCODE_DRAIN_TIMEOUT] [default: 20s]
    #[arg(long, value_name = "DURATION")]
    drain_timeout: Option<String>,

    /// Transactions that run at once [env: CHAINCODE_CONCURRENCY_MAX] [default: 256]
    #[arg(long, value_name = "N")]
    concurrency_max: Option<String>,

    /// Transactions that wait for a thread; more are refused
    /// [env: CHAINCODE_QUEUE_MAX] [default: 2500]
    #[arg(long, value_name = "N")]
    queue_max: Option<String>,

    /// Where to serve /metrics, /healthz and /readyz over plain HTTP; nowhere unless given
    /// [env: CHAINCODE_OPERATIONS_ADDRESS]
    #[arg(long, value_name = "HOST:PORT")]
    operations_address: Option<String>,

    /// PEM file of the private key; turns TLS on
    /// [env: CHAINCODE_TLS_KEY with CHAINCODE_TLS_DISABLED=false, or CORE_TLS_CLIENT_KEY_FILE with
    /// CORE_PEER_TLS_ENABLED=true]
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<String>,

    /// PEM file of the certificate, for the host that the peers dial
    /// [env: CHAINCODE_TLS_CERT or CORE_TLS_CLIENT_CERT_FILE]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<String>,

    /// PEM file of the CA of the peers' certificates; turns mutual TLS on
    /// [env: CHAINCODE_CLIENT_CA_CERT or CORE_PEER_TLS_ROOTCERT_FILE]
    #[arg(long, value_name = "FILE")]
    client_ca: Option<String>,

    /// What to log on the standard error stream: a level, or levels per module
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", default_value = "info")]
    pub(crate) log: String,

    /// Log one JSON object per line
    #[arg(long)]
    pub(crate) log_json: bool,
}

impl Arguments {
    /// The settings: flags first, then the environment.
    pub(crate) fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::from_variables(|name| self.flag(name).or_else(|| std::env::var(name).ok()))
    }

    /// The flag that stands in for a variable.
    fn flag(&self, name: &str) -> Option<String> {
        let tls_off = self.tls_key.as_ref().map(|_| "false".to_owned());
        match name {
            "CHAINCODE_ID" => self.id.clone(),
            "CHAINCODE_SERVER_ADDRESS" => self.address.clone(),
            "CHAINCODE_EXECUTE_TIMEOUT" => self.execute_timeout.clone(),
            "CHAINCODE_DRAIN_TIMEOUT" => self.drain_timeout.clone(),
            "CHAINCODE_CONCURRENCY_MAX" => self.concurrency_max.clone(),
            "CHAINCODE_QUEUE_MAX" => self.queue_max.clone(),
            "CHAINCODE_OPERATIONS_ADDRESS" => self.operations_address.clone(),
            "CHAINCODE_TLS_DISABLED" => tls_off,
            "CHAINCODE_TLS_KEY" => self.tls_key.clone(),
            "CHAINCODE_TLS_CERT" => self.tls_certificate.clone(),
            "CHAINCODE_CLIENT_CA_CERT" => self.client_ca.clone(),
            _ => None,
        }
    }
}
