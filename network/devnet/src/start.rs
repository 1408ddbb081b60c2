//! Starting: folder, organisations, ledgers, endpoints, in this order.

use std::{path::Path, sync::Arc};

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, ChannelEntry, Cut, DevnetError, Network, PeerEntry, Settings, StateFile,
    admin::{self, Admin},
    chaincode::ChaincodeHost,
    channel::{Channel, opening},
    clock::Clock,
    committer::Committer,
    connection_profile,
    control::Control,
    dump,
    endpoints::Endpoints,
    error::BoxError,
    faults::Faults,
    folder::Folder,
    lifecycle::Deployer,
    limits::ORDERER_QUEUE,
    listeners::Listeners,
    metrics::Metrics,
    nonce::{self, Seed},
    orderer::{Lane, Orderer, cutter::Cutter, errand::ERRANDS},
    organizations::{self, Organizations},
    peer::Peer,
    server,
    snapshots::Snapshots,
    state_file,
    system::Packages,
};

/// Folder of what each peer alone keeps, below the network's.
pub(crate) const PEERS_FOLDER: &str = "peers";

/// Folder of the packages that are installed on a peer, below the peer's.
pub(crate) const PACKAGES_FOLDER: &str = "packages";

pub(crate) async fn start(builder: Builder) -> Result<Network, DevnetError> {
    let folder = Folder::take(builder.dir.as_deref())?;
    let dir = folder.path.clone();
    let builder = load(builder, &dir).await?;
    let before = StateFile::read(&dir)?;
    if let Some(before) = before.as_ref().filter(|_| !builder.ephemeral) {
        opening::refuse_lost(&dir, before)?;
    }
    let builder = with_seed(builder, &dir)?;
    let organizations = open_organizations(&dir, &builder).await?;
    let listeners = Listeners::bind(&builder, before.as_ref()).await?;
    let state = Arc::new(state(&builder, &organizations, &listeners)?);
    let (clock, faults) = (Arc::new(Clock::default()), Arc::new(Faults::default()));
    let channels = opening::open_all(&builder, &dir, &organizations, &state, &clock).await?;

    let snapshots = open_snapshots(&builder, &dir, &channels).await?;
    let shutdown = CancellationToken::new();
    let (orderer, mut tasks) = order(&builder, &organizations, &channels, &shutdown);
    let peers = make_peers(
        &builder,
        &dir,
        &organizations,
        &state,
        &channels,
        (&clock, &faults),
    )?;
    let metrics = Arc::new(Metrics::default());
    let endpoints = Endpoints {
        metrics: &metrics,
        orderer: &orderer,
        peers: &peers,
        clock: &clock,
        faults: &faults,
        shutdown: &shutdown,
        gateway_calls: builder.gateway_calls,
    };
    tasks.extend(endpoints.serve(listeners.orderer, listeners.peers, &organizations)?);

    let admins = organizations.peers.iter().map(|node| node.admin.clone());
    let deployer = Arc::new(Deployer {
        channels: channels.clone(),
        peers: peers.clone(),
        orderer: orderer.clone(),
        admins: admins.collect(),
        turn: tokio::sync::Mutex::default(),
    });
    let control = Arc::new(Control {
        dir: dir.clone(),
        state: Arc::clone(&state),
        snapshots,
        channels,
        peers,
        orderer,
        clock,
        faults,
        metrics,
    });
    let admin = Admin {
        deployer: Arc::clone(&deployer),
        control: Arc::clone(&control),
    };
    tasks.push(admin::serve(listeners.admin, admin, shutdown.clone()));
    connection_profile::write(&state.organizations, &state.peers)?;
    state.write(&dir)?;
    Ok(Network {
        control,
        deployer,
        shutdown,
        tasks,
        folder: Some(folder),
    })
}

/// Unpacks the dump that the network is to begin with, which says what it consists of.
async fn load(builder: Builder, dir: &Path) -> Result<Builder, DevnetError> {
    let Some(file) = builder.load.clone() else {
        return Ok(builder);
    };
    let dir = dir.to_owned();
    let state = tokio::task::spawn_blocking(move || dump::unpack(&file, &dir))
        .await
        .map_err(|error| DevnetError::Storage(error.into()))??;
    Ok(builder.like(&state))
}

/// A network that a seed made goes on with it.
fn with_seed(mut builder: Builder, dir: &Path) -> Result<Builder, DevnetError> {
    let failure = |source| DevnetError::File {
        path: dir.join(nonce::SEED_FILE),
        source,
    };
    let known = Seed::read(dir).map_err(failure)?;
    if let Some(seed) = &builder.seed
        && known.as_ref() != Some(seed)
    {
        if known.is_some() || dir.join(organizations::FOLDER).exists() {
            return Err(DevnetError::OtherNetwork(
                "it was made with another seed, or without one".to_owned(),
            ));
        }
        seed.write(dir).map_err(failure)?;
    }
    builder.seed = builder.seed.or(known);
    Ok(builder)
}

