//! Where a network is: its folder, its state file, and how to connect to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A deployment commits a block; a second is normal, half a minute is a network in trouble.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The admin endpoint answers with a short document; more is not from a network.
const ADMIN_REPLY_BYTES_MAX: u64 = 1024 * 1024;

/// The folder of a network, as every command that needs one takes it.
#[derive(Args, Debug, Clone)]
pub(crate) struct Place {
    /// Folder of the network.
    #[arg(
        long,
        global = true,
        default_value = ".selvedge",
        env = "SELVEDGE_DIR",
        value_name = "DIR"
    )]
    dir: PathBuf,
}

/// What a network's state file says, of either kind.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) kind: String,
    /// How an embedded network was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<Settings>,
    pub(crate) channel: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) channels: Vec<Channel>,
    pub(crate) orderer: SocketAddr,
    pub(crate) peers: Vec<Peer>,
    pub(crate) organizations: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) admin: Option<SocketAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
}

/// What is shown of an embedded network's settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Settings {
    /// The version of Fabric that it behaves as.
    pub(crate) compat: Option<String>,
}

/// A channel of the network.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Channel {
    pub(crate) name: String,
    pub(crate) organizations: Vec<String>,
}

/// A peer of the network.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Peer {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    pub(crate) msp_id: String,
    pub(crate) address: SocketAddr,
    pub(crate) tls_ca: PathBuf,
}

impl Peer {
    /// Its host name and a space, where the state file has it.
    pub(crate) fn label(&self) -> String {
        match self.name.as_str() {
            "" => String::new(),
            name => format!("{name} "),
        }
    }
}

/// Which network runs in a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    Fabric,
    Unknown(String),
}

impl State {
    /// The first peer of an organisation, numbered from 1.
    pub(crate) fn first_peer(&self, organization: usize) -> anyhow::Result<&Peer> {
        let msp_id = fabric_msp::layout::organization_msp_id(organization);
        let mut peers = self.peers.iter();
        peers
            .find(|peer| peer.msp_id == msp_id)
            .with_context(|| format!("the network has no organisation {organization}, {msp_id}"))
    }

    /// The channel of this name, or the first where none is named.
    pub(crate) fn channel_or_first<'s>(&'s self, name: Option<&'s str>) -> anyhow::Result<&'s str> {
        let Some(name) = name.filter(|name| *name != self.channel) else {
            return Ok(&self.channel);
        };
        if self.channels.iter().any(|channel| channel.name == name) {
            return Ok(name);
        }
        let mut names: Vec<_> = self.channels.iter().map(|channel| &*channel.name).collect();
        if names.is_empty() {
            names.push(&self.channel);
        }
        bail!(
            "the network has no channel {name}; it has {}",
            names.join(", ")
        )
    }

    /// The first organisation on a channel, numbered from 1.
    pub(crate) fn first_member(&self, channel: &str) -> anyhow::Result<usize> {
        let is_member = self.members(channel);
        // No network has more organisations than peers.
        (1..=self.peers.len())
            .find(|number| is_member(&fabric_msp::layout::organization_msp_id(*number)))
            .with_context(|| format!("channel {channel} has no member with a peer"))
    }

    /// Tells whether an organisation is a member of a channel.
    pub(crate) fn members(&self, channel: &str) -> impl Fn(&String) -> bool {
        let entry = self.channels.iter().find(|entry| entry.name == channel);
        move |msp_id| entry.is_none_or(|entry| entry.organizations.contains(msp_id))
    }
}

impl Place {
    pub(crate) fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the state file.
    pub(crate) fn state(&self) -> anyhow::Result<State> {
        let path = self.dir.join("network.json");
        let text = std::fs::read(&path).with_context(|| {
            format!(
                "no network in {}; start one with `selvedge network up --dir {} --detach`",
                self.dir.display(),
                self.dir.display()
            )
        })?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is not a network's state file", path.display()))
    }

    pub(crate) fn kind(&self) -> anyhow::Result<Kind> {
        Ok(match self.state()?.kind.as_str() {
            "embedded" => Kind::Embedded,
            "fabric" => Kind::Fabric,
            other => Kind::Unknown(other.to_owned()),
        })
    }

    /// One call to the admin endpoint of an embedded network.
    pub(crate) async fn admin(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.admin_within(ADMIN_TIMEOUT, method, path, body).await
    }

    /// The same with a bound of its own.
    pub(crate) async fn admin_within(
        &self,
        timeout: Duration,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let state = self.state()?;
        let Some(admin) = state.admin else {
            bail!("this network has no admin endpoint: it is not the embedded one")
        };
        let call = exchange(admin, method, path, body);
        let reply = tokio::time::timeout(timeout, call)
            .await
            .with_context(|| format!("the network did not answer within {timeout:?}"))?
            .with_context(|| format!("the network in {} does not answer", self.dir.display()))?;
        reply.map_err(anyhow::Error::msg)
    }
}

/// A minimal HTTP/1.1 exchange with an endpoint of ours on loopback: its answer, or why it refuses.
async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Result<Value, String>> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut reply = String::new();
    stream
        .take(ADMIN_REPLY_BYTES_MAX)
        .read_to_string(&mut reply)
        .await?;
    let (head, text) = reply
        .split_once("\r\n\r\n")
        .context("the reply is no HTTP")?;
    let value = match text.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    };
    Ok(match head.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(value),
        _ => Err(value["error"].as_str().unwrap_or(text.trim()).to_owned()),
    })
}
