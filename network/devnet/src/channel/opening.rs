//! Opening the ledgers of all channels, and beginning those that are not there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fabric_ledger::channel::ChannelConfig;
use fabric_msp::{Msp, SigningIdentity};
use fabric_protos::common::Block;
use prost::Message as _;

use super::Channel;
use crate::{
    Builder, ChannelSpec, Cut, DevnetError, StateFile,
    chain::Chain,
    clock::{Clock, timestamp},
    committer::Committer,
    genesis::{ConsenterTls, Genesis, OrdererGroup, OrganizationGroup, PeerGroup},
    limits::{BLOCK_BYTES_MAX, STORAGE_CACHE_BYTES, STORAGE_CACHE_BYTES_MIN},
    listeners::nominal_ports,
    nonce::{Nonces, Seed},
    organizations::{FOLDER, Node, Organizations},
    storage::{Storage, StorageError},
};

/// Folder of the channels, each in one of its name, below the network's.
pub(crate) const CHANNELS_FOLDER: &str = "channels";

/// A channel's ledger in its folder.
const LEDGER_FILE: &str = "ledger.redb";

/// File of a channel's ledger, in a network's folder.
pub(crate) fn ledger_path(dir: &Path, channel: &str) -> PathBuf {
    dir.join(CHANNELS_FOLDER).join(channel).join(LEDGER_FILE)
}

/// Opens every channel that the network is to have, in that order.
pub(crate) async fn open_all(
    builder: &Builder,
    dir: &Path,
    organizations: &Organizations,
    state: &StateFile,
    clock: &Arc<Clock>,
) -> Result<Vec<Arc<Channel>>, DevnetError> {
    if !builder.ephemeral {
        refuse_others(&dir.join(CHANNELS_FOLDER), builder)?;
    }
    let cache_bytes =
        (STORAGE_CACHE_BYTES / builder.channels.len().max(1)).max(STORAGE_CACHE_BYTES_MIN);
    let mut channels = Vec::new();
    for spec in &builder.channels {
        let opening = Opening {
            file: ledger_path(dir, &spec.name),
            is_ephemeral: builder.ephemeral,
            is_loaded: builder.load.is_some(),
            cache_bytes,
            genesis: genesis(builder, spec, organizations, state),
            members: organizations.members(spec),
            orderer: organizations.orderer.identity.clone(),
            clock: Arc::clone(clock),
            seed: builder.seed.clone(),
        };
        let opened = tokio::task::spawn_blocking(move || opening.open());
        let opened = opened.await;
        channels.push(opened.map_err(|error| DevnetError::Storage(error.into()))??);
    }
    Ok(channels)
}

/// A network whose ledger is gone must not begin it anew beside what is left.
pub(crate) fn refuse_lost(dir: &Path, before: &StateFile) -> Result<(), DevnetError> {
    if before.settings.ephemeral {
        return Ok(());
    }
    for channel in &before.channels {
        let path = ledger_path(dir, &channel.name);
        let is_there = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        if !is_there {
            return Err(DevnetError::LostLedger {
                channel: channel.name.clone(),
                path,
            });
        }
    }
    Ok(())
}

/// A folder with channels that nobody asked for is another network's.
fn refuse_others(dir: &Path, builder: &Builder) -> Result<(), DevnetError> {
    let failure = |source| DevnetError::File {
        path: dir.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failure(error)),
    };
    for entry in entries {
        let name = entry.map_err(failure)?.file_name();
        if !builder.channels.iter().any(|spec| name == *spec.name) {
            let name = name.display();
            return Err(DevnetError::OtherNetwork(format!(
                "it has a channel `{name}`"
            )));
        }
    }
    Ok(())
}

/// What opening one channel takes.
struct Opening {
    file: PathBuf,
    /// Whether it is kept in memory and not in the file.
    is_ephemeral: bool,
    /// Whether the file is of a dump.
    is_loaded: bool,
    cache_bytes: usize,
    genesis: Genesis,
    /// MSP ids that it must have.
    members: Vec<String>,
    orderer: SigningIdentity,
    clock: Arc<Clock>,
    seed: Option<Seed>,
}

impl Opening {
    fn open(self) -> Result<Arc<Channel>, DevnetError> {
        let store = self.store()?;
        let block = store.view().block(0).map_err(storage)?;
        match block {
            Some(block) => {
                let block = Block::decode(block).map_err(|error| {
                    DevnetError::Corrupt(format!("block 0 does not decode: {error}"))
                })?;
                let config = read(&block)?;
                self.check(&config)?;
                self.go_on(config, Chain::new(store))
            }
            None => self.begin(store),
        }
    }

    /// Opens a channel by its last configuration, where its first one is that of this network.
    fn go_on(self, first: ChannelConfig, chain: Chain) -> Result<Arc<Channel>, DevnetError> {
        let number = chain.view().head().config_block;
        let config = match number {
            0 => first,
            _ => {
                let block = chain.block(number).map_err(storage)?;
                let missing = || DevnetError::Corrupt(format!("block {number} is missing"));
                read(block.ok_or_else(missing)?.block())?
            }
        };
        let channel = Channel::new(config, number, chain, self.clock, self.seed);
        Ok(Arc::new(channel))
    }

