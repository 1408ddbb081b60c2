//! The sockets of a network, and which ports they take.

use std::net::{IpAddr, Ipv4Addr};

use tokio::net::TcpListener;

use crate::{
    Builder, DevnetError, StateFile,
    builder::Ports,
    organizations::{PeerPlace, places},
    server,
};

/// Bound sockets. They are bound before the ledger is opened, so that a taken port changes nothing.
pub(crate) struct Listeners {
    pub(crate) orderer: TcpListener,
    pub(crate) peers: Vec<TcpListener>,
    pub(crate) admin: TcpListener,
}

impl Listeners {
    pub(crate) async fn bind(
        builder: &Builder,
        before: Option<&StateFile>,
    ) -> Result<Self, DevnetError> {
        let (orderer, peers, admin) = ports(&builder.ports, &places(&builder.peer_counts()))?;
        let may_move = builder.ports == Ports::Free;
        let before = before.filter(|_| may_move);
        let mut listeners = Vec::new();
        for (index, port) in peers.into_iter().enumerate() {
            let former = before.and_then(|state| state.peers.get(index));
            let former = former.map(|peer| peer.address.port());
            listeners.push(bind(builder.listen, port, former).await?);
        }
        let former = before.map(|state| (state.orderer.port(), state.admin.port()));
        Ok(Self {
            peers: listeners,
            orderer: bind(builder.listen, orderer, former.map(|(orderer, _)| orderer)).await?,
            admin: bind(
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                admin,
                former.map(|(_, admin)| admin),
            )
            .await?,
        })
    }
}

/// Binds the port that a network had before where that is free, else the one asked for.
async fn bind(address: IpAddr, port: u16, former: Option<u16>) -> Result<TcpListener, DevnetError> {
    if let Some(former) = former
        && let Ok(listener) = server::bind(address, former).await
    {
        return Ok(listener);
    }
    server::bind(address, port).await
}

/// Ports of the orderer and of the peers that block 0 names, where these are not the real ones: with
/// a seed it must not depend on which ports happen to be free.
pub(crate) fn nominal_ports(builder: &Builder) -> Option<(u16, Vec<u16>)> {
    if builder.seed.is_none() || builder.ports != Ports::Free {
        return None;
    }
    let places = places(&builder.peer_counts());
    let (orderer, peers, _) = ports(&Ports::TestNetwork, &places).ok()?;
    Some((orderer, peers))
}

/// Ports of orderer, peers and admin endpoint; 0 lets the system choose.
fn ports(ports: &Ports, places: &[PeerPlace]) -> Result<(u16, Vec<u16>, u16), DevnetError> {
    let count = places.len();
    let found = match ports {
        Ports::TestNetwork => places
            .iter()
            .map(|place| test_network_port(*place))
            .collect::<Option<Vec<_>>>()
            .map(|peers| (7050, peers, 9443)),
        Ports::Free => Some((0, vec![0; count], 0)),
        Ports::Base(base) => {
            let following = u16::try_from(count)
                .ok()
                .and_then(|count| base.checked_add(count)?.checked_add(1));
            following.map(|admin| (*base, (base + 1..admin).collect(), admin))
        }
        Ports::Custom {
            orderer,
            peers,
            admin,
        } if peers.len() == count => Some((*orderer, peers.clone(), *admin)),
        Ports::Custom { .. } => None,
    };
    found.ok_or_else(|| {
        DevnetError::Configuration(format!(
            "the ports do not suffice for {count} peers; give each peer one"
        ))
    })
}

/// The port that a peer has in Fabric's test-network, or would have.
fn test_network_port(place: PeerPlace) -> Option<u16> {
    let PeerPlace { organization, peer } = place;
    let port = 7051 + 2000 * (organization - 1) + 1000 * (peer % 2) + 10 * (peer / 2);
    u16::try_from(port).ok()
}
