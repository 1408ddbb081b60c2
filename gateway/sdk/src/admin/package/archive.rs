//! Gzipped tar archives whose bytes depend on nothing but what is in them, laid out as Fabric's
//! own tool lays them out: no times, no user names, fixed owners.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

/// Tar's unit.
const BLOCK_BYTES: usize = 512;
/// Kind and permissions of every file, as Fabric's tool writes them.
const MODE: u64 = 0o100_644;

/// A file of an archive. Its name has at most 100 bytes.
pub(super) struct Entry<'a> {
    pub(super) name: &'static str,
    pub(super) contents: &'a [u8],
    pub(super) owner: Owner,
}

/// Whose file it is, by the numbers that Fabric's tool uses.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// Files of the package itself.
    Package = 0,
    /// Files of the chaincode.
    Source = 500,
}

impl<'a> Entry<'a> {
    pub(super) fn plain(name: &'static str, contents: &'a [u8]) -> Self {
        Self {
            name,
            contents,
            owner: Owner::Package,
        }
    }
}

/// Makes an archive. Nothing is compressed: two versions of a compressor make different bytes, and
/// the package would have another id.
pub(super) fn pack(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::none());
    let written = gzip.write_all(&tar(entries)).and_then(|()| gzip.finish());
    #[expect(clippy::expect_used, reason = "memory takes every write")]
    written.expect("memory takes every write")
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    for entry in entries {
        archive.extend(header(entry));
        archive.extend(entry.contents);
        archive.resize(archive.len().next_multiple_of(BLOCK_BYTES), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK_BYTES, 0);
    archive
}

/// A header in the format USTAR.
fn header(entry: &Entry<'_>) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let owner = entry.owner as u64;
    text(&mut block[..100], entry.name);
    octal(&mut block[100..108], MODE);
    octal(&mut block[108..116], owner);
    octal(&mut block[116..124], owner);
    octal(&mut block[124..136], entry.contents.len() as u64);
    octal(&mut block[136..148], 0);
    block[156] = b'0';
    text(&mut block[257..265], "ustar\x0000");
    octal(&mut block[329..337], 0);
    octal(&mut block[337..345], 0);
    // The checksum counts its own field as blanks.
    block[148..156].fill(b' ');
    let checksum = block.iter().map(|byte| u64::from(*byte)).sum();
    octal(&mut block[148..155], checksum);
    block
}

fn text(field: &mut [u8], text: &str) {
    field[..text.len()].copy_from_slice(text.as_bytes());
}

/// Digits up to the last byte of the field, which stays zero.
fn octal(field: &mut [u8], number: u64) {
    let digits = field.len() - 1;
    field.fill(0);
    text(field, &format!("{number:0digits$o}"));
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    /// What Fabric's own tool made of `src/package.json`: fixtures/packages.
    const RECORDED: &[u8] = include_bytes!("../../../../../fixtures/packages/node.tar.gz");

    fn unzipped(archive: &[u8]) -> Vec<u8> {
        let mut contents = Vec::new();
        GzDecoder::new(archive).read_to_end(&mut contents).unwrap();
        contents
    }

    /// Contents of the entries, in order.
    fn entries(archive: &[u8]) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        let mut rest = archive;
        while rest[0] != 0 {
            let size = std::str::from_utf8(&rest[124..135]).unwrap();
            let size = usize::from_str_radix(size, 8).unwrap();
            contents.push(rest[BLOCK_BYTES..BLOCK_BYTES + size].to_vec());
            rest = &rest[BLOCK_BYTES + size.next_multiple_of(BLOCK_BYTES)..];
        }
        contents
    }

    #[test]
    fn layout_is_that_of_fabrics_tool_byte_for_byte() {
        let package = unzipped(RECORDED);
        let [metadata, code] = entries(&package).try_into().unwrap();
        let ours = [
            Entry::plain("metadata.json", &metadata),
            Entry::plain("code.tar.gz", &code),
        ];
        assert_eq!(tar(&ours), package);

        let code = unzipped(&code);
        let [source] = entries(&code).try_into().unwrap();
        let ours = Entry {
            name: "src/package.json",
            contents: &source,
            owner: Owner::Source,
        };
        assert_eq!(tar(&[ours]), code);
    }

    #[test]
    fn archive_holds_what_was_put_in() {
        let archive = pack(&[Entry::plain("empty", b""), Entry::plain("full", &[7; 512])]);
        assert_eq!(
            entries(&unzipped(&archive)),
            [Vec::new(), [7; 512].to_vec()]
        );
    }
}
