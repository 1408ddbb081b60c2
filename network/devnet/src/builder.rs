//! What a network is started with: folder, organisations, ports, block cutting.

mod cut;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

use fabric_msp::layout;
use serde::{Deserialize, Serialize};

pub use cut::Cut;

use crate::{
    Compat, DevnetError, Network, StateFile,
    nonce::Seed,
    organizations::{ORGANIZATIONS_MAX, PEERS_MAX},
};

/// Where the endpoints listen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ports {
    /// The ports of Fabric's test-network: orderer 7050, first peers 7051, 9051, 11051 and so on
    /// in steps of 2,000, second peers 1,000 above the first, each further pair 10 above the one
    /// before, admin 9443.
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
        /// Port of each peer: the first peers of all organisations, then the second ones.
        peers: Vec<u16>,
        /// Port of the admin endpoint.
        admin: u16,
    },
}

/// Every channel has a file of its own open.
const CHANNELS_MAX: usize = 100;

/// A channel to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ChannelSpec {
    pub(crate) name: String,
    /// Numbers of the member organisations, from 1; empty means all.
    pub(crate) organizations: Vec<usize>,
    pub(crate) cut: Option<Cut>,
}

impl ChannelSpec {
    /// A channel of all organisations.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            organizations: Vec::new(),
            cut: None,
        }
    }

    /// The same with these organisations as members, numbered from 1.
    pub fn organizations(mut self, numbers: impl IntoIterator<Item = usize>) -> Self {
        self.organizations = numbers.into_iter().collect();
        self
    }

    /// The same with blocks cut in another way than the network's other channels.
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = Some(cut);
        self
    }

    /// Whether an organisation is a member.
    pub(crate) fn has(&self, organization: usize) -> bool {
        self.organizations.is_empty() || self.organizations.contains(&organization)
    }
}

