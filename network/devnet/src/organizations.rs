//! The organisations of a network: made once, read from the folder ever after.

use std::path::{Path, PathBuf};

use fabric_msp::{
    Msp, Organization, OrganizationSpec, SigningIdentity,
    layout::{self, OrganizationLayout},
};

use crate::{DevnetError, error::BoxError};

/// More organisations would have peers beyond the last port.
pub(crate) const ORGANIZATIONS_MAX: usize = 20;

/// Folder of the organisations below the network's.
const FOLDER: &str = "organizations";

/// Where organisations are written before they are put in place, whole.
const STAGING: &str = ".organizations.new";

/// An organisation with its node: a peer, or the orderer.
pub(crate) struct Node {
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
    pub(crate) peers: Vec<Node>,
}

impl Organizations {
    /// Reads the organisations of a network's folder, and makes those that are not there.
    pub(crate) fn open(network_dir: &Path, count: usize) -> Result<Self, DevnetError> {
        let dir = network_dir.join(FOLDER);
        let staging = network_dir.join(STAGING);
        let orderer = OrganizationLayout::orderer(&dir);
        ensure(&OrganizationSpec::orderer(), &staging, &orderer)?;
        let mut peers = Vec::with_capacity(count);
        for number in 1..=count {
            let layout = OrganizationLayout::peer(&dir, number);
            ensure(&OrganizationSpec::peer(number), &staging, &layout)?;
            let msp_id = layout::organization_msp_id(number);
            peers.push(Node::read(&layout, &msp_id, layout::peer_host(number, 0))?);
        }
        let orderer = Node::read(&orderer, layout::ORDERER_MSP_ID, layout::orderer_host())?;
        Ok(Self {
            dir,
            orderer,
            peers,
        })
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

impl Node {
    fn read(layout: &OrganizationLayout, msp_id: &str, host: String) -> Result<Self, DevnetError> {
        // The layout names a node by the part of its host before the domain.
        let short = host.split('.').next().unwrap_or(&host);
        let folder = layout.node(short);
        let user = layout.user(layout::ADMIN);
        let tls = folder.join("tls");
        Ok(Self {
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
