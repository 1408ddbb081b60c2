//! The sockets of a network, and which ports they take.

use std::net::{IpAddr, Ipv4Addr};

use tokio::net::TcpListener;

use crate::{Builder, DevnetError, StateFile, builder::Ports, server};

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
        let (orderer, peers, admin) = ports(&builder.ports, builder.organizations)?;
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

/// Ports of orderer, peers and admin endpoint; 0 lets the system choose.
fn ports(ports: &Ports, organizations: usize) -> Result<(u16, Vec<u16>, u16), DevnetError> {
    let peers =
        |first: u16, step: u16| (0u16..).map(move |n| n.checked_mul(step)?.checked_add(first));
    let take = |ports: &mut dyn Iterator<Item = Option<u16>>| {
        ports.take(organizations).collect::<Option<Vec<_>>>()
    };
    let found = match ports {
        Ports::TestNetwork => take(&mut peers(7051, 2000)).map(|peers| (7050, peers, 9443)),
        Ports::Free => Some((0, vec![0; organizations], 0)),
        Ports::Base(base) => base.checked_add(1).and_then(|first| {
            let peers = take(&mut peers(first, 1))?;
            let admin = peers.last()?.checked_add(1)?;
            Some((*base, peers, admin))
        }),
        Ports::Custom {
            orderer,
            peers,
            admin,
        } if peers.len() == organizations => Some((*orderer, peers.clone(), *admin)),
        Ports::Custom { .. } => None,
    };
    found.ok_or_else(|| {
        DevnetError::Configuration(format!(
            "the ports do not suffice for {organizations} organisations; give each peer one"
        ))
    })
}
