//! Starting: folder, organisations, ledgers, endpoints, in this order.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    Builder, ChannelEntry, Cut, DevnetError, Network, PeerEntry, StateFile,
    admin::{self, Admin},
    chaincode::ChaincodeHost,
    channel::{Channel, opening},
    clock::Clock,
    committer::Committer,
    endpoints::Endpoints,
    error::BoxError,
    lifecycle::Deployer,
    limits::ORDERER_QUEUE,
    listeners::Listeners,
    orderer::{Lane, Orderer, cutter::Cutter, errand::ERRANDS},
    organizations::Organizations,
    peer::Peer,
    server,
    system::Packages,
};

/// Folder of what each peer alone keeps, below the network's.
const PEERS_FOLDER: &str = "peers";

/// Folder of the packages that are installed on a peer, below the peer's.
const PACKAGES_FOLDER: &str = "packages";

pub(crate) async fn start(builder: Builder) -> Result<Network, DevnetError> {
    let (dir, temporary) = prepare_folder(builder.dir.as_deref())?;
    let before = StateFile::read(&dir)?;
    let organizations = open_organizations(&dir, &builder).await?;
    let listeners = Listeners::bind(&builder, before.as_ref()).await?;
    let state = Arc::new(state(&builder, &organizations, &listeners)?);
    let clock = Arc::new(Clock::default());
    let channels = opening::open_all(&builder, &dir, &organizations, &state, &clock).await?;

    let shutdown = CancellationToken::new();
    let (orderer, mut tasks) = order(&builder, &organizations, &channels, &shutdown);
    let peers = make_peers(&builder, &dir, &organizations, &state, &channels, &clock)?;
    let endpoints = Endpoints {
        orderer: &orderer,
        peers: &peers,
        clock: &clock,
        shutdown: &shutdown,
    };
    tasks.extend(endpoints.serve(listeners.orderer, listeners.peers, &organizations)?);

    let admins = organizations.peers.iter().map(|node| node.admin.clone());
    let deployer = Arc::new(Deployer {
        channels: channels.clone(),
        peers: peers.clone(),
        orderer,
        admins: admins.collect(),
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
        channels,
        peers,
        deployer,
        dir,
        shutdown,
        tasks,
        temporary,
    })
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
    (Orderer::new(lanes), tasks)
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
        kind: "embedded".to_owned(),
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
    })
}

fn make_peers(
    builder: &Builder,
    dir: &Path,
    organizations: &Organizations,
    state: &StateFile,
    channels: &[Arc<Channel>],
    clock: &Arc<Clock>,
) -> Result<Vec<Arc<Peer>>, DevnetError> {
    let nodes = organizations.peers.iter().zip(&state.peers);
    nodes
        .map(|(node, entry)| {
            let own = (!builder.ephemeral).then(|| dir.join(PEERS_FOLDER).join(&node.host));
            let packages = Packages::open(own.as_ref().map(|own| own.join(PACKAGES_FOLDER)))?;
            let joined = channels.iter().zip(&builder.channels);
            let joined = joined.filter(|(_, spec)| spec.has(node.organization));
            Peer::join(
                node,
                entry.address.port(),
                joined.map(|(channel, _)| channel),
                ChaincodeHost::new(node.msp.id(), packages, builder.execute_timeout)
                    .answering_rich_queries(builder.rich_queries),
                Arc::clone(clock),
                own,
            )
            .map(Arc::new)
        })
        .collect()
}
