//! The network file: what an embedded network consists of, in YAML, and what to do once it serves.
//!
//! ```yaml
//! organizations:
//!   - name: Org1MSP
//!     peers: 2
//!   - name: Org2MSP
//! channels:
//!   - name: mychannel
//!   - name: internal
//!     organizations: [Org1MSP]
//!     cut: 500ms
//! chaincodes:
//!   - name: basic
//!     address: 127.0.0.1:9999
//!     channels: [mychannel, internal]
//!     policy: OR('Org1MSP.peer','Org2MSP.peer')
//! ports: free
//! compat: "2.5"
//! after-start:
//!   - ./seed-data.sh
//! ```
//!
//! Reading checks everything that can be checked without a network, and names the line.

mod checks;
mod steps;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use fabric_devnet::{Builder, ChannelSpec, Compat, Ports, UnknownVersion};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::cutting::Cut;

/// A network file is written by hand; a larger one is something else.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A network file that makes sense.
#[derive(Debug)]
pub(crate) struct NetworkFile {
    path: PathBuf,
    content: Content,
}

/// A list that stands for a default where it is left away, and must not be empty where it is not.
type List<T> = Option<Spanned<Vec<T>>>;

/// Its entries.
fn entries<T>(list: &List<T>) -> &[T] {
    list.as_ref().map_or(&[], |list| &list.value)
}

/// A field that is there; one without a value is not the same as none.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Content {
    #[serde(deserialize_with = "given")]
    organizations: List<Organization>,
    #[serde(deserialize_with = "given")]
    channels: List<Channel>,
    chaincodes: Vec<Chaincode>,
    cut: Option<Spanned<String>>,
    ports: Option<Spanned<String>>,
    #[serde(deserialize_with = "given")]
    seed: Option<Spanned<String>>,
    rich_queries: bool,
    compat: Option<Spanned<String>>,
    execute_timeout: Option<Spanned<String>>,
    after_start: Vec<Spanned<String>>,
}

/// An organisation with peers. The first one is `Org1MSP`, the second one `Org2MSP`, and so on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    name: Spanned<String>,
    peers: Option<Spanned<usize>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Channel {
    name: Spanned<String>,
    /// All organisations where none is named.
    #[serde(default, deserialize_with = "given")]
    organizations: List<Spanned<String>>,
    cut: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Chaincode {
    name: Spanned<String>,
    address: Spanned<String>,
    /// The first channel where none is named.
    #[serde(default, deserialize_with = "given")]
    channels: List<Spanned<String>>,
    policy: Option<String>,
    version: Option<String>,
    /// As in the JSON file that Fabric's `peer` takes.
    #[serde(default)]
    collections: Vec<Value>,
    /// That JSON file itself, as seen from the network file's folder.
    collections_config: Option<Spanned<PathBuf>>,
}

impl NetworkFile {
    /// Reads and checks a file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let cannot = || format!("cannot read {shown}");
        if std::fs::metadata(path).with_context(cannot)?.len() > FILE_BYTES_MAX {
            bail!("{shown} is larger than {FILE_BYTES_MAX} bytes and no network file");
        }
        let text = std::fs::read_to_string(path).with_context(cannot)?;
        let content = serde_saphyr::from_str(&text)
            .map_err(|error| anyhow::anyhow!("{shown} makes no sense: {}", error.render()))?;
        let path = std::path::absolute(path).with_context(cannot)?;
        let file = Self { path, content };
        file.check()?;
        Ok(file)
    }

    /// What the file asks for, on top of what the builder says already.
    pub(crate) fn apply(&self, mut builder: Builder) -> anyhow::Result<Builder> {
        let content = &self.content;
        let organizations = entries(&content.organizations);
        if !organizations.is_empty() {
            builder = builder.organizations(organizations.len());
        }
        for (number, organization) in (1..).zip(organizations) {
            let peers = organization.peers.as_ref().map_or(1, |peers| peers.value);
            builder = builder.peers_of(number, peers);
        }
        let mut channels = Vec::new();
        for channel in entries(&content.channels) {
            let members = entries(&channel.organizations).iter();
            let members = members.filter_map(|name| self.number_of(&name.value));
            let mut spec = ChannelSpec::new(&channel.name.value).organizations(members);
            if let Some(cut) = &channel.cut {
                spec = spec.cut(self.cut(cut)?.into());
            }
            channels.push(spec);
        }
        if !channels.is_empty() {
            builder = builder.channels(channels);
        }
        if let Some(cut) = &content.cut {
            builder = builder.cut(self.cut(cut)?.into());
        }
        if let Some(ports) = &content.ports {
            builder = builder.ports(self.ports(ports)?);
        }
        if let Some(seed) = &content.seed {
            builder = builder.seed(&seed.value);
        }
        if let Some(timeout) = &content.execute_timeout {
            builder = builder.execute_timeout(self.duration(timeout)?);
        }
        if content.rich_queries {
            builder = builder.rich_queries();
        }
        if let Some(compat) = &content.compat {
            builder = builder.compat(self.compat(compat)?);
        }
        Ok(builder)
    }

    fn cut(&self, text: &Spanned<String>) -> anyhow::Result<Cut> {
        let cut = text.value.parse();
        cut.map_err(|error: String| self.wrong(text, &error))
    }

    fn ports(&self, text: &Spanned<String>) -> anyhow::Result<Ports> {
        match text.value.as_str() {
            "test-network" => Ok(Ports::TestNetwork),
            "free" => Ok(Ports::Free),
            number => number.parse().map(Ports::Base).map_err(|_| {
                let help = "`ports` is test-network, free, or the first of consecutive ports";
                self.wrong(text, help)
            }),
        }
    }

    fn compat(&self, text: &Spanned<String>) -> anyhow::Result<Compat> {
        let compat = text.value.parse();
        compat.map_err(|error: UnknownVersion| self.wrong(text, &error.to_string()))
    }

    fn duration(&self, text: &Spanned<String>) -> anyhow::Result<Duration> {
        let duration = crate::cutting::parse_duration(&text.value);
        duration.map_err(|error| self.wrong(text, &error))
    }

    /// How many organisations the file asks for; none where it leaves that open.
    pub(crate) fn organizations(&self) -> Option<usize> {
        let organizations = self.content.organizations.as_ref();
        organizations.map(|organizations| organizations.value.len())
    }

    fn organization_count(&self) -> usize {
        let count = self.organizations();
        count.unwrap_or(checks::DEFAULT_ORGANIZATIONS)
    }

    /// The organisation's number, from 1.
    fn number_of(&self, name: &str) -> Option<usize> {
        (1..=self.organization_count())
            .find(|number| fabric_msp::layout::organization_msp_id(*number) == name)
    }

    /// A mistake, with the line it is in.
    fn wrong<T>(&self, place: &Spanned<T>, what: &str) -> anyhow::Error {
        let (path, line) = (self.path.display(), place.referenced.line());
        anyhow::anyhow!("{path}, line {line}: {what}")
    }
}
