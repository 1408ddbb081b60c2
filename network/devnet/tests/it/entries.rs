//! Where bytes that nobody vouches for enter this crate other than in messages, each entry with
//! examples of what it is meant for. The property tests and the fuzz targets of `fuzz/` run the
//! same ones.

use std::io::{Read as _, Write as _};

use fabric_devnet::package::{ChaincodePackage, Connection};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// An entry.
pub(crate) struct Entry {
    /// The name of its fuzz target.
    pub(crate) name: &'static str,
    /// Takes any bytes.
    pub(crate) run: fn(&[u8]),
    /// Bytes of the kind that it is meant for.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All entries of this crate.
pub(crate) const ENTRIES: [Entry; 2] = [
    Entry {
        name: "package",
        run: package,
        seeds: package_seeds,
    },
    Entry {
        name: "discovery_query",
        run: fabric_devnet::fuzz::discovery,
        seeds: fabric_devnet::fuzz::discovery_seeds,
    },
];

/// A chaincode package, and the same bytes as the archive below its compression.
fn package(data: &[u8]) {
    let _ = ChaincodePackage::read(data);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(data).unwrap();
    if let Ok(package) = ChaincodePackage::read(&gzip.finish().unwrap()) {
        ChaincodePackage::write(&package.metadata.label, &package.connection).unwrap();
    }
}

fn package_seeds() -> Vec<Vec<u8>> {
    let connection = Connection::plain("127.0.0.1:9999");
    let (_, bytes) = ChaincodePackage::write("basic_1.0", &connection).unwrap();
    let mut archive = Vec::new();
    GzDecoder::new(&*bytes).read_to_end(&mut archive).unwrap();
    vec![bytes.to_vec(), archive]
}
