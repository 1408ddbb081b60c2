//! A new chaincode project: a contract with its tests that builds, tests and deploys as it is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The version of the crates that a project uses.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files of a project, as templates: `NAME`, `CRATE` and the dependencies are filled in.
const FILES: [(&str, &str); 6] = [
    (
        "Cargo.toml",
        include_str!("../templates/contract/Cargo.toml.template"),
    ),
    (
        "README.md",
        include_str!("../templates/contract/README.md.template"),
    ),
    (
        "src/lib.rs",
        include_str!("../templates/contract/src/lib.rs"),
    ),
    (
        "src/main.rs",
        include_str!("../templates/contract/src/main.rs"),
    ),
    (
        "tests/tasks.rs",
        include_str!("../templates/contract/tests/tasks.rs"),
    ),
    (
        "clippy.toml",
        include_str!("../../../chaincode/clippy.toml"),
    ),
];

/// Makes the project's folder, which must not be there, and gives the files written.
pub(crate) fn create(
    folder: &Path,
    name: &str,
    sources: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    if folder.exists() {
        bail!("{} is there already: choose another name", folder.display());
    }
    let shim = dependency("shim", sources, false)?;
    let api = dependency("contract-api", sources, false)?;
    let api_testing = dependency("contract-api", sources, true)?;
    let mut written = Vec::new();
    for (file, template) in FILES {
        // The longer word first: it begins with the shorter one.
        let text = template
            .replace("= API_TESTING", &format!("= {api_testing}"))
            .replace("= API", &format!("= {api}"))
            .replace("= SHIM", &format!("= {shim}"))
            .replace("NAME", name)
            .replace("CRATE::", &format!("{}::", name.replace('-', "_")));
        let path = folder.join(file);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

/// A dependency as it stands in `Cargo.toml`: of the registry, or of a folder with the sources.
fn dependency(crate_folder: &str, sources: Option<&Path>, testing: bool) -> anyhow::Result<String> {
    let features = if testing {
        ", features = [\"testing\"]"
    } else {
        ""
    };
    let Some(sources) = sources else {
        return Ok(format!("{{ version = \"{VERSION}\"{features} }}"));
    };
    let path = sources.join("chaincode").join(crate_folder);
    let path = path
        .canonicalize()
        .with_context(|| format!("there are no sources in {}", path.display()))?;
    let path = path.to_str().context("the folder's name is not UTF-8")?;
    Ok(format!("{{ path = {path:?}{features} }}"))
}
