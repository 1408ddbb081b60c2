//! Starting: folder, organisations, ledger, endpoints, in this order.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fabric_ledger::channel::ChannelConfig;
use fabric_msp::SigningIdentity;
use fabric_protos::common::Block;
use prost::Message as _;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, Cut, DevnetError, Network, StateFile,
    admin::{self, Admin},
    chain::Chain,
    chaincode::ChaincodeHost,
    channel::Channel,
    committer::Committer,
    endorser::Peer,
    endpoints::Endpoints,
    error::BoxError,
    genesis::{ConsenterTls, Genesis, OrdererGroup, OrganizationGroup, PeerGroup},
    lifecycle::Deployer,
    limits::{BLOCK_BYTES_MAX, ORDERER_QUEUE},
    listeners::Listeners,
    nonce::nonce,
    orderer::{Orderer, cutter::Cutter},
    organizations::{Node, Organizations},
    server,
    state_file::PeerEntry,
    storage::{Storage, StorageError},
};

/// The ledger's file in the network's folder.
const LEDGER_FILE: &str = "ledger.redb";

pub(crate) async fn start(builder: Builder) -> Result<Network, DevnetError> {
    let (dir, temporary) = prepare_folder(builder.dir.as_deref())?;
    let before = StateFile::read(&dir)?;
    let organizations = open_organizations(&dir, builder.organizations).await?;
    let listeners = Listeners::bind(&builder, before.as_ref()).await?;
    let state = Arc::new(state(&builder, &organizations, &listeners)?);
    let channel = open_channel(&builder, &dir, &organizations, &state).await?;

    let shutdown = CancellationToken::new();
    let (queue, accepted) = mpsc::channel(ORDERER_QUEUE);
    let cutter = Cutter::new(accepted, &builder.cut, shutdown.clone());
    let committer = Committer::new(Arc::clone(&channel), organizations.orderer.identity.clone());
    let committing = commit(committer, cutter, Arc::clone(&channel), shutdown.clone());
    let mut tasks = vec![tokio::spawn(committing)];

    let orderer = Orderer::new(Arc::clone(&channel), queue);
    let peers = make_peers(&builder, &organizations, &state, &channel)?;
    let endpoints = Endpoints {
        channel: &channel,
        orderer: &orderer,
        peers: &peers,
        shutdown: &shutdown,
    };
    tasks.extend(endpoints.serve(listeners.orderer, listeners.peers, &organizations)?);

    let deployer = Arc::new(Deployer {
        channel: Arc::clone(&channel),
        peers: peers.clone(),
        orderer,
        admin: first_admin(&organizations)?,
        turn: tokio::sync::Mutex::default(),
    });
    let admin = Admin {
        deployer: Arc::clone(&deployer),
        state: Arc::clone(&state),
    };
    tasks.push(admin::serve(listeners.admin, admin, shutdown.clone()));
    state.write(&dir)?;
    Ok(Network {
        state,
        channel,
        peers,
        deployer,
        dir,
        shutdown,
        tasks,
        temporary,
    })
}

/// Commits until the network stops; stops the network where no block can be committed any more.
async fn commit(
    committer: Committer,
    cutter: Cutter,
    channel: Arc<Channel>,
    shutdown: CancellationToken,
) {
    if let Err(error) = committer.run(cutter).await {
        let error: BoxError = error.into();
        tracing::error!(error, "the network stops: no block can be committed");
    }
    shutdown.cancel();
    channel.chain().close();
}

fn prepare_folder(dir: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), DevnetError> {
    let Some(dir) = dir else {
        let path = std::env::temp_dir();
        let temporary = TempDir::with_prefix("fabric-devnet-")
            .map_err(|source| DevnetError::File { path, source })?;
        return Ok((temporary.path().to_owned(), Some(temporary)));
    };
    let failure = |source| DevnetError::File {
        path: dir.to_owned(),
        source,
    };
    std::fs::create_dir_all(dir).map_err(failure)?;
    // Other processes read the paths in the state file from other folders.
    Ok((dir.canonicalize().map_err(failure)?, None))
}

async fn open_organizations(dir: &Path, count: usize) -> Result<Organizations, DevnetError> {
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || Organizations::open(&dir, count))
        .await
        .map_err(|error| DevnetError::Identity(error.into()))?
}

fn first_admin(organizations: &Organizations) -> Result<SigningIdentity, DevnetError> {
    let first = organizations.peers.first().map(|node| node.admin.clone());
    first.ok_or_else(|| DevnetError::Configuration("no organisation has a peer".to_owned()))
}

fn state(
    builder: &Builder,
    organizations: &Organizations,
    listeners: &Listeners,
) -> Result<StateFile, DevnetError> {
    let mut peers = Vec::new();
    for (node, listener) in organizations.peers.iter().zip(&listeners.peers) {
        peers.push(PeerEntry {
            msp_id: node.msp.id().to_owned(),
            address: server::local_address(listener)?,
            tls_ca: node.tls.authority.clone(),
        });
    }
    Ok(StateFile {
        kind: "embedded".to_owned(),
        pid: std::process::id(),
        channel: builder.channel.clone(),
        admin: server::local_address(&listeners.admin)?,
        orderer: server::local_address(&listeners.orderer)?,
        peers,
        organizations: organizations.dir.clone(),
    })
}