async fn open_snapshots(
    builder: &Builder,
    dir: &Path,
    channels: &[Arc<Channel>],
) -> Result<Snapshots, DevnetError> {
    if builder.ephemeral {
        return Ok(Snapshots::in_memory());
    }
    let (dir, channels) = (dir.to_owned(), channels.to_vec());
    tokio::task::spawn_blocking(move || Snapshots::open(&dir, &channels))
        .await
        .map_err(|error| DevnetError::Storage(error.into()))?
}

/// Gives each channel a queue, and a task that commits what comes out of it.
fn order(
    builder: &Builder,
    organizations: &Organizations,
    channels: &[Arc<Channel>],
    shutdown: &CancellationToken,
) -> (Orderer, Vec<JoinHandle<()>>) {
    let mut lanes = Vec::new();
    let mut tasks = Vec::new();
    for (channel, spec) in channels.iter().zip(&builder.channels) {
        let (queue, accepted) = mpsc::channel(ORDERER_QUEUE);
        let (errands, asked) = mpsc::channel(ERRANDS);
        let cut = spec.cut.as_ref().unwrap_or(&builder.cut);
        let cutter = Cutter::new(accepted, asked, cut, shutdown.clone());
        let signer = organizations.orderer.identity.clone();
        let committer = Committer::new(Arc::clone(channel), signer);
        let committing = commit(committer, cutter, Arc::clone(channel), shutdown.clone());
        tasks.push(tokio::spawn(committing));
        lanes.push((
            Arc::clone(channel),
            Lane {
                queue,
                errands,
                is_instant: *cut == Cut::Instant,
            },
        ));
    }
    let signer = organizations.orderer.identity.clone();
    (Orderer::new(lanes, signer, builder.compat), tasks)
}

/// Commits until the network stops; stops the network where no block can be committed any more.
async fn commit(
    committer: Committer,
    mut cutter: Cutter,
    channel: Arc<Channel>,
    shutdown: CancellationToken,
) {
    cutter.configure(&channel.config());
    if let Err(error) = committer.run(cutter).await {
        let error: BoxError = error.into();
        let channel = channel.name();
        tracing::error!(
            error,
            channel,
            "the network stops: no block can be committed"
        );
    }
    shutdown.cancel();
    channel.chain().close();
}

async fn open_organizations(dir: &Path, builder: &Builder) -> Result<Organizations, DevnetError> {
    let dir = dir.to_owned();
    let (peer_counts, seed) = (builder.peer_counts(), builder.seed.clone());
    tokio::task::spawn_blocking(move || Organizations::open(&dir, &peer_counts, seed.as_ref()))
        .await
        .map_err(|error| DevnetError::Identity(error.into()))?
}

fn state(
    builder: &Builder,
    organizations: &Organizations,
    listeners: &Listeners,
) -> Result<StateFile, DevnetError> {
    let mut peers = Vec::new();
    for (node, listener) in organizations.peers.iter().zip(&listeners.peers) {
        peers.push(PeerEntry {
            name: node.host.clone(),
            msp_id: node.msp.id().to_owned(),
            address: server::local_address(listener)?,
            tls_ca: node.tls.authority.clone(),
        });
    }
    let channels: Vec<_> = builder
        .channels
        .iter()
        .map(|spec| ChannelEntry {
            name: spec.name.clone(),
            organizations: organizations.members(spec),
        })
        .collect();
    Ok(StateFile {
        kind: state_file::EMBEDDED.to_owned(),
        pid: std::process::id(),
        channel: channels
            .first()
            .map(|first| first.name.clone())
            .unwrap_or_default(),
        channels,
        admin: server::local_address(&listeners.admin)?,
        orderer: server::local_address(&listeners.orderer)?,
        peers,
        organizations: organizations.dir.clone(),
        settings: Settings::of(builder),
    })
}

fn make_peers(
    builder: &Builder,
    dir: &Path,
    organizations: &Organizations,
    state: &StateFile,
    channels: &[Arc<Channel>],
    (clock, faults): (&Arc<Clock>, &Arc<Faults>),
) -> Result<Vec<Arc<Peer>>, DevnetError> {
    let nodes = organizations.peers.iter().zip(&state.peers);
    nodes
        .map(|(node, entry)| {
            // A dump is unpacked into the folder even where the ledgers are kept in memory.
            let keeps = !builder.ephemeral || builder.load.is_some();
            let own = keeps.then(|| dir.join(PEERS_FOLDER).join(&node.host));
            let packages = Packages::open(own.as_ref().map(|own| own.join(PACKAGES_FOLDER)))?;
            let joined = channels.iter().zip(&builder.channels);
            let joined = joined.filter(|(_, spec)| spec.has(node.organization));
            Peer::join(
                node,
                entry.address.port(),
                joined.map(|(channel, _)| channel),
                ChaincodeHost::new(node.msp.id(), packages, builder.execute_timeout)
                    .answering_rich_queries(builder.rich_queries)
                    .compatible_with(builder.compat),
                Arc::clone(clock),
                Arc::clone(faults),
                own,
            )
            .map(Arc::new)
        })
        .collect()
}
