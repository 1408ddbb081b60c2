//! A position in a file. The file is replaced as a whole: after a crash it holds the former
//! position or the new one, never a part of either.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{CheckpointError, Checkpointer, Position};

/// Keeps a position in a JSON file. One reader per file.
#[derive(Debug)]
pub struct FileCheckpointer {
    path: PathBuf,
    position: Option<Position>,
}

impl FileCheckpointer {
    /// Reads the position of the file; a file that does not exist yet is no position.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if there is a file that cannot be read or is no checkpoint.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let path = path.into();
        let position = match fs::read(&path) {
            Ok(text) => match serde_json::from_slice(&text) {
                Ok(position) => Some(position),
                Err(source) => return Err(CheckpointError::Malformed { path, source }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(CheckpointError::Unreadable { path, source }),
        };
        Ok(Self { path, position })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Checkpointer for FileCheckpointer {
    fn position(&self) -> Option<Position> {
        self.position.clone()
    }

    async fn store(&mut self, position: Position) -> Result<(), CheckpointError> {
        let (path, kept) = (self.path.clone(), position.clone());
        let written = tokio::task::spawn_blocking(move || replace(&path, &kept)).await;
        let written = written.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        written.map_err(|source| CheckpointError::Unwritable {
            path: self.path.clone(),
            source,
        })?;
        self.position = Some(position);
        Ok(())
    }
}

/// Writes next to the file, then renames: a reader of the file never sees half of it.
fn replace(path: &Path, position: &Position) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    file.write_all(serde_json::to_string(position)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// The rename itself is on disk only once the folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
