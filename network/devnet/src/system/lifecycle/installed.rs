//! Packages: installing them, and which are installed.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use fabric_protos::lifecycle::{
    GetInstalledChaincodePackageArgs, GetInstalledChaincodePackageResult, InstallChaincodeArgs,
    InstallChaincodeResult, QueryInstalledChaincodeArgs, QueryInstalledChaincodeResult,
    QueryInstalledChaincodesResult, query_installed_chaincode_result as one,
    query_installed_chaincodes_result as all,
};

use super::{Call, Failure, result};
use crate::{package::ChaincodePackage, system::Packages};

pub(super) async fn install(
    packages: Arc<Packages>,
    arguments: InstallChaincodeArgs,
) -> Result<Bytes, Failure> {
    let bytes = arguments.chaincode_install_package;
    let package = tokio::task::spawn_blocking(move || packages.install(bytes))
        .await
        .map_err(|error| Failure::Packages(error.to_string()))?
        .map_err(|error| Failure::Packages(error.to_string()))?;
    Ok(result(&InstallChaincodeResult {
        package_id: package.id.clone(),
        label: package.metadata.label.clone(),
    }))
}

pub(super) async fn package(
    packages: Arc<Packages>,
    arguments: GetInstalledChaincodePackageArgs,
) -> Result<Bytes, Failure> {
    let id = arguments.package_id;
    let missing =
        format!("could not load cc install package: chaincode install package '{id}' not found");
    let bytes = tokio::task::spawn_blocking(move || packages.bytes(&id))
        .await
        .map_err(|error| Failure::Packages(error.to_string()))?
        .map_err(|error| {
            Failure::Packages(format!("could not load cc install package: {error}"))
        })?;
    Ok(result(&GetInstalledChaincodePackageResult {
        chaincode_install_package: bytes.ok_or(Failure::Packages(missing))?,
    }))
}

pub(super) fn query_all(call: &Call<'_>) -> Result<Bytes, Failure> {
    let mut references = references(call)?;
    let mut installed_chaincodes = Vec::new();
    for package in call.peer.chaincodes().packages().all() {
        installed_chaincodes.push(all::InstalledChaincode {
            package_id: package.id.clone(),
            label: package.metadata.label.clone(),
            references: references
                .remove(&package.id)
                .unwrap_or_default()
                .into_iter()
                .map(|(channel, chaincodes)| {
                    let chaincodes = chaincodes.into_iter();
                    let chaincodes = chaincodes
                        .map(|(name, version)| all::Chaincode { name, version })
                        .collect();
                    (channel, all::References { chaincodes })
                })
                .collect(),
        });
    }
    Ok(result(&QueryInstalledChaincodesResult {
        installed_chaincodes,
    }))
}

pub(super) fn query(
    call: &Call<'_>,
    arguments: &QueryInstalledChaincodeArgs,
) -> Result<Bytes, Failure> {
    let id = &arguments.package_id;
    let package: Arc<ChaincodePackage> =
        call.peer.chaincodes().packages().get(id).ok_or_else(|| {
            Failure::Packages(format!("could not find chaincode with package id '{id}'"))
        })?;
    let references = references(call)?.remove(id).unwrap_or_default();
    Ok(result(&QueryInstalledChaincodeResult {
        package_id: package.id.clone(),
        label: package.metadata.label.clone(),
        references: references
            .into_iter()
            .map(|(channel, chaincodes)| {
                let chaincodes = chaincodes.into_iter();
                let chaincodes = chaincodes
                    .map(|(name, version)| one::Chaincode { name, version })
                    .collect();
                (channel, one::References { chaincodes })
            })
            .collect(),
    }))
}

/// By package id and channel, name and version of the chaincodes that run with it.
type References = BTreeMap<String, BTreeMap<String, Vec<(String, String)>>>;

fn references(call: &Call<'_>) -> Result<References, Failure> {
    let storage = |error: crate::storage::StorageError| Failure::Packages(error.to_string());
    let mut references = References::new();
    for ledger in call.peer.ledgers().iter() {
        let (channel, view) = (ledger.channel(), ledger.view());
        for chaincode in channel.definitions(&view).map_err(storage)? {
            // One that this peer does not run has no package here.
            let Ok(package) = call
                .peer
                .chaincodes()
                .package(&view, channel.name(), &chaincode)
            else {
                continue;
            };
            references
                .entry(package.id.clone())
                .or_default()
                .entry(channel.name().to_owned())
                .or_default()
                .push((chaincode.name.clone(), chaincode.version.clone()));
        }
    }
    Ok(references)
}
