//! The folder that a server lives in: temporary, or one that the caller names and keeps.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::Error;
use crate::process::Lifetime;

/// A folder that exists.
#[derive(Debug)]
pub(crate) enum Folder {
    /// Removed with the handle.
    Temporary(TempDir),
    /// Left alone.
    Kept(PathBuf),
}

impl Folder {
    /// Opens `wanted`, or a new temporary folder.
    pub(crate) fn open(wanted: Option<&Path>, prefix: &str) -> Result<Self, Error> {
        if let Some(path) = wanted {
            fs::create_dir_all(path).map_err(Error::io("create", path))?;
            let path = path.canonicalize().map_err(Error::io("find", path))?;
            return Ok(Self::Kept(path));
        }
        let temporary = tempfile::Builder::new().prefix(prefix).tempdir();
        temporary
            .map(Self::Temporary)
            .map_err(Error::io("create a folder in", &std::env::temp_dir()))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }

    /// The lifetime of servers whose handle owns this folder.
    pub(crate) fn lifetime(&self) -> Lifetime {
        let folder = match self {
            Self::Temporary(folder) => Some(folder.path().to_owned()),
            Self::Kept(_) => None,
        };
        Lifetime::Handle { folder }
    }

    /// Keeps a temporary folder too.
    pub(crate) fn keep(&mut self) {
        if let Self::Temporary(folder) = self {
            folder.disable_cleanup(true);
        }
    }
}
