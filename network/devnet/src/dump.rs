//! Dumps: a whole network in one file, a gzipped tar archive of what its folder would hold.
//!
//! ```text
//! network.json                    organisations, peers, channels
//! seed                            what the keys are derived from, where they are
//! organizations/...               certificates and keys
//! peers/NAME/...                  what each peer alone keeps
//! channels/NAME/ledger.redb       blocks, state and indexes, without the space of old ones
//! ```

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tar::{Archive, EntryType};
use tempfile::TempDir;

use crate::{
    DevnetError, StateFile,
    channel::{Channel, opening},
    control::Control,
    error::BoxError,
    limits::{DUMP_BYTES_MAX, STORAGE_CACHE_BYTES_MIN},
    nonce, organizations,
    peer::Peer,
    start::{PACKAGES_FOLDER, PEERS_FOLDER},
    state_file,
    storage::Storage,
    system,
};

/// What a dump holds, by the first part of the path.
const PARTS: [&str; 5] = [
    nonce::SEED_FILE,
    state_file::FILE_NAME,
    organizations::FOLDER,
    PEERS_FOLDER,
    opening::CHANNELS_FOLDER,
];

impl Control {
    /// Writes a dump of the network as it is now; each channel as of one block. The file must not
    /// exist yet.
    pub(crate) async fn dump(&self, file: PathBuf) -> Result<PathBuf, DevnetError> {
        let file = std::path::absolute(&file).map_err(at(&file))?;
        if file.exists() {
            return Err(DevnetError::Refused(format!(
                "{} exists; dump to another file, or remove it",
                file.display()
            )));
        }
        let work = Dumping {
            dir: self.dir.clone(),
            state: StateFile::clone(&self.state),
            channels: self.channels.clone(),
            peers: self.peers.clone(),
        };
        let target = file.clone();
        tokio::task::spawn_blocking(move || work.write(&target))
            .await
            .map_err(|error| DevnetError::Storage(error.into()))??;
        Ok(file)
    }
}

/// What writing a dump takes.
struct Dumping {
    dir: PathBuf,
    state: StateFile,
    channels: Vec<Arc<Channel>>,
    peers: Vec<Arc<Peer>>,
}

impl Dumping {
    /// Writes a draft beside the file and puts it in place when it is whole.
    fn write(&self, file: &Path) -> Result<(), DevnetError> {
        let parent = file.parent().unwrap_or_else(|| Path::new("."));
        let draft = tempfile::NamedTempFile::new_in(parent).map_err(at(parent))?;
        let scratch = TempDir::new_in(parent).map_err(at(parent))?;
        let mut archive = tar::Builder::new(GzEncoder::new(draft, Compression::fast()));
        // Holes compress to nothing, and plain entries are what every tar reads.
        archive.sparse(false);
        self.append_all(&mut archive, scratch.path())?;
        let draft = archive
            .into_inner()
            .and_then(GzEncoder::finish)
            .map_err(at(file))?;
        draft.as_file().sync_all().map_err(at(file))?;
        draft
            .persist_noclobber(file)
            .map_err(|error| at(file)(error.error))?;
        Ok(())
    }

    fn append_all<W: io::Write>(
        &self,
        archive: &mut tar::Builder<W>,
        scratch: &Path,
    ) -> Result<(), DevnetError> {
        let text = serde_json::to_vec_pretty(&self.state).map_err(|source| {
            let path = self.dir.join(state_file::FILE_NAME);
            DevnetError::StateFile { path, source }
        })?;
        let path = scratch.join(state_file::FILE_NAME);
        fs::write(&path, text).map_err(at(&path))?;
        let added = archive.append_path_with_name(&path, state_file::FILE_NAME);
        added.map_err(at(&path))?;
        let seed = self.dir.join(nonce::SEED_FILE);
        if seed.exists() {
            let added = archive.append_path_with_name(&seed, nonce::SEED_FILE);
            added.map_err(at(&seed))?;
        }
        let part = organizations::FOLDER;
        let folder = self.dir.join(part);
        archive.append_dir_all(part, &folder).map_err(at(&folder))?;
        for peer in &self.peers {
            append_packages(archive, peer, scratch)?;
        }
        for channel in &self.channels {
            let path = scratch.join(channel.name());
            self.copy(channel, &path)?;
            let name = opening::ledger_path(Path::new(""), channel.name());
            archive
                .append_path_with_name(&path, name)
                .map_err(at(&path))?;
            fs::remove_file(&path).map_err(at(&path))?;
        }
        Ok(())
    }

