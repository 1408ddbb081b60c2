//! The foreign programs: where they are, and how their chaincode servers are started.

use std::path::PathBuf;
use std::process::Command;

/// A language with an official SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Node,
    Go,
    Java,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Node, Self::Go, Self::Java];

    /// The name of its chaincode.
    pub(crate) fn chaincode(self) -> &'static str {
        match self {
            Self::Node => "kv-node",
            Self::Go => "kv-go",
            Self::Java => "kv-java",
        }
    }
}

/// Where the programs of a language are.
///
/// # Panics
/// Where they have not been built.
pub(crate) fn folder(language: Language) -> PathBuf {
    let (name, built) = match language {
        Language::Node => ("node", "node_modules"),
        Language::Go => ("go", "target/chaincode"),
        Language::Java => ("java", "target/lib"),
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("interop")
        .join(name);
    assert!(
        folder.join(built).exists(),
        "{} is missing: run scripts/interop, which builds it",
        folder.join(built).display()
    );
    folder
}

/// The chaincode server of a language.
pub(crate) fn chaincode_server(language: Language, package_id: &str, address: &str) -> Command {
    let folder = folder(language);
    let mut command = match language {
        Language::Node => {
            let mut command = Command::new("node");
            command.arg(folder.join("chaincode.cjs"));
            command
        }
        Language::Go => Command::new(folder.join("target/chaincode")),
        Language::Java => {
            let mut command = Command::new("java");
            let (classes, libraries) = (folder.join("target/classes"), folder.join("target/lib"));
            command
                .arg("-cp")
                .arg(format!("{}:{}/*", classes.display(), libraries.display()))
                .arg("interop.KeyValueChaincode")
                .env("CORE_PEER_TLS_ENABLED", "false")
                .env("CORE_CHAINCODE_ID_NAME", package_id);
            command
        }
    };
    command
        .env("CHAINCODE_ID", package_id)
        .env("CHAINCODE_SERVER_ADDRESS", address);
    command
}