/// Opens the ledger, or begins one with the channel's configuration.
async fn open_channel(
    builder: &Builder,
    dir: &Path,
    organizations: &Organizations,
    state: &StateFile,
) -> Result<Arc<Channel>, DevnetError> {
    let file = (!builder.ephemeral).then(|| dir.join(LEDGER_FILE));
    let genesis = genesis(builder, organizations, state);
    let orderer = organizations.orderer.identity.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let storage = Storage::open(file.as_deref()).map_err(storage)?;
        open_or_begin(storage, &genesis, orderer)
    });
    let channel = opened
        .await
        .map_err(|error| DevnetError::Storage(error.into()))??;
    let peers = organizations.peers.iter().map(|node| node.msp.id());
    if channel.name() != builder.channel {
        return Err(DevnetError::OtherNetwork(format!(
            "its channel is `{}`",
            channel.name()
        )));
    }
    let known = channel.config().organizations();
    if !known
        .iter()
        .map(|known| known.msp_id.as_str())
        .collect::<BTreeSet<_>>()
        .eq(&peers.collect())
    {
        return Err(DevnetError::OtherNetwork(format!(
            "it has {} organisations",
            known.len()
        )));
    }
    Ok(channel)
}

fn open_or_begin(
    storage_file: Storage,
    genesis: &Genesis,
    orderer: SigningIdentity,
) -> Result<Arc<Channel>, DevnetError> {
    let view = storage_file.view();
    if let Some(bytes) = view.block(0).map_err(storage)? {
        let block = Block::decode(bytes)
            .map_err(|error| DevnetError::Corrupt(format!("block 0 does not decode: {error}")))?;
        let config = ChannelConfig::from_block(&block)
            .map_err(|error| DevnetError::Corrupt(error.to_string()))?;
        return Ok(Arc::new(Channel::new(config, Chain::new(storage_file))));
    }
    let nonce = nonce().map_err(|error| DevnetError::Identity(error.into()))?;
    let block = genesis.block(&nonce);
    let config = ChannelConfig::from_block(&block)
        .map_err(|error| DevnetError::Corrupt(error.to_string()))?;
    let channel = Arc::new(Channel::new(config, Chain::new(storage_file)));
    Committer::new(Arc::clone(&channel), orderer)
        .commit_genesis(block)
        .map_err(|error| DevnetError::Storage(error.into()))?;
    Ok(channel)
}

fn storage(error: StorageError) -> DevnetError {
    DevnetError::Storage(error.into())
}

fn genesis(builder: &Builder, organizations: &Organizations, state: &StateFile) -> Genesis {
    let (max_message_count, preferred_max_bytes, batch_timeout) = match builder.cut {
        Cut::Fabric {
            max_message_count,
            preferred_max_bytes,
            batch_timeout,
        } => (max_message_count, preferred_max_bytes, batch_timeout),
        // Fabric has no such mode: the configuration says what a real channel would have.
        Cut::Instant => (500, 2 * 1024 * 1024, Duration::from_secs(2)),
    };
    let group = |node: &Node| OrganizationGroup {
        msp_id: node.msp.id().to_owned(),
        msp: node.msp.to_config(),
    };
    let orderer = &organizations.orderer;
    let peers = organizations.peers.iter().zip(&state.peers);
    Genesis {
        channel: builder.channel.clone(),
        orderer: OrdererGroup {
            organization: group(orderer),
            host: orderer.host.clone(),
            port: state.orderer.port(),
            tls: ConsenterTls(orderer.tls.certificate.clone().into()),
            max_message_count,
            absolute_max_bytes: BLOCK_BYTES_MAX,
            preferred_max_bytes,
            batch_timeout,
        },
        organizations: peers
            .map(|(node, entry)| PeerGroup {
                organization: group(node),
                anchor_host: node.host.clone(),
                anchor_port: entry.address.port(),
            })
            .collect(),
    }
}

fn make_peers(
    builder: &Builder,
    organizations: &Organizations,
    state: &StateFile,
    channel: &Arc<Channel>,
) -> Result<Vec<Arc<Peer>>, DevnetError> {
    let nodes = organizations.peers.iter().zip(&state.peers);
    nodes
        .map(|(node, entry)| {
            let address = format!("{}:{}", node.host, entry.address.port());
            let chaincodes = ChaincodeHost::new(builder.execute_timeout)
                .answering_rich_queries(builder.rich_queries);
            Peer::new(
                address,
                node.identity.clone(),
                Arc::clone(channel),
                chaincodes,
            )
            .map(Arc::new)
            .map_err(|error| DevnetError::Identity(error.into()))
        })
        .collect()
}
