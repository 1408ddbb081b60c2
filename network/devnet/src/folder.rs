//! The folder of one running network: found or made, and held against a second one.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::DevnetError;

/// A network's folder, which is this process's alone until it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    _lock: File,
    /// Goes away last, after everything that reads from it.
    _temporary: Option<TempDir>,
}

impl Folder {
    /// Makes the folder where it is missing, and a temporary one where none is named.
    pub(crate) fn take(dir: Option<&Path>) -> Result<Self, DevnetError> {
        let Some(dir) = dir else {
            let path = std::env::temp_dir();
            let temporary = TempDir::with_prefix("fabric-devnet-")
                .map_err(|source| DevnetError::File { path, source })?;
            let path = temporary.path().to_owned();
            return Ok(Self {
                _lock: lock(&path)?,
                path,
                _temporary: Some(temporary),
            });
        };
        let failure = |source| DevnetError::File {
            path: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir).map_err(failure)?;
        // Other processes read the paths in the state file from other folders.
        let path = dir.canonicalize().map_err(failure)?;
        Ok(Self {
            _lock: lock(&path)?,
            path,
            _temporary: None,
        })
    }
}

/// Locks the folder itself (`flock(2)`), so that nothing is left in it. The system lets go of it
/// however the process ends.
fn lock(dir: &Path) -> Result<File, DevnetError> {
    let failure = |source| DevnetError::File {
        path: dir.to_owned(),
        source,
    };
    let lock = File::open(dir).map_err(failure)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DevnetError::InUse {
            dir: dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failure(source)),
    }
}
