//! Who administers the nodes: typed clients for the administrators of all organisations.

use std::fs;

use fabric_gateway_sdk::admin::{OrdererAdmin, PeerAdmin};

use super::organizations::Organizations;
use super::state::{OrdererNode, PeerNode, State};
use crate::error::Error;

/// A peer, seen by its organisation's administrator.
pub(super) fn of_peer(state: &State, peer: &PeerNode) -> Result<PeerAdmin, Error> {
    let organizations = Organizations::at(&state.organizations);
    let msp = organizations.admin_msp(&peer.domain);
    crate::deploy::administrator(&msp, &peer.msp_id, peer.address, &peer.tls_ca)
}

/// An ordering node, seen by whoever has its own TLS certificate.
pub(super) fn of_orderer(state: &State, node: &OrdererNode) -> Result<OrdererAdmin, Error> {
    let tls = Organizations::at(&state.organizations)
        .orderer_node(node)
        .join("tls");
    let read = |name: &str| {
        let path = tls.join(name);
        fs::read(&path).map_err(Error::io("read", &path))
    };
    let url = format!("https://{}", node.admin);
    let admin = OrdererAdmin::new(
        url,
        read("ca.crt")?,
        read("server.crt")?,
        read("server.key")?,
    )?;
    Ok(admin)
}
