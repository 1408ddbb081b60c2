//! The workspace as cargo and the file system see it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The resolved dependency graph, asked of cargo once.
pub(crate) static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo metadata runs on a workspace whose Cargo.lock is up to date")
});

/// Folders of what nobody writes or builds: output, generated code, and what must not compile.
const NOT_OURS: [&str; 4] = ["target", "generated", "node_modules", "refused"];

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

/// Our own packages, as opposed to those from a registry.
pub(crate) fn ours() -> Vec<&'static Package> {
    METADATA.workspace_packages()
}

/// Every Rust file of ours that people write, relative to the root.
pub(crate) fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in ["chaincode", "gateway", "did", "network", "tests"] {
        collect(&root().join(top), &mut found);
    }
    assert!(found.len() > 50, "the walk over the tree finds our files");
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the workspace can be read") {
        let path = entry.expect("a folder entry can be read").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && !NOT_OURS.contains(&name) {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(
                path.strip_prefix(root())
                    .expect("inside the root")
                    .to_owned(),
            );
        }
    }
}
