//! The organisations of a network: made once, read from the folder ever after.

use std::path::{Path, PathBuf};

use fabric_msp::{
    Msp, Organization, OrganizationSpec, SigningIdentity,
    layout::{self, OrganizationLayout},
};

use crate::{ChannelSpec, DevnetError, error::BoxError, nonce::Seed};

/// More organisations would have peers beyond the last port.
pub(crate) const ORGANIZATIONS_MAX: usize = 20;

/// Each peer listens on a port and keeps streams to the chaincodes; ports come in steps of 10.
pub(crate) const PEERS_MAX: usize = 20;

/// Folder of the organisations below the network's.
pub(crate) const FOLDER: &str = "organizations";

/// Where organisations are written before they are put in place, whole.
const STAGING: &str = ".organizations.new";

/// An organisation with its node: a peer, or the orderer.
pub(crate) struct Node {
    /// Number of the organisation, from 1; the orderer's is 0.
    pub(crate) organization: usize,
    pub(crate) msp: Msp,
    /// Name of the host, as certificates have it.
    pub(crate) host: String,
    pub(crate) identity: SigningIdentity,
    /// Signs for the organisation's administrator.
    pub(crate) admin: SigningIdentity,
    pub(crate) tls: NodeTls,
}

/// What a node's endpoint shows to clients.
pub(crate) struct NodeTls {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
    /// File with the authority that clients must trust.
    pub(crate) authority: PathBuf,
}

/// All organisations of a network.
pub(crate) struct Organizations {
    pub(crate) dir: PathBuf,
    pub(crate) orderer: Node,
    /// The first peers of all organisations, then the second ones, and so on.
    pub(crate) peers: Vec<Node>,
}

impl Organizations {
    /// Reads the organisations of a network's folder, with so many peers each, and makes those that
    /// are not there.
    pub(crate) fn open(
        network_dir: &Path,
        peer_counts: &[usize],
        seed: Option<&Seed>,
    ) -> Result<Self, DevnetError> {
        let seeded = |spec: OrganizationSpec| match seed {
            Some(seed) => spec.seeded(seed.text()),
            None => spec,
        };
        let dir = network_dir.join(FOLDER);
        let staging = network_dir.join(STAGING);
        let orderer = OrganizationLayout::orderer(&dir);
        ensure(&seeded(OrganizationSpec::orderer()), &staging, &orderer)?;
        for (number, count) in (1..).zip(peer_counts) {
            let layout = OrganizationLayout::peer(&dir, number);
            let spec = OrganizationSpec::peer(number).with_peers(*count);
            ensure(&seeded(spec), &staging, &layout)?;
        }
        let mut peers = Vec::new();
        for place in places(peer_counts) {
            let layout = OrganizationLayout::peer(&dir, place.organization);
            let node = Node::peer(&layout, place)?;
            peers.push(node);
        }
        let mut orderer = Node::read(&orderer, layout::ORDERER_MSP_ID, layout::orderer_host(), 0)?;
        if seed.is_some() {
            orderer.sign_repeatably()?;
            for node in &mut peers {
                node.sign_repeatably()?;
            }
        }
        Ok(Self {
            dir,
            orderer,
            peers,
        })
    }
}

impl Organizations {
    /// MSP ids of the members of a channel.
    pub(crate) fn members(&self, channel: &ChannelSpec) -> Vec<String> {
        let first = |node: &&Node| channel.has(node.organization);
        let mut members: Vec<_> = self.peers.iter().filter(first).collect();
        members.sort_by_key(|node| node.organization);
        members.dedup_by_key(|node| node.organization);
        let ids = members.into_iter().map(|node| node.msp.id().to_owned());
        ids.collect()
    }
}

/// Makes an organisation where there is none. A network that dies meanwhile leaves none.
fn ensure(
    spec: &OrganizationSpec,
    staging: &Path,
    place: &OrganizationLayout,
) -> Result<(), DevnetError> {
    if place.dir().exists() {
        return Ok(());
    }
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| DevnetError::File { path, source }
    };
    if staging.exists() {
        std::fs::remove_dir_all(staging).map_err(file(staging))?;
    }
    let organization = Organization::generate(spec).map_err(identity)?;
    let written = organization.write_to(staging).map_err(identity)?;
    if let Some(parent) = place.dir().parent() {
        std::fs::create_dir_all(parent).map_err(file(parent))?;
    }
    std::fs::rename(written.dir(), place.dir()).map_err(file(place.dir()))?;
    std::fs::remove_dir_all(staging).map_err(file(staging))
}

/// Where a peer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeerPlace {
    /// Number of its organisation, from 1.
    pub(crate) organization: usize,
    /// Number within it, from 0.
    pub(crate) peer: usize,
}

/// The peers of a network: the first ones of all organisations, then the second ones, and so on.
/// Whoever counts organisations by their peers finds each one's first peer at its own number.
pub(crate) fn places(peer_counts: &[usize]) -> Vec<PeerPlace> {
    let most = peer_counts.iter().copied().max().unwrap_or(0);
    let round = |peer: usize| {
        let with_it = (1..)
            .zip(peer_counts)
            .filter(move |(_, count)| peer < **count);
        with_it.map(move |(organization, _)| PeerPlace { organization, peer })
    };
    (0..most).flat_map(round).collect()
}

impl Node {
    fn sign_repeatably(&mut self) -> Result<(), DevnetError> {
        self.identity = self.identity.repeatable().map_err(identity)?;
        self.admin = self.admin.repeatable().map_err(identity)?;
        Ok(())
    }

    fn peer(layout: &OrganizationLayout, place: PeerPlace) -> Result<Self, DevnetError> {
        let PeerPlace { organization, peer } = place;
        let msp_id = layout::organization_msp_id(organization);
        if !layout.node(&format!("peer{peer}")).exists() {
            return Err(DevnetError::OtherNetwork(format!(
                "its {msp_id} has only {peer} peers"
            )));
        }
        Self::read(
            layout,
            &msp_id,
            layout::peer_host(organization, peer),
            organization,
        )
    }

    fn read(
        layout: &OrganizationLayout,
        msp_id: &str,
        host: String,
        organization: usize,
    ) -> Result<Self, DevnetError> {
        // The layout names a node by the part of its host before the domain.
        let short = host.split('.').next().unwrap_or(&host);
        let folder = layout.node(short);
        let user = layout.user(layout::ADMIN);
        let tls = folder.join("tls");
        Ok(Self {
            organization,
            msp: Msp::from_dir(layout.msp(), msp_id).map_err(identity)?,
            identity: SigningIdentity::from_msp_dir(folder.join("msp"), msp_id)
                .map_err(identity)?,
            admin: SigningIdentity::from_msp_dir(user.join("msp"), msp_id).map_err(identity)?,
            tls: NodeTls {
                certificate: read(tls.join("server.crt"))?,
                key: read(tls.join("server.key"))?,
                authority: tls.join("ca.crt"),
            },
            host,
        })
    }
}

fn read(path: PathBuf) -> Result<Vec<u8>, DevnetError> {
    std::fs::read(&path).map_err(|source| DevnetError::File { path, source })
}

fn identity(error: impl Into<BoxError>) -> DevnetError {
    DevnetError::Identity(error.into())
}
