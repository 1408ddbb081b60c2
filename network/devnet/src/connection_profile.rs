//! Connection profiles `connection-orgN.json` and `.yaml` beside each organisation's folders, as
//! Fabric's test network leaves them: what older SDKs, Caliper and Explorer are pointed at.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fabric_msp::layout;
use serde::Serialize;

use crate::{DevnetError, state_file::PeerEntry};

/// How long an endorsement may take, in seconds, as the test network's profiles say.
const ENDORSER_TIMEOUT: &str = "300";

#[derive(Serialize)]
struct Profile {
    name: String,
    version: &'static str,
    client: Client,
    organizations: BTreeMap<String, Organization>,
    peers: BTreeMap<String, Peer>,
}

#[derive(Serialize)]
struct Client {
    organization: String,
    connection: Connection,
}

#[derive(Serialize)]
struct Connection {
    timeout: Timeouts,
}

#[derive(Serialize)]
struct Timeouts {
    peer: PeerTimeouts,
}

#[derive(Serialize)]
struct PeerTimeouts {
    endorser: &'static str,
}

#[derive(Serialize)]
struct Organization {
    mspid: String,
    peers: Vec<String>,
}

#[derive(Serialize)]
struct Peer {
    url: String,
    #[serde(rename = "tlsCACerts")]
    tls_ca_certs: Authority,
    #[serde(rename = "grpcOptions")]
    grpc_options: GrpcOptions,
}

#[derive(Serialize)]
struct Authority {
    pem: String,
}

#[derive(Serialize)]
struct GrpcOptions {
    #[serde(rename = "ssl-target-name-override")]
    ssl_target_name_override: String,
    #[serde(rename = "hostnameOverride")]
    hostname_override: String,
}

/// Writes the profiles of every organisation that has a peer.
///
/// # Errors
/// When a certificate cannot be read or a profile cannot be written.
pub fn write(organizations: &Path, peers: &[PeerEntry]) -> Result<(), DevnetError> {
    let msp_ids: BTreeSet<_> = peers.iter().map(|peer| peer.msp_id.as_str()).collect();
    for number in 1..=msp_ids.len() {
        let msp_id = layout::organization_msp_id(number);
        let own = peers.iter().filter(|peer| peer.msp_id == msp_id);
        let profile = Profile::new(number, &msp_id, own)?;
        let layout = layout::OrganizationLayout::peer(organizations, number);
        let json = serde_json::to_string_pretty(&profile).map_err(|source| {
            let path = layout.dir().to_owned();
            DevnetError::StateFile { path, source }
        })?;
        for (extension, text) in [("json", json), ("yaml", profile.yaml())] {
            let path = layout
                .dir()
                .join(format!("connection-org{number}.{extension}"));
            std::fs::write(&path, text).map_err(|source| DevnetError::File { path, source })?;
        }
    }
    Ok(())
}

impl Profile {
    fn new<'p>(
        number: usize,
        msp_id: &str,
        peers: impl Iterator<Item = &'p PeerEntry>,
    ) -> Result<Self, DevnetError> {
        let organization = format!("Org{number}");
        let mut profiles = BTreeMap::new();
        for peer in peers {
            let path = peer.tls_ca.clone();
            let pem = std::fs::read_to_string(&path)
                .map_err(|source| DevnetError::File { path, source })?;
            profiles.insert(
                peer.name.clone(),
                Peer {
                    url: format!("grpcs://localhost:{}", peer.address.port()),
                    tls_ca_certs: Authority { pem },
                    grpc_options: GrpcOptions {
                        ssl_target_name_override: peer.name.clone(),
                        hostname_override: peer.name.clone(),
                    },
                },
            );
        }
        let members = Organization {
            mspid: msp_id.to_owned(),
            peers: profiles.keys().cloned().collect(),
        };
        Ok(Self {
            name: format!("test-network-org{number}"),
            version: "1.0.0",
            client: Client {
                organization: organization.clone(),
                connection: Connection {
                    timeout: Timeouts {
                        peer: PeerTimeouts {
                            endorser: ENDORSER_TIMEOUT,
                        },
                    },
                },
            },
            organizations: BTreeMap::from([(organization, members)]),
            peers: profiles,
        })
    }

    /// The same as YAML. Names consist of letters, digits, dots and dashes: nothing needs quotes.
    fn yaml(&self) -> String {
        let mut text = format!(
            "---\nname: {}\nversion: {}\nclient:\n  organization: {}\n  connection:\n    timeout:\n      peer:\n        endorser: '{ENDORSER_TIMEOUT}'\norganizations:\n",
            self.name, self.version, self.client.organization
        );
        for (name, organization) in &self.organizations {
            text.push_str(&format!(
                "  {name}:\n    mspid: {}\n    peers:\n",
                organization.mspid
            ));
            for peer in &organization.peers {
                text.push_str(&format!("    - {peer}\n"));
            }
        }
        text.push_str("peers:\n");
        for (name, peer) in &self.peers {
            text.push_str(&format!(
                "  {name}:\n    url: {}\n    tlsCACerts:\n      pem: |\n",
                peer.url
            ));
            for line in peer.tls_ca_certs.pem.lines() {
                text.push_str(&format!("          {line}\n"));
            }
            text.push_str(&format!(
                "    grpcOptions:\n      ssl-target-name-override: {name}\n      hostnameOverride: {name}\n"
            ));
        }
        text
    }
}
