//! Packages: what is read, what is refused, and that no bytes do harm.

use std::io::Write as _;

use fabric_devnet::package::{
    ChaincodePackage, ClientKey, Connection, ENTRIES_MAX, PACKAGE_BYTES_MAX, PackageError, Tls,
};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tar::{EntryType, Header};

use crate::entries::ENTRIES;

const METADATA: &[u8] = br#"{"type":"ccaas","label":"basic_1.0"}"#;
const CONNECTION: &[u8] =
    br#"{"address":"basic.example.com:9999","dial_timeout":"10s","tls_required":false}"#;

/// How a peer begins to say what is wrong with the code.
const UNTAR: &str = "could not create build context: could not untar source package: ";

/// An entry of an archive, with a path that `tar` would not write.
struct Raw<'e>(&'e str, EntryType, &'e [u8]);

fn archive(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for Raw(path, kind, bytes) in entries {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(u64::try_from(bytes.len()).unwrap());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn file<'e>(path: &'e str, bytes: &'e [u8]) -> Raw<'e> {
    Raw(path, EntryType::Regular, bytes)
}

/// A package with this metadata, and these entries in its code.
fn package(metadata: &[u8], code: &[Raw<'_>]) -> Vec<u8> {
    let code = archive(code);
    archive(&[file("metadata.json", metadata), file("code.tar.gz", &code)])
}

#[track_caller]
fn refusal(bytes: &[u8]) -> String {
    ChaincodePackage::read(bytes).unwrap_err().to_string()
}

#[test]
fn a_package_that_is_written_is_read_again_with_its_id() {
    let plain = Connection::plain("127.0.0.1:9999");
    let mutual = Connection {
        tls: Some(Tls {
            root_certificate: "root".to_owned(),
            client: Some(ClientKey {
                certificate: "certificate".to_owned(),
                key: "key".to_owned(),
            }),
        }),
        ..plain.clone()
    };
    for connection in [plain, mutual] {
        let (package, bytes) = ChaincodePackage::write("basic_1.0", &connection).unwrap();
        assert_eq!(package.connection, connection);
        assert_eq!(ChaincodePackage::read(&bytes).unwrap(), package);
        let (again, same) = ChaincodePackage::write("basic_1.0", &connection).unwrap();
        assert_eq!((again, same), (package.clone(), bytes));
        let hash = package.id.strip_prefix("basic_1.0:").unwrap();
        assert_eq!(hash.len(), 64);
    }
}

#[test]
fn what_other_tools_write_is_read() {
    let dotted = package(
        METADATA,
        &[
            Raw("./", EntryType::Directory, b""),
            file("./connection.json", CONNECTION),
            file("META-INF/statedb/couchdb/indexes/a.json", b"{}"),
        ],
    );
    let read = ChaincodePackage::read(&dotted).unwrap();
    assert_eq!(read.connection.address, "basic.example.com:9999");
    assert_eq!(read.connection.dial_timeout.as_secs(), 10);
    let upper = br#"{"path":"","type":"CCAAS","label":"a+b.c-d_1"}"#;
    let read = ChaincodePackage::read(&package(upper, &[file("connection.json", CONNECTION)]));
    assert!(read.unwrap().id.starts_with("a+b.c-d_1:"));
}

#[test]
fn packages_that_make_no_sense_are_refused() {
    let code = archive(&[file("connection.json", CONNECTION)]);
    let connection = |bytes: &[u8]| package(METADATA, &[file("connection.json", bytes)]);
    let labelled = |label: &str| {
        let metadata = format!(r#"{{"type":"ccaas","label":"{label}"}}"#);
        package(metadata.as_bytes(), &[file("connection.json", CONNECTION)])
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "error reading as gzip stream: "),
        (
            b"not gzip at all".to_vec(),
            "error reading as gzip stream: gzip: invalid header",
        ),
        (
            archive(&[]),
            "did not find a code package inside the package",
        ),
        (
            archive(&[file("code.tar.gz", &code)]),
            "did not find any package metadata (missing metadata.json)",
        ),
        (
            archive(&[
                file("metadata.json", METADATA),
                file("code.tar.gz", b"code"),
            ]),
            "error retrieving DB artifacts from code package: ",
        ),
        (
            package(b"{", &[]),
            "could not unmarshal metadata.json as json: ",
        ),
        (labelled(""), "invalid label ''. Label must be non-empty"),
        (labelled("../x"), "invalid label '../x'. "),
        (labelled(&"x".repeat(200)), "the label has 200 characters"),
        (
            package(br#"{"type":"golang","label":"x"}"#, &[]),
            "a package of type 'golang' is not built here; run the chaincode as a service",
        ),
        (package(METADATA, &[]), "connection.json not found"),
        (connection(b"nothing"), "malformed connection.json: "),
        (connection(b"{}"), "`` is no address"),
        (
            connection(br#"{"address":"{{.peer}}:1"}"#),
            "`{{.peer}}:1` is no address",
        ),
        (
            connection(br#"{"address":"a/b:1"}"#),
            "`a/b:1` is no address",
        ),
        (connection(br#"{"address":"a:0"}"#), "`a:0` is no address"),
        (
            connection(br#"{"address":"a:1","dial_timeout":"soon"}"#),
            "`soon` is no dial timeout",
        ),
        (
            connection(br#"{"address":"a:1","dial_timeout":"1000h"}"#),
            "`1000h` is no dial timeout",
        ),
        (
            connection(br#"{"address":"a:1","tls_required":true}"#),
            "chaincode tls root cert not provided",
        ),
        (
            connection(br#"{"address":"a:1","tls_required":true,"client_auth_required":true}"#),
            "chaincode tls key not provided",
        ),
    ];
    for (bytes, expected) in cases {
        let refusal = refusal(&bytes);
        assert!(refusal.starts_with(expected), "{refusal} for {expected}");
    }
}

#[test]
fn paths_and_links_that_could_do_harm_are_refused() {
    let connection = || file("connection.json", CONNECTION);
    for path in ["/etc/passwd", "../x", "a/../../x", "..", "./../x"] {
        let refusal = refusal(&package(METADATA, &[connection(), file(path, b"x")]));
        assert_eq!(
            refusal,
            format!("{UNTAR}tar contains the absolute or escaping path '{path}'")
        );
    }
    let code = archive(&[connection()]);
    for (kind, byte) in [
        (EntryType::Symlink, 50),
        (EntryType::Link, 49),
        (EntryType::Char, 51),
        (EntryType::Fifo, 54),
    ] {
        let inside = package(METADATA, &[connection(), Raw("link", kind, b"")]);
        assert_eq!(
            refusal(&inside),
            format!("{UNTAR}invalid file type '{byte}' contained in archive for file 'link'")
        );
        let outside = archive(&[
            file("metadata.json", METADATA),
            file("code.tar.gz", &code),
            Raw("link", kind, b""),
        ]);
        assert_eq!(
            refusal(&outside),
            format!("tar entry link is not a regular file, type {byte}")
        );
    }
    let twice = package(
        METADATA,
        &[connection(), file("./connection.json", CONNECTION)],
    );
    assert_eq!(
        refusal(&twice),
        "connection.json stands in the package more than once"
    );
}

#[test]
fn oversized_packages_and_bombs_are_refused() {
    let large = vec![0; PACKAGE_BYTES_MAX + 1];
    assert!(matches!(
        ChaincodePackage::read(&large),
        Err(PackageError::TooLarge(_))
    ));

    // 200 MB of zeros are 200 kB on the wire.
    let mut header = Header::new_gnu();
    header.set_path("zeros").unwrap();
    header.set_size(200 << 20);
    header.set_cksum();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(header.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..200 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(
        ChaincodePackage::read(&bomb),
        Err(PackageError::Bomb)
    ));
    let nested = archive(&[file("metadata.json", METADATA), file("code.tar.gz", &bomb)]);
    assert!(matches!(
        ChaincodePackage::read(&nested),
        Err(PackageError::Bomb)
    ));

    let names: Vec<_> = (0..=ENTRIES_MAX).map(|number| number.to_string()).collect();
    let entries: Vec<_> = names.iter().map(|name| file(name, b"")).collect();
    let many = package(METADATA, &entries);
    assert!(matches!(
        ChaincodePackage::read(&many),
        Err(PackageError::TooManyEntries)
    ));
    let long = vec![b' '; 2 << 20];
    let long = package(METADATA, &[file("connection.json", &long)]);
    assert!(matches!(
        ChaincodePackage::read(&long),
        Err(PackageError::ConnectionTooLarge)
    ));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        for entry in &ENTRIES {
            assert!(!entry.name.is_empty());
            (entry.run)(&bytes);
        }
    }

    #[test]
    fn no_damage_makes_the_reader_panic(
        place in 0_usize..4096,
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        for entry in &ENTRIES {
            for mut bytes in (entry.seeds)() {
                let place = place % bytes.len();
                if cut {
                    bytes.truncate(place);
                } else {
                    bytes[place] = byte;
                }
                (entry.run)(&bytes);
            }
        }
    }

    /// Damage below the compression, which mostly hides it from the reader.
    #[test]
    fn no_tar_file_makes_the_reader_panic(
        headers in prop::collection::vec((0_usize..512, any::<u8>()), 0..8),
        tail in prop::collection::vec(any::<u8>(), 0..1024),
    ) {
        let mut header = Header::new_gnu();
        header.set_path("code.tar.gz").unwrap();
        header.set_size(600);
        let mut block = *header.as_bytes();
        for (place, byte) in headers {
            block[place] = byte;
        }
        let mut header = Header::from_byte_slice(&block).clone();
        header.set_cksum();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(header.as_bytes()).unwrap();
        gzip.write_all(&tail).unwrap();
        let _ = ChaincodePackage::read(&gzip.finish().unwrap());
    }

    #[test]
    fn every_label_and_address_that_is_accepted_comes_back(
        label in "[A-Za-z0-9][A-Za-z0-9_.+-]{0,40}",
        host in "[a-z][a-z0-9.-]{0,20}",
        port in 1_u16..,
    ) {
        let connection = Connection::plain(format!("{host}:{port}"));
        let (package, bytes) = ChaincodePackage::write(&label, &connection).unwrap();
        let read = ChaincodePackage::read(&bytes).unwrap();
        prop_assert_eq!(&read, &package);
        prop_assert_eq!(&read.metadata.label, &label);
    }
}
