//! The two archives of a package, read as a stream: nothing but the two small files is kept.

use std::io::{self, Read};

use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use tar::{Archive, Entry, EntryType};

use super::{
    CODE_FILE, CONNECTION_BYTES_MAX, CONNECTION_FILE, ENTRIES_MAX, METADATA_BYTES_MAX,
    METADATA_FILE, PackageError, UNPACKED_BYTES_MAX,
};

/// The files of a package that matter.
pub(super) struct Contents {
    pub(super) metadata: Vec<u8>,
    /// None where the code package has none.
    pub(super) connection: Option<Vec<u8>>,
}

/// Stands in an [`io::Error`] for a bound that was met, so that it is told from damage.
#[derive(Debug, thiserror::Error)]
#[error("too many bytes")]
struct Exceeded;

/// Fails after so many bytes, where [`Read::take`] would pretend that the stream ended.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = u64::try_from(count)
            .ok()
            .and_then(|count| self.left.checked_sub(count))
            .ok_or_else(|| io::Error::other(Exceeded))?;
        Ok(count)
    }
}

/// Counts entries of both archives.
#[derive(Default)]
struct Entries(usize);

impl Entries {
    fn next(&mut self) -> Result<(), PackageError> {
        self.0 += 1;
        match self.0 {
            0..=ENTRIES_MAX => Ok(()),
            _ => Err(PackageError::TooManyEntries),
        }
    }
}

/// Reads a package's files.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, PackageError> {
    if bytes.is_empty() {
        return Err(PackageError::Gzip("EOF".to_owned()));
    }
    let mut entries = Entries::default();
    let mut metadata = None;
    let mut code = None;
    for_each(bytes, PackageError::Gzip, |entry, name, kind| {
        entries.next()?;
        if kind != EntryType::Regular {
            let kind = kind.as_byte();
            return Err(PackageError::NotRegular { name, kind });
        }
        if name == METADATA_FILE {
            let file = contents(entry, METADATA_BYTES_MAX, PackageError::MetadataTooLarge)?;
            once(&mut metadata, file, METADATA_FILE)
        } else if name == CODE_FILE {
            let connection = read_code(entry, &mut entries)?;
            once(&mut code, connection, CODE_FILE)
        } else {
            Ok(())
        }
    })?;
    let connection = code.ok_or(PackageError::NoCode)?;
    Ok(Contents {
        metadata: metadata.ok_or(PackageError::NoMetadata)?,
        connection,
    })
}

/// Reads the code package: the connection, and that nothing in it would do harm if unpacked.
fn read_code(code: impl Read, entries: &mut Entries) -> Result<Option<Vec<u8>>, PackageError> {
    let mut connection = None;
    for_each(code, PackageError::Code, |entry, name, kind| {
        entries.next()?;
        if !is_safe(&name) {
            return Err(PackageError::Path(name));
        }
        match kind {
            EntryType::Directory => Ok(()),
            EntryType::Regular if is_connection(&name) => {
                let bound = CONNECTION_BYTES_MAX;
                let file = contents(entry, bound, PackageError::ConnectionTooLarge)?;
                once(&mut connection, file, CONNECTION_FILE)
            }
            EntryType::Regular => Ok(()),
            other => Err(PackageError::FileType {
                name,
                kind: other.as_byte(),
            }),
        }
    })?;
    Ok(connection)
}

/// Visits the entries of a gzipped tar file.
fn for_each<R: Read>(
    compressed: R,
    gzip: fn(String) -> PackageError,
    mut visit: impl FnMut(
        &mut Entry<'_, Bounded<MultiGzDecoder<R>>>,
        String,
        EntryType,
    ) -> Result<(), PackageError>,
) -> Result<(), PackageError> {
    let decoder = MultiGzDecoder::new(compressed);
    if decoder.header().is_none() {
        return Err(gzip(no_header(decoder)));
    }
    let mut archive = Archive::new(Bounded {
        inner: decoder,
        left: UNPACKED_BYTES_MAX,
    });
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry_type(&entry, &name);
        visit(&mut entry, name, kind)?;
    }
    Ok(())
}

/// Why a stream does not begin as gzip does, in Go's words; its first read tells.
fn no_header(mut decoder: impl Read) -> String {
    let reason = match decoder.read(&mut [0]) {
        Ok(_) => "EOF",
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => "unexpected EOF",
        Err(_) => "gzip: invalid header",
    };
    reason.to_owned()
}

/// Where a tar header has its type flag.
const TYPE_FLAG: usize = 156;

/// What Go's reader makes of the type flag: former tars' files, and their folders by name.
fn entry_type<R: Read>(entry: &Entry<'_, R>, name: &str) -> EntryType {
    match entry.header().entry_type() {
        EntryType::Regular
            if name.ends_with('/') && entry.header().as_bytes().get(TYPE_FLAG) == Some(&0) =>
        {
            EntryType::Directory
        }
        other => other,
    }
}

/// Reads one file, of a bounded size.
fn contents(
    entry: &mut impl Read,
    bytes_max: u64,
    too_large: PackageError,
) -> Result<Vec<u8>, PackageError> {
    let mut bytes = Vec::new();
    let read = entry.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(damaged)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= bytes_max => Ok(bytes),
        _ => Err(too_large),
    }
}

fn once<T>(place: &mut Option<T>, found: T, name: &'static str) -> Result<(), PackageError> {
    match place.replace(found) {
        None => Ok(()),
        Some(_) => Err(PackageError::Twice(name)),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn damaged(error: io::Error) -> PackageError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> =
        error.get_ref().map(|inner| inner as _);
    while let Some(inner) = cause {
        if inner.is::<Exceeded>() {
            return PackageError::Bomb;
        }
        cause = match inner.downcast_ref::<io::Error>() {
            Some(nested) => nested.get_ref().map(|inner| inner as _),
            None => inner.source(),
        };
    }
    PackageError::Tar(error.to_string())
}

/// Whether a path stays below where it is unpacked.
fn is_safe(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    !path.starts_with('/') && !path.contains('\0')
}

/// `connection.json` at the top, however its path is written.
fn is_connection(path: &str) -> bool {
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts.eq([CONNECTION_FILE])
}

/// Writes a gzipped tar file. Times and owners are left at zero: they would make every package a
/// different one.
pub(super) fn write(files: &[(&str, &[u8])]) -> Result<Vec<u8>, PackageError> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(gzip);
    for (name, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(contents.len()).unwrap_or(u64::MAX));
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *contents)
            .map_err(damaged)?;
    }
    tar.into_inner()
        .and_then(flate2::write::GzEncoder::finish)
        .map_err(damaged)
}
