//! Packages that are installed on one peer: files in its folder, or memory.
//!
//! Source: `core/chaincode/persistence/persistence.go`.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use fabric_ledger::lifecycle::package_hash;

use crate::{
    DevnetError,
    package::{self, ChaincodePackage, PackageError},
};

/// Ending of a package's file.
const SUFFIX: &str = ".tar.gz";

/// The packages of one peer.
#[derive(Debug)]
pub(crate) struct Packages {
    /// None where they are kept in memory.
    dir: Option<PathBuf>,
    installed: RwLock<BTreeMap<String, Installed>>,
}

#[derive(Clone, Debug)]
struct Installed {
    package: Arc<ChaincodePackage>,
    /// Hash of what an approval says of the package, by which a definition finds it.
    hash: [u8; 32],
    /// None where there is a file.
    bytes: Option<Bytes>,
}

/// Why a package was not installed, in a real peer's words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    #[error("could not parse as a chaincode install package: {0}")]
    Archive(#[source] PackageError),
    #[error("could not build chaincode: external builder failed: {0}")]
    Build(#[source] PackageError),
    #[error("chaincode already successfully installed (package ID '{0}')")]
    Already(String),
    #[error(
        "could not save cc install package: error writing chaincode install package to {path}: {source}"
    )]
    Save { path: String, source: io::Error },
}

impl Packages {
    /// The packages in a folder, which is made where there is none; without one, none.
    pub(crate) fn open(dir: Option<PathBuf>) -> Result<Self, DevnetError> {
        let mut installed = BTreeMap::new();
        if let Some(dir) = &dir {
            let failure = |source| DevnetError::File {
                path: dir.clone(),
                source,
            };
            std::fs::create_dir_all(dir).map_err(failure)?;
            for entry in std::fs::read_dir(dir).map_err(failure)? {
                let path = entry.map_err(failure)?.path();
                match read_installed(&path) {
                    Ok(Some(found)) => {
                        installed.insert(found.package.id.clone(), found);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let path = path.display();
                        tracing::warn!(%path, %error, "an installed package is left out");
                    }
                }
            }
        }
        Ok(Self {
            dir,
            installed: RwLock::new(installed),
        })
    }

    /// Installs a package that is not yet. Blocks the thread.
    pub(crate) fn install(&self, bytes: Bytes) -> Result<Arc<ChaincodePackage>, InstallError> {
        let package = ChaincodePackage::read(&bytes).map_err(|error| match error.is_archive() {
            true => InstallError::Archive(error),
            false => InstallError::Build(error),
        })?;
        // Held while the file is written, so that of two at once one has installed it.
        let mut installed = self
            .installed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if installed.contains_key(&package.id) {
            return Err(InstallError::Already(package.id));
        }
        if let Some(dir) = &self.dir {
            let path = dir.join(file_name(&package.id));
            save(&path, &bytes).map_err(|source| InstallError::Save {
                path: path.display().to_string(),
                source,
            })?;
        }
        let kept = self.dir.is_none().then_some(bytes);
        let found = Installed::new(package, kept);
        let package = Arc::clone(&found.package);
        installed.insert(package.id.clone(), found);
        Ok(package)
    }

    /// Every package, by id.
    pub(crate) fn all(&self) -> Vec<Arc<ChaincodePackage>> {
        let installed = self.read();
        let packages = installed.values();
        packages.map(|found| Arc::clone(&found.package)).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<ChaincodePackage>> {
        self.read().get(id).map(|found| Arc::clone(&found.package))
    }

    /// The package that an approval names by this hash.
    pub(crate) fn by_hash(&self, hash: &[u8]) -> Option<Arc<ChaincodePackage>> {
        let installed = self.read();
        let mut packages = installed.values();
        let found = packages.find(|found| found.hash == hash)?;
        Some(Arc::clone(&found.package))
    }

    /// A package's bytes as they were installed. Blocks the thread.
    pub(crate) fn bytes(&self, id: &str) -> io::Result<Option<Bytes>> {
        let Some(found) = self.read().get(id).cloned() else {
            return Ok(None);
        };
        match (found.bytes, &self.dir) {
            (Some(bytes), _) => Ok(Some(bytes)),
            (None, Some(dir)) => std::fs::read(dir.join(file_name(id)))
                .map(Bytes::from)
                .map(Some),
            (None, None) => Ok(None),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Installed>> {
        self.installed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Installed {
    fn new(package: ChaincodePackage, bytes: Option<Bytes>) -> Self {
        Self {
            hash: package_hash(&package.id),
            package: Arc::new(package),
            bytes,
        }
    }
}

/// `label.hash.tar.gz`, of an id `label:hash`.
pub(crate) fn file_name(id: &str) -> String {
    format!("{}{SUFFIX}", id.replacen(':', ".", 1))
}

/// Reads a package's file; none where it is something else's.
fn read_installed(path: &Path) -> Result<Option<Installed>, Box<dyn std::error::Error>> {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some((label, hash)) = name
        .and_then(|name| name.strip_suffix(SUFFIX))
        .and_then(|stem| stem.rsplit_once('.'))
    else {
        return Ok(None);
    };
    let bytes = std::fs::read(path)?;
    if package::id(label, &bytes) != format!("{label}:{hash}") {
        return Err("its bytes are not those of its name".into());
    }
    let package = ChaincodePackage::read(&bytes)?;
    Ok(Some(Installed::new(package, None)))
}

/// Writes a file whole or not at all.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staging = path.with_extension("new");
    std::fs::write(&staging, bytes)?;
    std::fs::rename(&staging, path)
}
