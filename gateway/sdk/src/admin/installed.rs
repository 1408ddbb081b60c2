//! Packages on a peer: install them, list them, read them back.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use fabric_protos::lifecycle as wire;
use prost::Message as _;

use super::call::{Operation, malformed, read};
use super::error::{AdminError, Refusal};
use super::lifecycle::LIFECYCLE;
use super::package::PackageId;
use super::peer::PeerAdmin;

/// What a peer grants to the build of a chaincode. (Fabric: `chaincode.installTimeout`)
const INSTALL_TIMEOUT: Duration = Duration::from_secs(300);

/// A package that a peer has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstalledPackage {
    /// Its id.
    pub package_id: PackageId,
    /// Its label.
    pub label: String,
    /// By channel: the committed definitions that the peer runs it for.
    pub references: BTreeMap<String, Vec<ChaincodeReference>>,
}

/// A definition by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChaincodeReference {
    /// Name of the chaincode.
    pub name: String,
    /// Version of its definition.
    pub version: String,
}

impl PeerAdmin {
    /// Installs a package: a [`ChaincodePackage`](super::ChaincodePackage) or the bytes of a file
    /// that another tool made.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::AlreadyInstalled`] where nothing is left to do.
    pub async fn install(&self, package: impl AsRef<[u8]>) -> Result<PackageId, AdminError> {
        let package = package.as_ref();
        let argument = wire::InstallChaincodeArgs {
            chaincode_install_package: Bytes::copy_from_slice(package),
        }
        .encode_to_vec();
        let operation = Operation {
            chaincode: LIFECYCLE,
            name: "InstallChaincode",
            arguments: &[&argument],
        };
        let answer = self.ask_within(&operation, INSTALL_TIMEOUT).await?;
        let installed: wire::InstallChaincodeResult = read(self, &operation, &answer)?;
        let expected = PackageId::of(&installed.label, package);
        if installed.package_id != expected.as_str() {
            return Err(malformed(
                self,
                &operation,
                "the id of another package",
                None,
            ));
        }
        Ok(expected)
    }

    /// Installs a package unless the peer has it, and says whether it had to.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`] but that refusal.
    pub async fn ensure_installed(&self, package: impl AsRef<[u8]>) -> Result<bool, AdminError> {
        match self.install(package).await {
            Ok(_) => Ok(true),
            Err(error) if error.refusal() == Some(Refusal::AlreadyInstalled) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All packages that the peer has.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn installed_packages(&self) -> Result<Vec<InstalledPackage>, AdminError> {
        let argument = wire::QueryInstalledChaincodesArgs {}.encode_to_vec();
        let operation = Operation {
            chaincode: LIFECYCLE,
            name: "QueryInstalledChaincodes",
            arguments: &[&argument],
        };
        let answer = self.ask(&operation).await?;
        let list: wire::QueryInstalledChaincodesResult = read(self, &operation, &answer)?;
        let packages = list.installed_chaincodes.into_iter().map(|installed| {
            let references = installed.references.into_iter().map(|(channel, list)| {
                let list = list.chaincodes.into_iter();
                (channel, list.map(|one| (one.name, one.version)).collect())
            });
            package(installed.package_id, installed.label, references.collect())
        });
        Ok(packages.collect())
    }

    /// One package that the peer has.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotInstalled`] where it has it not.
    pub async fn installed_package(
        &self,
        package_id: &PackageId,
    ) -> Result<InstalledPackage, AdminError> {
        let argument = wire::QueryInstalledChaincodeArgs {
            package_id: package_id.to_string(),
        }
        .encode_to_vec();
        let operation = Operation {
            chaincode: LIFECYCLE,
            name: "QueryInstalledChaincode",
            arguments: &[&argument],
        };
        let answer = self.ask(&operation).await?;
        let installed: wire::QueryInstalledChaincodeResult = read(self, &operation, &answer)?;
        let references = installed.references.into_iter().map(|(channel, list)| {
            let list = list.chaincodes.into_iter();
            (channel, list.map(|one| (one.name, one.version)).collect())
        });
        Ok(package(
            installed.package_id,
            installed.label,
            references.collect(),
        ))
    }

    /// The bytes of a package that the peer has, checked against its id.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotInstalled`] where it has it not.
    pub async fn package_bytes(&self, package_id: &PackageId) -> Result<Bytes, AdminError> {
        let argument = wire::GetInstalledChaincodePackageArgs {
            package_id: package_id.to_string(),
        }
        .encode_to_vec();
        let operation = Operation {
            chaincode: LIFECYCLE,
            name: "GetInstalledChaincodePackage",
            arguments: &[&argument],
        };
        let answer = self.ask(&operation).await?;
        let result: wire::GetInstalledChaincodePackageResult = read(self, &operation, &answer)?;
        let bytes = result.chaincode_install_package;
        let label = package_id.as_str().rsplit_once(':').map(|(label, _)| label);
        if PackageId::of(label.unwrap_or_default(), &bytes) != *package_id {
            return Err(malformed(self, &operation, "another package", None));
        }
        Ok(bytes)
    }
}

/// Channel, then name and version of each definition.
type References = Vec<(String, Vec<(String, String)>)>;

fn package(package_id: String, label: String, references: References) -> InstalledPackage {
    let references = references.into_iter().map(|(channel, list)| {
        let list = list.into_iter();
        let list = list.map(|(name, version)| ChaincodeReference { name, version });
        (channel, list.collect())
    });
    InstalledPackage {
        package_id: package_id.into(),
        label,
        references: references.collect(),
    }
}