    /// The ledger as of now, in a file of its own.
    fn copy(&self, channel: &Channel, path: &Path) -> Result<(), DevnetError> {
        let failed = |error: BoxError| DevnetError::Storage(error);
        let view = channel.chain().view();
        let copy = Storage::open(Some(path), STORAGE_CACHE_BYTES_MIN);
        let copy = copy.map_err(|error| failed(error.into()))?;
        copy.fill(&view).map_err(|error| failed(error.into()))
    }
}

/// Adds what is installed on a peer, in files as it keeps them on disk.
fn append_packages<W: io::Write>(
    archive: &mut tar::Builder<W>,
    peer: &Peer,
    scratch: &Path,
) -> Result<(), DevnetError> {
    let packages = peer.chaincodes().packages();
    let folder = Path::new(PEERS_FOLDER)
        .join(peer.name())
        .join(PACKAGES_FOLDER);
    for package in packages.all() {
        let Some(bytes) = packages.bytes(&package.id).map_err(at(&folder))? else {
            continue;
        };
        let path = scratch.join("package");
        fs::write(&path, bytes).map_err(at(&path))?;
        let name = folder.join(system::package_file_name(&package.id));
        archive
            .append_path_with_name(&path, name)
            .map_err(at(&path))?;
    }
    Ok(())
}

/// Unpacks a dump into a network's folder, which must not hold a network; gives what it says of it.
pub(crate) fn unpack(file: &Path, dir: &Path) -> Result<StateFile, DevnetError> {
    for part in PARTS {
        if dir.join(part).exists() {
            return Err(DevnetError::OtherNetwork(format!(
                "{} is there already",
                dir.join(part).display()
            )));
        }
    }
    let staging = TempDir::with_prefix_in(".load-", dir).map_err(at(dir))?;
    let reader = GzDecoder::new(File::open(file).map_err(at(file))?).take(DUMP_BYTES_MAX);
    unpack_all(Archive::new(reader), staging.path()).map_err(|reason| DevnetError::Dump {
        path: file.to_owned(),
        reason,
    })?;
    let state = StateFile::read(staging.path())?.ok_or_else(|| DevnetError::Dump {
        path: file.to_owned(),
        reason: format!("it has no {}", state_file::FILE_NAME),
    })?;
    for part in PARTS {
        let from = staging.path().join(part);
        if from.exists() {
            let to = dir.join(part);
            fs::rename(from, &to).map_err(at(&to))?;
        }
    }
    Ok(state)
}

/// Unpacks files and folders where they belong, and nothing else.
fn unpack_all(mut archive: Archive<impl Read>, staging: &Path) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("it is no archive of a network: {error}");
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let shown = path.display();
        if !is_part(&path) {
            return Err(format!("it holds {shown}, which no dump has"));
        }
        let place = staging.join(&path);
        match entry.header().entry_type() {
            EntryType::Directory => fs::create_dir_all(&place).map_err(unreadable)?,
            EntryType::Regular | EntryType::GNUSparse => {
                if let Some(parent) = place.parent() {
                    fs::create_dir_all(parent).map_err(unreadable)?;
                }
                write_file(&mut entry, &place).map_err(unreadable)?;
            }
            _ => return Err(format!("{shown} is neither file nor folder")),
        }
    }
    Ok(())
}

/// Whether a path leads to something that a dump holds, and nowhere else.
fn is_part(path: &Path) -> bool {
    let mut components = path.components();
    let first = match components.next() {
        Some(Component::Normal(first)) => first,
        _ => return false,
    };
    PARTS.iter().any(|part| first == *part)
        && components.all(|component| matches!(component, Component::Normal(_)))
}

/// Every file is its owner's alone, since keys are among them.
fn write_file(entry: &mut impl Read, place: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(place)?;
    io::copy(entry, &mut file)?;
    file.flush()
}

fn at(path: &Path) -> impl Fn(io::Error) -> DevnetError {
    let path = path.to_owned();
    move |source| DevnetError::File {
        path: path.clone(),
        source,
    }
}
