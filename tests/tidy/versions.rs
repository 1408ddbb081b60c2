//! One major version of each library that carries the wire: two of them do not talk to each other.

use std::collections::BTreeSet;

use crate::workspace::METADATA;

#[test]
fn wire_libraries_have_one_major_version() {
    for name in ["tonic", "prost", "hyper", "rustls"] {
        let majors: BTreeSet<String> = METADATA
            .packages
            .iter()
            .filter(|package| package.name.as_str() == name)
            .map(|package| match package.version.major {
                0 => format!("0.{}", package.version.minor),
                major => major.to_string(),
            })
            .collect();
        assert_eq!(majors.len(), 1, "{name} is in the graph as {majors:?}");
    }
}

#[test]
fn members_take_versions_from_the_root_manifest() {
    for package in crate::workspace::ours() {
        let manifest =
            std::fs::read_to_string(&package.manifest_path).expect("a manifest can be read");
        for (number, line) in manifest.lines().enumerate() {
            let declares =
                line.contains("version = \"") || line.trim_end().ends_with(".version = \"\"");
            assert!(
                !declares,
                "{}:{}: {line}",
                package.manifest_path,
                number + 1
            );
        }
    }
}
