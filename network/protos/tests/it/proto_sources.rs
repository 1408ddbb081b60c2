//! Finds and compiles the schema's sources. It never writes.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

/// The crate's directory.
pub(crate) fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The whole schema, compiled, with the imported well-known types.
pub(crate) fn compile() -> prost_types::FileDescriptorSet {
    let root = crate_directory().join("proto");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let set = protox::compile(&files, [&root]).expect("the schema compiles");
    // protox may carry another release of prost-types: the bytes are the contract.
    prost_types::FileDescriptorSet::decode(set.encode_to_vec().as_slice())
        .expect("a descriptor set decodes")
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
}
