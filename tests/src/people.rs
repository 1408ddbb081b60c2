//! People with keys and credentials, made and checked by the command line program.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::World;
use crate::selvedge::Finished;

/// Somebody who issues or holds credentials.
#[derive(Debug, Clone)]
pub struct Person {
    key: PathBuf,
    did: String,
}

impl Person {
    /// Makes a key; `name` is unique in the world.
    pub async fn new(world: &World, name: &str) -> Self {
        let key = world.folder().join(format!("{name}.key"));
        let made = world
            .selvedge()
            .run(&["credential", "key", "--out", text(&key)])
            .await;
        Self {
            key,
            did: string(&made["did"]),
        }
    }

    /// The identifier that others know this person by.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    /// Issues a KYC credential about `holder`, and gives its file.
    ///
    /// # Panics
    /// Where it cannot be issued or written.
    pub async fn certify(&self, world: &World, holder: &Self) -> PathBuf {
        let (key, holder_did) = (text(&self.key), holder.did());
        let arguments = [
            "credential",
            "issue",
            "--key",
            key,
            "--holder",
            holder_did,
            "--claim",
            "kycClass=1",
        ];
        let issued = world.selvedge().run(&arguments).await;
        let name = format!("{}-by-{}", stem(&holder.key), stem(&self.key));
        let file = world.folder().join(name).with_extension("credential");
        std::fs::write(&file, string(&issued["credential"]))
            .expect("the credential can be written");
        file
    }

    /// Asks for an account with a credential, where `trusted` is the only issuer that is believed.
    pub async fn open_account(
        &self,
        world: &World,
        account: &str,
        credential: &Path,
        trusted: &Self,
    ) -> Finished {
        let credential = text(credential);
        let arguments = ["account", "open", account, "--credential", credential];
        let conditions = ["--trust", trusted.did(), "--holder", self.did()];
        world
            .selvedge()
            .call(&[&arguments[..], &conditions[..]].concat())
            .await
    }
}

#[track_caller]
fn text(path: &Path) -> &str {
    path.to_str().expect("paths of a world are text")
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[track_caller]
fn string(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
