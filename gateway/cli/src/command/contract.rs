//! `selvedge contract`: a new chaincode project, and typed clients of any chaincode.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::bindgen::{self, Language};
use crate::ledger::Session;
use crate::output::Output;
use crate::place::Place;
use crate::project;

/// What every chaincode of a contract API answers with a description of itself.
const GET_METADATA: &str = "org.hyperledger.fabric:GetMetadata";

#[derive(Subcommand)]
pub(crate) enum Contract {
    /// Make a project with a contract that builds, tests and deploys as it is.
    New {
        /// Name of the project and of its folder, such as my-chaincode.
        #[arg(value_parser = parse_name)]
        name: String,
        /// Folder with this program's sources, to build on instead of the published crates.
        #[arg(long, value_name = "DIR")]
        sources: Option<PathBuf>,
    },
    /// Make a typed client of a chaincode, from what the chaincode says of itself.
    Bindgen(Bindgen),
}

#[derive(Args)]
pub(crate) struct Bindgen {
    /// Name of the chaincode on the channel; none where its metadata are in a file.
    #[arg(required_unless_present = "metadata")]
    name: Option<String>,
    /// File with the answer of org.hyperledger.fabric:GetMetadata.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    metadata: Option<PathBuf>,
    /// Language of the client.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    language: Language,
    /// File to write; standard output where none is given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Channel; the network's first where none is given.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Number of the organisation whose peer is used and whose user asks; the first of the
    /// channel's members where none is given.
    #[arg(long, value_name = "N")]
    org: Option<usize>,
    /// User of the organisation who asks.
    #[arg(long, default_value = "User1")]
    user: String,
}

/// Cargo's rule, and Fabric's for the chaincode that it becomes.
fn parse_name(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    let groups = text.split('-').all(|group| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !group.is_empty() && group.bytes().all(allowed)
    });
    (begins && groups)
        .then(|| text.to_owned())
        .ok_or_else(|| "write lower-case letters, digits and hyphens, such as my-chaincode".into())
}

impl Contract {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::New { name, sources } => {
                let folder = PathBuf::from(&name);
                let files = project::create(&folder, &name, sources.as_deref())?;
                output.result(&json!({ "folder": folder, "files": files }), |_| {
                    format!("{name} is made; cd {name}, then cargo test, and read README.md")
                })?;
            }
            Self::Bindgen(bindgen) => bindgen.run(output).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Bindgen {
    async fn run(self, output: &Output) -> anyhow::Result<()> {
        let metadata = self.read().await?;
        let source = bindgen::generate(&metadata, self.language)?;
        let Some(file) = self.out else {
            return output.result(&json!({ "source": source }), |_| source.clone());
        };
        std::fs::write(&file, source)
            .with_context(|| format!("cannot write {}", file.display()))?;
        output.result(&json!({ "file": file }), |_| file.display().to_string())
    }

    async fn read(&self) -> anyhow::Result<Value> {
        let text = match (&self.metadata, &self.name) {
            (Some(file), _) => {
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?
            }
            (None, Some(name)) => self.ask(name).await?,
            (None, None) => anyhow::bail!("name a chaincode, or a file with its metadata"),
        };
        serde_json::from_slice(&text).context("the metadata are not JSON")
    }

    async fn ask(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let session = Session::of(
            self.place.clone(),
            self.channel.clone(),
            self.org,
            &self.user,
        );
        let network = session.network()?;
        let reply = network.contract(name).evaluate(GET_METADATA).await;
        Ok(reply
            .with_context(|| format!("{name} does not describe itself"))?
            .to_vec())
    }
}
