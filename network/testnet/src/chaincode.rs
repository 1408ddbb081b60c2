//! A chaincode to deploy, on either network: it runs as a service that the peers dial.

use fabric_gateway_sdk::admin::{ChaincodePackage, ChaincodeService, ServiceTls};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What is deployed. The server need not run yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chaincode {
    /// Name that clients call it by.
    pub name: String,
    /// `host:port` where it listens.
    pub address: String,
    /// Endorsement policy, as `OR('Org1MSP.peer','Org2MSP.peer')`; none means the channel's
    /// own, a majority of the organisations.
    pub policy: Option<String>,
    /// Private data collections: the JSON array that `peer --collections-config` reads.
    pub collections: Option<String>,
    /// Whether it must be initialised before anything else is called.
    #[serde(default)]
    pub init_required: bool,
    /// How peers check the server, where it speaks TLS.
    pub tls: Option<ChaincodeTls>,
}

/// Certificates in PEM for the connection from peer to chaincode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChaincodeTls {
    /// The authority of the server's certificate, which must name the host of the address.
    pub root_certificate: String,
    /// The peer's own certificate and key, where the server asks for one.
    pub client: Option<ClientCertificate>,
}

/// A client certificate with its key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its key, unencrypted.
    pub key: String,
}

impl Chaincode {
    /// A chaincode without TLS, under the channel's own endorsement policy.
    #[must_use]
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            address: address.into(),
            policy: None,
            collections: None,
            init_required: false,
            tls: None,
        }
    }

    /// Sets the endorsement policy.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// Sets the private data collections.
    #[must_use]
    pub fn collections(mut self, json: impl Into<String>) -> Self {
        self.collections = Some(json.into());
        self
    }

    /// Makes peers refuse calls until one has initialised it.
    #[must_use]
    pub fn init_required(mut self) -> Self {
        self.init_required = true;
        self
    }

    /// Makes peers speak TLS with the server.
    #[must_use]
    pub fn tls(mut self, tls: ChaincodeTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What is installed on peers: how they reach the server. The label is the name.
    ///
    /// # Errors
    /// [`Error::Package`] if peers could not use it.
    pub fn package(&self) -> Result<ChaincodePackage, Error> {
        let mut service = ChaincodeService::new(&self.name, &self.address);
        if let Some(tls) = &self.tls {
            let mut settings = ServiceTls::new(&tls.root_certificate);
            if let Some(client) = &tls.client {
                settings = settings.client(&client.certificate, &client.key);
            }
            service = service.tls(settings);
        }
        Ok(service.package()?)
    }
}
