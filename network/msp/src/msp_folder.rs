//! Reading of MSP folders, as Fabric's own tools read them (`msp/configbuilder.go`): every PEM
//! file of a subfolder counts, whatever its name, and files that are not PEM do not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fabric_protos::msp::{FabricCryptoConfig, FabricMspConfig, FabricNodeOUs, FabricOuIdentifier};

use crate::error::MspError;
use crate::msp_config_file::{ConfigFile, ConfiguredUnit};
use crate::pem_text;

pub(crate) const ADMINCERTS: &str = "admincerts";
pub(crate) const CACERTS: &str = "cacerts";
pub(crate) const CONFIG_FILE: &str = "config.yaml";
pub(crate) const CRLS: &str = "crls";
pub(crate) const INTERMEDIATECERTS: &str = "intermediatecerts";
pub(crate) const KEYSTORE: &str = "keystore";
pub(crate) const SIGNCERTS: &str = "signcerts";
pub(crate) const TLSCACERTS: &str = "tlscacerts";
pub(crate) const TLSINTERMEDIATECERTS: &str = "tlsintermediatecerts";

/// A path and why it cannot be read.
pub(crate) type Unreadable = (PathBuf, io::Error);

/// The definition of an organisation from any of its MSP folders.
pub(crate) fn read(dir: &Path, msp_id: String) -> Result<FabricMspConfig, MspError> {
    let required = |name| pem_texts(&dir.join(name)).map_err(unreadable);
    let optional = |name| match pem_texts(&dir.join(name)) {
        Err((_, error)) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        texts => texts.map_err(unreadable),
    };
    let (node_units, units) = read_units(dir)?;
    Ok(FabricMspConfig {
        name: msp_id,
        root_certs: required(CACERTS)?,
        intermediate_certs: optional(INTERMEDIATECERTS)?,
        admins: optional(ADMINCERTS)?,
        revocation_list: optional(CRLS)?,
        signing_identity: None,
        organizational_unit_identifiers: units,
        crypto_config: Some(FabricCryptoConfig {
            signature_hash_family: "SHA2".to_owned(),
            identity_identifier_hash_function: "SHA256".to_owned(),
        }),
        tls_root_certs: optional(TLSCACERTS)?,
        tls_intermediate_certs: optional(TLSINTERMEDIATECERTS)?,
        fabric_node_ous: node_units,
    })
}

/// The PEM files of a folder, in the order of their names.
pub(crate) fn pem_texts(dir: &Path) -> Result<Vec<Bytes>, Unreadable> {
    let texts = files(dir)?
        .into_iter()
        .map(|path| fs::read(&path).map_err(|error| (path, error)));
    let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
    Ok(texts
        .into_iter()
        .filter(|text| pem_text::first_block(text).is_some())
        .map(Bytes::from)
        .collect())
}

/// The files of a folder that may be PEM, in the order of their names. Links are followed: mounted
/// secrets are links.
pub(crate) fn files(dir: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let at = |error| (dir.to_owned(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let is_candidate = fs::metadata(&path)
            .is_ok_and(|file| file.is_file() && file.len() <= pem_text::PEM_LENGTH_MAX as u64);
        if is_candidate {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_units(dir: &Path) -> Result<(Option<FabricNodeOUs>, Vec<FabricOuIdentifier>), MspError> {
    let path = dir.join(CONFIG_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((None, Vec::new())),
        Err(error) => return Err(unreadable((path, error))),
    };
    let file = ConfigFile::parse(&text)
        .map_err(|(line, reason)| MspError::MalformedConfigFile { path, line, reason })?;
    // Fabric does without the certificate of a role's unit if its file is missing, but not without
    // that of a recognised unit.
    let role_unit = |unit: &Option<ConfiguredUnit>| {
        let unit = unit.as_ref().filter(|unit| !unit.name.is_empty())?;
        let certificate = unit_certificate(dir, unit).unwrap_or_default();
        Some(FabricOuIdentifier {
            certificate,
            organizational_unit_identifier: unit.name.clone(),
        })
    };
    let node_units = file.node_units.enable.then(|| FabricNodeOUs {
        enable: true,
        client_ou_identifier: role_unit(&file.node_units.client),
        peer_ou_identifier: role_unit(&file.node_units.peer),
        admin_ou_identifier: role_unit(&file.node_units.admin),
        orderer_ou_identifier: role_unit(&file.node_units.orderer),
    });
    let recognized = file.recognized_units.iter().map(|unit| {
        let certificate = unit_certificate(dir, unit)?;
        Ok(FabricOuIdentifier {
            certificate,
            organizational_unit_identifier: unit.name.clone(),
        })
    });
    Ok((
        node_units,
        recognized
            .collect::<Result<_, Unreadable>>()
            .map_err(unreadable)?,
    ))
}

fn unit_certificate(dir: &Path, unit: &ConfiguredUnit) -> Result<Bytes, Unreadable> {
    if unit.certificate.is_empty() {
        return Ok(Bytes::new());
    }
    let path = dir.join(&unit.certificate);
    fs::read(&path)
        .map(Bytes::from)
        .map_err(|error| (path, error))
}

fn unreadable((path, source): Unreadable) -> MspError {
    MspError::Unreadable { path, source }
}