    fn store(&self) -> Result<Storage, DevnetError> {
        if self.is_ephemeral {
            let store = Storage::open(None, self.cache_bytes).map_err(storage)?;
            if self.is_loaded {
                let from = Storage::open(Some(&self.file), self.cache_bytes).map_err(storage)?;
                store.fill(&from.view()).map_err(storage)?;
            }
            return Ok(store);
        }
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).map_err(|source| DevnetError::File {
                path: folder.to_owned(),
                source,
            })?;
        }
        Storage::open(Some(&self.file), self.cache_bytes).map_err(storage)
    }

    fn begin(self, store: Storage) -> Result<Arc<Channel>, DevnetError> {
        let nonces = Nonces::new(self.seed.clone(), &self.genesis.channel);
        let nonce = nonces.next(0);
        let nonce = nonce.map_err(|error| DevnetError::Identity(error.into()))?;
        let timestamp = match &self.seed {
            Some(_) => Seed::timestamp(0),
            None => timestamp(self.clock.now()),
        };
        let block = self.genesis.block(&nonce, timestamp);
        let channel = Channel::new(read(&block)?, 0, Chain::new(store), self.clock, self.seed);
        let channel = Arc::new(channel);
        Committer::new(Arc::clone(&channel), self.orderer)
            .commit_genesis(block)
            .map_err(|error| DevnetError::Storage(error.into()))?;
        Ok(channel)
    }

    /// Whether the channel began with the name and the members that were asked for.
    fn check(&self, config: &ChannelConfig) -> Result<(), DevnetError> {
        let name = config.channel();
        if name != self.genesis.channel {
            return Err(DevnetError::OtherNetwork(format!(
                "its channel is `{name}`"
            )));
        }
        let known = config.organizations();
        let known: BTreeSet<_> = known.iter().map(|known| known.msp_id.as_str()).collect();
        if !known.iter().copied().eq(sorted(&self.members)) {
            return Err(DevnetError::OtherNetwork(format!(
                "the members of its channel `{name}` are {}",
                known.into_iter().collect::<Vec<_>>().join(", ")
            )));
        }
        self.check_authorities(config)
    }

    /// Whether the channel began with the authorities in the folder: certificates of others mean
    /// nothing to it.
    fn check_authorities(&self, config: &ChannelConfig) -> Result<(), DevnetError> {
        let members = self.genesis.organizations.iter();
        let groups = members
            .map(|member| &member.organization)
            .chain([&self.genesis.orderer.organization]);
        for group in groups {
            let known = config.msps().msp(&group.msp_id).map(Msp::to_config);
            if known.is_none_or(|known| known != group.msp) {
                let name = config.channel();
                return Err(DevnetError::OtherNetwork(format!(
                    "its channel `{name}` knows another authority of {} than the folder `{FOLDER}` has",
                    group.msp_id
                )));
            }
        }
        Ok(())
    }
}

fn sorted(members: &[String]) -> BTreeSet<&str> {
    members.iter().map(String::as_str).collect()
}

fn read(block: &Block) -> Result<ChannelConfig, DevnetError> {
    ChannelConfig::from_block(block).map_err(|error| DevnetError::Corrupt(error.to_string()))
}

fn storage(error: StorageError) -> DevnetError {
    DevnetError::Storage(error.into())
}

fn genesis(
    builder: &Builder,
    spec: &ChannelSpec,
    organizations: &Organizations,
    state: &StateFile,
) -> Genesis {
    let (max_message_count, preferred_max_bytes, batch_timeout) =
        match *spec.cut.as_ref().unwrap_or(&builder.cut) {
            Cut::Fabric {
                max_message_count,
                preferred_max_bytes,
                batch_timeout,
            } => (max_message_count, preferred_max_bytes, batch_timeout),
            // Fabric has no such mode: the configuration says what a real channel would have.
            Cut::Instant | Cut::Interval(_) | Cut::Manual => {
                (500, 2 * 1024 * 1024, Duration::from_secs(2))
            }
        };
    let group = |node: &Node| OrganizationGroup {
        msp_id: node.msp.id().to_owned(),
        msp: node.msp.to_config(),
    };
    let orderer = &organizations.orderer;
    let (orderer_port, peer_ports) = nominal_ports(builder).unwrap_or_else(|| {
        let peers = state.peers.iter().map(|entry| entry.address.port());
        (state.orderer.port(), peers.collect())
    });
    let nodes = organizations.peers.iter().zip(peer_ports);
    let first_of_member =
        |node: &Node| spec.has(node.organization) && node.host.starts_with("peer0.");
    Genesis {
        channel: spec.name.clone(),
        orderer: OrdererGroup {
            organization: group(orderer),
            host: orderer.host.clone(),
            port: orderer_port,
            tls: ConsenterTls(orderer.tls.certificate.clone().into()),
            max_message_count,
            absolute_max_bytes: BLOCK_BYTES_MAX,
            preferred_max_bytes,
            batch_timeout,
        },
        organizations: nodes
            .filter(|(node, _)| first_of_member(node))
            .map(|(node, anchor_port)| PeerGroup {
                organization: group(node),
                anchor_host: node.host.clone(),
                anchor_port,
            })
            .collect(),
    }
}
