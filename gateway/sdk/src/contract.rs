//! A contract of a chaincode: what can be called, and the calls in preparation.

use std::sync::Arc;

use bytes::Bytes;
use fabric_protos::peer::{ChaincodeHeaderExtension, ChaincodeId};
use prost::Message as _;

use crate::invocation::{Evaluate, Invocation, Prepare, Submit};
use crate::network::Network;

/// A contract. Cheap to clone.
#[derive(Clone)]
pub struct Contract {
    inner: Arc<Inner>,
}

struct Inner {
    network: Network,
    chaincode: String,
    name: Option<String>,
    header_extension: Bytes,
}

impl Contract {
    pub(crate) fn new(network: Network, chaincode: String, name: Option<String>) -> Self {
        let chaincode_id = ChaincodeId {
            name: chaincode.clone(),
            ..Default::default()
        };
        let extension = ChaincodeHeaderExtension {
            chaincode_id: Some(chaincode_id),
        };
        let header_extension = extension.encode_to_vec().into();
        Self {
            inner: Arc::new(Inner {
                network,
                chaincode,
                name,
                header_extension,
            }),
        }
    }

    /// The channel.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.inner.network
    }

    /// The chaincode's name.
    #[must_use]
    pub fn chaincode(&self) -> &str {
        &self.inner.chaincode
    }

    /// A query: runs on one peer, changes nothing. Await it for the result.
    pub fn evaluate(&self, function: impl AsRef<str>) -> Evaluate {
        Invocation::new(self.clone(), function.as_ref())
    }

    /// A transaction: endorsed, ordered, committed. Await it for the receipt, or `send` it to
    /// wait for the commit later.
    pub fn submit(&self, function: impl AsRef<str>) -> Submit {
        Invocation::new(self.clone(), function.as_ref())
    }

    /// A proposal to be taken through its steps one by one, for instance to sign it elsewhere.
    pub fn proposal(&self, function: impl AsRef<str>) -> Prepare {
        Invocation::new(self.clone(), function.as_ref())
    }

    /// The first argument as the chaincode expects it.
    pub(crate) fn qualified(&self, function: &str) -> Bytes {
        match &self.inner.name {
            Some(name) => format!("{name}:{function}").into(),
            None => Bytes::copy_from_slice(function.as_bytes()),
        }
    }

    /// The chaincode's name in the form that channel headers carry.
    pub(crate) fn header_extension(&self) -> &Bytes {
        &self.inner.header_extension
    }
}
