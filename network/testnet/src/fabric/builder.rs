//! The external builder that lets a peer use a chaincode that runs as a service, instead of
//! building an image: three shell scripts.
//!
//! Contract: Fabric's `docs/source/cc_launcher.md`. A release with a `connection.json` in
//! `chaincode/server` is dialled; nothing is run.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Name under which peers know the builder.
pub(super) const NAME: &str = "selvedge-ccaas";

/// `$1` source, `$2` metadata: is this package one of ours?
const DETECT: &str = r#"#!/bin/sh
grep -q '"type" *: *"ccaas"' "$2/metadata.json"
"#;

/// `$1` source, `$2` metadata, `$3` output: keep the connection, and indexes if there are any.
const BUILD: &str = r#"#!/bin/sh
set -e
cp "$1/connection.json" "$3/"
if [ -d "$1/META-INF" ]; then cp -R "$1/META-INF" "$3/"; fi
"#;

/// `$1` output of the build, `$2` release.
const RELEASE: &str = r#"#!/bin/sh
set -e
mkdir -p "$2/chaincode/server"
cp "$1/connection.json" "$2/chaincode/server/"
if [ -d "$1/META-INF/statedb" ]; then cp -R "$1/META-INF/statedb" "$2/"; fi
"#;

/// Writes the scripts into `folder` and gives the builder's path.
pub(super) fn write(folder: &Path) -> Result<PathBuf, Error> {
    let builder = folder.join("builders").join(NAME);
    let scripts = builder.join("bin");
    fs::create_dir_all(&scripts).map_err(Error::io("create", &scripts))?;
    for (name, text) in [("detect", DETECT), ("build", BUILD), ("release", RELEASE)] {
        let path = scripts.join(name);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
        let executable = Permissions::from_mode(0o755);
        fs::set_permissions(&path, executable).map_err(Error::io("make executable", &path))?;
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn run(builder: &Path, script: &str, arguments: &[&Path]) -> bool {
        let script = builder.join("bin").join(script);
        Command::new(script)
            .args(arguments)
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn connection_of_a_service_package_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let builder = write(folder.path()).unwrap();
        let [source, output, release] = ["source", "output", "release"].map(|name| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        });
        fs::write(source.join("connection.json"), "{}").unwrap();
        fs::write(
            source.join("metadata.json"),
            r#"{"label":"a","type":"ccaas"}"#,
        )
        .unwrap();

        assert!(run(&builder, "detect", &[&source, &source]));
        assert!(run(&builder, "build", &[&source, &source, &output]));
        assert!(run(&builder, "release", &[&output, &release]));

        assert!(release.join("chaincode/server/connection.json").exists());
    }

    #[test]
    fn other_package_types_are_not_detected() {
        let folder = tempfile::tempdir().unwrap();
        let builder = write(folder.path()).unwrap();
        fs::write(folder.path().join("metadata.json"), r#"{"type":"golang"}"#).unwrap();
        assert!(!run(&builder, "detect", &[folder.path(), folder.path()]));
    }
}
