//! How the examples connect: from the environment, with the folders of `selvedge network up` as defaults.

#![allow(dead_code, reason = "no example uses all of it")]

use fabric_gateway_sdk::{Endpoint, Identity};

/// A setting, or what it is on a network of one's own.
pub(crate) fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Folder of the first organisation: `PEER_ORGANIZATION`.
fn organization() -> String {
    let default = ".selvedge/organizations/peerOrganizations/org1.example.com";
    setting("PEER_ORGANIZATION", default)
}

/// Folder of the user's identity.
pub(crate) fn msp_folder() -> String {
    format!("{}/users/User1@org1.example.com/msp", organization())
}

/// A user of the first organisation.
pub(crate) fn user() -> anyhow::Result<Identity> {
    Ok(Identity::from_msp_dir(msp_folder(), "Org1MSP")?)
}

/// The peer at `PEER_URL`.
pub(crate) fn peer() -> anyhow::Result<Endpoint> {
    peer_at(&setting("PEER_URL", "https://localhost:7051"))
}

/// A peer of the first organisation.
pub(crate) fn peer_at(url: &str) -> anyhow::Result<Endpoint> {
    let authority = std::fs::read(format!(
        "{}/peers/peer0.org1.example.com/tls/ca.crt",
        organization()
    ))?;
    Ok(Endpoint::tls(url, authority)?)
}
