//! A position in a file. The file is replaced as a whole: after a crash it holds the former
//! position or the new one, never a part of either.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{CheckpointError, Checkpointer, Position};

/// Keeps a position in a JSON file. One reader per file: another one, in whatever process, is
/// refused while this lives. The lock is on a file of its own, `NAME.lock`, which stays and holds nothing.
#[derive(Debug)]
pub struct FileCheckpointer {
    path: PathBuf,
    /// Held, never looked at: the lock ends with it, also when the process is killed.
    _lock: File,
    position: Option<Position>,
}

impl FileCheckpointer {
    /// Reads the position of the file; a file that does not exist yet is no position.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if somebody else has it open, or there is a file that cannot be read or
    /// is no checkpoint.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let path = path.into();
        let lock = lock(&path)?;
        let position = match fs::read(&path) {
            Ok(text) => match serde_json::from_slice(&text) {
                Ok(position) => Some(position),
                Err(source) => return Err(CheckpointError::Malformed { path, source }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(CheckpointError::Unreadable { path, source }),
        };
        Ok(Self {
            path,
            _lock: lock,
            position,
        })
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

fn lock(path: &Path) -> Result<File, CheckpointError> {
    let lock =
        File::create(beside(path, ".lock")).map_err(|source| CheckpointError::Unwritable {
            path: path.to_owned(),
            source,
        })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(CheckpointError::Locked {
            path: path.to_owned(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(CheckpointError::Unwritable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes next to the file, then renames: a reader of the file never sees half of it.
fn replace(path: &Path, position: &Position) -> io::Result<()> {
    let new = beside(path, ".new");
    let written = write(&new, position).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What could not be written whole is of no use; that it stays does no harm.
        let _ = fs::remove_file(&new);
        return written;
    }
    sync_folder(path)
}

fn write(path: &Path, position: &Position) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(serde_json::to_string(position)?.as_bytes())?;
    file.sync_all()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
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