/// Collects what a [`Network`] needs; every part has a default.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) ephemeral: bool,
    pub(crate) organizations: usize,
    /// Peers of an organisation for which no other number is given.
    pub(crate) peers: usize,
    pub(crate) peers_of: BTreeMap<usize, usize>,
    pub(crate) listen: IpAddr,
    pub(crate) ports: Ports,
    pub(crate) cut: Cut,
    pub(crate) channels: Vec<ChannelSpec>,
    pub(crate) execute_timeout: Duration,
    pub(crate) rich_queries: bool,
    pub(crate) compat: Compat,
    pub(crate) gateway_calls: usize,
    pub(crate) seed: Option<Seed>,
    pub(crate) load: Option<PathBuf>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            dir: None,
            ephemeral: false,
            organizations: 2,
            peers: 1,
            peers_of: BTreeMap::new(),
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: Ports::default(),
            cut: Cut::default(),
            channels: vec![ChannelSpec::new("mychannel")],
            execute_timeout: crate::limits::EXECUTE_TIMEOUT,
            rich_queries: false,
            compat: Compat::default(),
            gateway_calls: crate::limits::GATEWAY_CALLS,
            seed: None,
            load: None,
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

    /// Number of organisations with peers: `Org1MSP`, `Org2MSP` and so on. Default 2.
    pub fn organizations(mut self, organizations: usize) -> Self {
        self.organizations = organizations;
        self
    }

    /// Number of peers of each organisation: `peer0.org1.example.com`, `peer1.org1.example.com` and
    /// so on. Default 1. Takes back what [`Builder::peers_of`] said before.
    pub fn peers(mut self, peers: usize) -> Self {
        self.peers_of.clear();
        self.peers = peers;
        self
    }

    /// Number of peers of one organisation, numbered from 1, where it has more or fewer than the
    /// others.
    pub fn peers_of(mut self, organization: usize, peers: usize) -> Self {
        self.peers_of.insert(organization, peers);
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

    /// One channel of all organisations, with this name; `mychannel` by default.
    pub fn channel(self, name: impl Into<String>) -> Self {
        self.channels([ChannelSpec::new(name)])
    }

    /// These channels and no others. The first one is meant where none is named.
    pub fn channels(mut self, channels: impl IntoIterator<Item = ChannelSpec>) -> Self {
        self.channels = channels.into_iter().collect();
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

    /// The version of Fabric whose peers the network's behave as; 3.1 by default. A folder may be
    /// served as either, as a real network's peers may be of another version tomorrow.
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Calls that the gateway of each peer serves at once, streams of events included; more are
    /// refused. Default 500, as `peer.limits.concurrency.gatewayService` of a real peer.
    pub fn gateway_calls(mut self, calls: usize) -> Self {
        self.gateway_calls = calls;
        self
    }

    /// Makes identities and blocks that this text determines: keys, serial numbers, dates and
    /// signatures of the network are the same each time, so that two networks with one seed have
    /// the same block 0, and the same transactions give the same blocks. Whoever knows the text has
    /// the keys. Block 0 then names the test-network's ports where [`Ports::Free`] chooses others.
    pub fn seed(mut self, text: impl Into<String>) -> Self {
        self.seed = Some(Seed::new(text));
        self
    }

    /// Begins with the network that [`Network::dump`] wrote to this file: its organisations, peers
    /// and channels, whatever else the builder says of them. The folder must not hold a network.
    pub fn load(mut self, file: impl Into<PathBuf>) -> Self {
        self.load = Some(file.into());
        self
    }

    /// Organisations, peers and channels of a network as its state file says them: what it
    /// takes to go on with a folder without knowing what is in it.
    pub fn like(mut self, state: &StateFile) -> Self {
        let mut counts = BTreeMap::<&str, usize>::new();
        for peer in &state.peers {
            *counts.entry(&peer.msp_id).or_default() += 1;
        }
        let number_of = |msp_id: &str| {
            let mut numbers = 1..=counts.len();
            numbers.find(|number| layout::organization_msp_id(*number) == msp_id)
        };
        self.organizations = counts.len();
        self.peers_of = counts
            .iter()
            .filter_map(|(msp_id, count)| Some((number_of(msp_id)?, *count)))
            .collect();
        let cuts: BTreeMap<_, _> = std::mem::take(&mut self.channels)
            .into_iter()
            .map(|spec| (spec.name, spec.cut))
            .collect();
        let channels = state.channels.iter().map(|entry| ChannelSpec {
            name: entry.name.clone(),
            organizations: entry
                .organizations
                .iter()
                .filter_map(|msp_id| number_of(msp_id))
                .collect(),
            cut: cuts.get(&entry.name).cloned().flatten(),
        });
        self.channels = channels.collect();
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
        for peers in self.peer_counts() {
            if peers == 0 || peers > PEERS_MAX {
                return Err(DevnetError::Configuration(format!(
                    "{peers} peers asked for in one organisation; give 1 to {PEERS_MAX}"
                )));
            }
        }
        if let Some(number) = self
            .peers_of
            .keys()
            .find(|n| !(1..=self.organizations).contains(n))
        {
            return Err(DevnetError::Configuration(format!(
                "peers asked for in organisation {number}; there are {}",
                self.organizations
            )));
        }
        self.check_channels()?;
        if self.dir.is_none() && !self.ephemeral {
            return Err(DevnetError::Configuration(
                "no folder to keep the network in; give one, or ask for an ephemeral network"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Builder {
    /// Number of peers of each organisation.
    pub(crate) fn peer_counts(&self) -> Vec<usize> {
        let count = |number| *self.peers_of.get(&number).unwrap_or(&self.peers);
        (1..=self.organizations).map(count).collect()
    }

    fn check_channels(&self) -> Result<(), DevnetError> {
        let cuts = self.channels.iter().filter_map(|spec| spec.cut.as_ref());
        if cuts
            .chain([&self.cut])
            .any(|cut| *cut == Cut::Interval(Duration::ZERO))
        {
            return Err(DevnetError::Configuration(
                "blocks cannot be cut every 0 seconds; give a longer interval, or cut instantly"
                    .to_owned(),
            ));
        }
        if self.channels.is_empty() || self.channels.len() > CHANNELS_MAX {
            return Err(DevnetError::Configuration(format!(
                "{} channels asked for; give 1 to {CHANNELS_MAX}",
                self.channels.len()
            )));
        }
        let mut names = BTreeSet::new();
        for ChannelSpec {
            name,
            organizations,
            ..
        } in &self.channels
        {
            if !is_channel_name(name) {
                return Err(DevnetError::Configuration(format!(
                    "`{name}` is no channel name; use a lower-case letter, then lower-case letters, digits, dots and dashes, at most 249 in all"
                )));
            }
            if !names.insert(name) {
                return Err(DevnetError::Configuration(format!(
                    "channel `{name}` is asked for twice; give each channel a name of its own"
                )));
            }
            if let Some(number) = organizations
                .iter()
                .find(|number| !(1..=self.organizations).contains(number))
            {
                return Err(DevnetError::Configuration(format!(
                    "channel `{name}` is to have organisation {number} as a member; there are {}",
                    self.organizations
                )));
            }
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
