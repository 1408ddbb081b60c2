//! Generation is a test: `src/generated` is committed, and this says whether it is what the schema
//! gives. `UPDATE_GENERATED=1` overwrites it instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::proto_sources;

#[test]
fn generated_code_is_up_to_date() {
    let fresh = tempfile::tempdir().expect("a temporary directory");
    generate(fresh.path());
    let committed = proto_sources::crate_directory().join("src/generated");

    if std::env::var_os("UPDATE_GENERATED").is_some() {
        overwrite(&committed, &read(fresh.path()));
    }

    let (expected, found) = (read(fresh.path()), read(&committed));
    let stale: BTreeSet<_> = expected
        .keys()
        .chain(found.keys())
        .filter(|name| expected.get(*name) != found.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; run `UPDATE_GENERATED=1 cargo test -p fabric-protos generated_code`"
    );
}

fn generate(directory: &Path) {
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    // What Go writes into an Any, such as the details of a gRPC status.
    config.type_name_domain(["."], "type.googleapis.com");
    tonic_prost_build::configure()
        .out_dir(directory)
        .bytes(".")
        // Fabric hashes and signs what it encodes: map entries have to come in a fixed order.
        .btree_map(".")
        // A client's constructor `connect` would collide with the call `Connect` of Chaincode.
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(proto_sources::compile(), config)
        .expect("the schema generates");
}

/// File contents by name. Packages without content, such as the well-known types, are left out.
fn read(directory: &Path) -> BTreeMap<String, String> {
    fs::read_dir(directory)
        .expect("the directory is readable")
        .map(|entry| entry.expect("the entry is readable").path())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            (
                name,
                fs::read_to_string(&path).expect("generated code is text"),
            )
        })
        .filter(|(_, content)| content.lines().any(|line| !line.starts_with("//")))
        .collect()
}

fn overwrite(directory: &Path, files: &BTreeMap<String, String>) {
    fs::remove_dir_all(directory).expect("old code is removed");
    fs::create_dir(directory).expect("the directory is made");
    for (name, content) in files {
        fs::write(directory.join(name), content).expect("new code is written");
    }
}
