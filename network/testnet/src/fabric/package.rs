//! A chaincode package of type `ccaas`: the same chaincode gives the same bytes, and so the same
//! package id, on every machine and at any time.
//!
//! Format: Fabric's `core/chaincode/persistence/chaincode_package.go` and, for the connection,
//! `ccaas_builder`.

use std::io;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::chaincode::Chaincode;
use crate::error::Error;

/// Bytes to install and the id under which peers know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `label:SHA-256 of the bytes`; a chaincode server registers with it.
    pub id: String,
    /// The archive, a gzipped tar file.
    pub bytes: Vec<u8>,
}

impl Package {
    /// Packs what a peer needs to reach the chaincode's server.
    ///
    /// # Errors
    /// [`Error::Io`] in theory: nothing but memory is written.
    pub fn of(chaincode: &Chaincode) -> Result<Self, Error> {
        let bytes = pack(chaincode);
        let bytes = bytes.map_err(Error::io("pack the chaincode", Path::new(&chaincode.name)))?;
        let id = format!("{}:{}", chaincode.name, hex::encode(Sha256::digest(&bytes)));
        Ok(Self { id, bytes })
    }
}

fn pack(chaincode: &Chaincode) -> io::Result<Vec<u8>> {
    let metadata = json!({ "type": "ccaas", "label": chaincode.name });
    let code = archive(&[(
        "connection.json",
        connection(chaincode).to_string().as_bytes(),
    )])?;
    archive(&[
        ("metadata.json", metadata.to_string().as_bytes()),
        ("code.tar.gz", &code),
    ])
}

fn connection(chaincode: &Chaincode) -> Value {
    let mut connection = json!({
        "address": chaincode.address,
        "dial_timeout": "10s",
        "tls_required": chaincode.tls.is_some(),
    });
    if let Some(tls) = &chaincode.tls {
        connection["root_cert"] = json!(tls.root_certificate);
        connection["client_auth_required"] = json!(tls.client.is_some());
        if let Some(client) = &tls.client {
            connection["client_cert"] = json!(client.certificate);
            connection["client_key"] = json!(client.key);
        }
    }
    connection
}

/// Times and owners are left at zero: they would make every package a different one.
fn archive(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(gzip);
    for (name, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *contents)?;
    }
    tar.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_chaincode_has_the_same_id_and_another_address_another() {
        let package = |address| Package::of(&Chaincode::new("assets", address)).unwrap();
        assert_eq!(package("127.0.0.1:9999"), package("127.0.0.1:9999"));
        assert_ne!(package("127.0.0.1:9999").id, package("127.0.0.1:9998").id);
        assert!(package("127.0.0.1:9999").id.starts_with("assets:"));
    }
}
