//! What a network is started with: folder, organisations, ports, block cutting.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

use crate::{DevnetError, Network, organizations::ORGANIZATIONS_MAX};

/// Where the endpoints listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// The ports of Fabric's test-network: orderer 7050, peers 7051, 9051, 11051 and so on in
    /// steps of 2,000, admin 9443.
    #[default]
    TestNetwork,
    /// Ports that the system chooses. A network that restarts in the same folder keeps them while
    /// they are free.
    Free,
    /// The orderer on this port, peers on the following ones, the admin endpoint after them.
    Base(u16),
    /// Each port given; 0 lets the system choose.
    Custom {
        /// Port of the orderer.
        orderer: u16,
        /// Port of each organisation's peer.
        peers: Vec<u16>,
        /// Port of the admin endpoint.
        admin: u16,
    },
}

/// When the orderer cuts a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// As soon as there is a transaction and no block is being committed.
    #[default]
    Instant,
    /// As a real channel does: by number, size and age.
    Fabric {
        /// Transactions that fill a block.
        max_message_count: u32,
        /// Bytes that fill a block.
        preferred_max_bytes: u32,
        /// How long the first transaction of a block waits for others.
        batch_timeout: Duration,
    },
}

impl Cut {
    /// Fabric's usual figures: 500 transactions, 2 MB, 2 seconds.
    pub fn fabric() -> Self {
        Self::Fabric {
            max_message_count: 500,
            preferred_max_bytes: 2 * 1024 * 1024,
            batch_timeout: Duration::from_secs(2),
        }
    }
}

/// Collects what a [`Network`] needs; every part has a default.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) ephemeral: bool,
    pub(crate) organizations: usize,
    pub(crate) listen: IpAddr,
    pub(crate) ports: Ports,
    pub(crate) cut: Cut,
    pub(crate) channel: String,
    pub(crate) execute_timeout: Duration,
    pub(crate) rich_queries: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            dir: None,
            ephemeral: false,
            organizations: 2,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: Ports::default(),
            cut: Cut::default(),
            channel: "mychannel".to_owned(),
            execute_timeout: crate::limits::EXECUTE_TIMEOUT,
            rich_queries: false,
        }
    }
}

impl Builder {
    /// Keeps organisations, blocks and state in this folder, and goes on with what it holds.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Keeps blocks and state in memory. Without [`Builder::dir`] the organisations are written to
    /// a temporary folder that goes away with the network.
    pub fn ephemeral(mut self) -> Self {
        self.ephemeral = true;
        self
    }

    /// Number of organisations with a peer each: `Org1MSP`, `Org2MSP` and so on. Default 2.
    pub fn organizations(mut self, organizations: usize) -> Self {
        self.organizations = organizations;
        self
    }

    /// Address that the TLS endpoints bind; loopback by default. The admin endpoint is always on
    /// loopback.
    pub fn listen(mut self, address: IpAddr) -> Self {
        self.listen = address;
        self
    }

    /// Ports of the endpoints.
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = ports;
        self
    }

    /// When blocks are cut.
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Name of the channel; `mychannel` by default.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = channel.into();
        self
    }

    /// How long a chaincode may take over one transaction; 30 s by default.
    pub fn execute_timeout(mut self, timeout: Duration) -> Self {
        self.execute_timeout = timeout;
        self
    }

    /// Answers rich queries as peers do whose state CouchDB keeps, and refuses keys and values that
    /// CouchDB refuses. Without it they are refused, as by peers whose state LevelDB keeps.
    pub fn rich_queries(mut self) -> Self {
        self.rich_queries = true;
        self
    }

    /// Starts the network; it serves when this returns.
    ///
    /// # Errors
    /// When a value is out of range, a port is taken, or the folder cannot be read or holds
    /// another network.
    pub async fn start(self) -> Result<Network, DevnetError> {
        self.check()?;
        Network::start(self).await
    }

    fn check(&self) -> Result<(), DevnetError> {
        if self.organizations == 0 || self.organizations > ORGANIZATIONS_MAX {
            return Err(DevnetError::Configuration(format!(
                "{} organisations asked for; give 1 to {ORGANIZATIONS_MAX}",
                self.organizations
            )));
        }
        if !is_channel_name(&self.channel) {
            return Err(DevnetError::Configuration(format!(
                "`{}` is no channel name; use a lower-case letter, then lower-case letters, digits, dots and dashes, at most 249 in all",
                self.channel
            )));
        }
        if self.dir.is_none() && !self.ephemeral {
            return Err(DevnetError::Configuration(
                "no folder to keep the network in; give one, or ask for an ephemeral network"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

/// Fabric's rule for channel names: `[a-z][a-z0-9.-]*`, at most 249 characters.
fn is_channel_name(name: &str) -> bool {
    let mut characters = name.chars();
    name.len() <= 249
        && characters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))
}
