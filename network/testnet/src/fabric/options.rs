//! What a network is started with.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::ports::{Port, is_free};

/// Every organisation has ports of its own below 32,000 in the test-network's scheme.
const ORGANIZATIONS_MAX: u16 = 12;
/// Peers of one organisation have ports of their own, a hundred apart, before the next one's begin.
const PEERS_MAX: u16 = 8;

/// What a network is started with; every part has a default.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lives. A temporary folder by default, removed with the handle.
    pub folder: Option<PathBuf>,
    /// Folder of Fabric's programs; `FABRIC_BIN` or `PATH` by default.
    pub fabric_bin: Option<PathBuf>,
    /// Certificates and keys in cryptogen's layout, to use in place; made anew by default.
    pub organizations_dir: Option<PathBuf>,
    /// Number of organisations: `Org1MSP`, `Org2MSP` and so on.
    pub organizations: u16,
    /// Number of peers of each organisation: `peer0`, `peer1` and so on.
    pub peers: u16,
    /// Number of ordering nodes, which agree by Raft: 1, or 3 to go on without one of them.
    pub orderers: u16,
    /// Name of the channel.
    pub channel: String,
    /// Channels beside that one, each of all organisations.
    pub further_channels: Vec<String>,
    /// Calls that a peer's gateway serves at once.
    pub gateway_calls: u32,
    /// Where the endpoints listen.
    pub ports: Ports,
    /// How long the first transaction of a block waits for others.
    pub batch_timeout: Duration,
    /// Transactions that fill a block.
    pub batch_message_count_max: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: None,
            fabric_bin: None,
            organizations_dir: None,
            organizations: 2,
            peers: 1,
            orderers: 1,
            channel: "mychannel".to_owned(),
            further_channels: Vec::new(),
            gateway_calls: 500,
            ports: Ports::default(),
            batch_timeout: Duration::from_secs(2),
            batch_message_count_max: 500,
        }
    }
}

/// Where the endpoints listen, always on loopback.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ports {
    /// Ports that nobody uses.
    #[default]
    Free,
    /// The ports of Fabric's test-network: orderer 7050, peers 7051, 9051, 11051 and so on. Further
    /// orderers have 7060 and 7070, further peers of an organisation 7151, 7251 and so on.
    TestNetwork,
}

/// A port for every endpoint, reserved while the value lives.
#[derive(Debug)]
pub(super) struct PortPlan {
    pub(super) orderers: Vec<OrdererPorts>,
    /// First peers of all organisations, then second ones.
    pub(super) peers: Vec<PeerPorts>,
}

/// An ordering node's ports.
#[derive(Debug)]
pub(super) struct OrdererPorts {
    pub(super) main: Port,
    pub(super) admin: Port,
    pub(super) operations: Port,
}

/// A peer's ports.
#[derive(Debug)]
pub(super) struct PeerPorts {
    pub(super) main: Port,
    pub(super) chaincode: Port,
    pub(super) operations: Port,
}

impl Options {
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |name, value: u16, remedy: String| {
            Err(Error::Setting {
                name,
                value: value.to_string(),
                remedy,
            })
        };
        if !(1..=ORGANIZATIONS_MAX).contains(&self.organizations) {
            let remedy = format!("give 1 to {ORGANIZATIONS_MAX}");
            return refuse("organizations", self.organizations, remedy);
        }
        if !(1..=PEERS_MAX).contains(&self.peers) {
            return refuse("peers", self.peers, format!("give 1 to {PEERS_MAX}"));
        }
        if ![1, 3].contains(&self.orderers) {
            let remedy = "give 1, or 3 to go on without one of them".to_owned();
            return refuse("orderers", self.orderers, remedy);
        }
        Ok(())
    }

    pub(super) fn plan_ports(&self) -> Result<PortPlan, Error> {
        let take = |fixed: u16| match self.ports {
            Ports::Free => Port::free(),
            Ports::TestNetwork if is_free(fixed) => Ok(Port::fixed(fixed)),
            Ports::TestNetwork => Err(Error::Setting {
                name: "port",
                value: fixed.to_string(),
                remedy: "stop what uses it, or let the network choose free ports".to_owned(),
            }),
        };
        let orderers = (0..self.orderers).map(|index| {
            Ok(OrdererPorts {
                main: take(7050 + 10 * index)?,
                admin: take(7053 + 10 * index)?,
                operations: take(9443 - index)?,
            })
        });
        let places = (0..self.peers).flat_map(|peer| {
            let organizations = 0..self.organizations;
            organizations.map(move |organization| (organization, peer))
        });
        let peers = places.map(|(organization, peer)| {
            let main = 7051 + 2000 * organization + 100 * peer;
            Ok(PeerPorts {
                main: take(main)?,
                chaincode: take(main + 1)?,
                operations: take(9444 + ORGANIZATIONS_MAX * peer + organization)?,
            })
        });
        Ok(PortPlan {
            orderers: orderers.collect::<Result<_, Error>>()?,
            peers: peers.collect::<Result<_, Error>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(options: &Options, remedy: &str) {
        let error = options.check().unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }

    #[test]
    fn numbers_that_make_no_network_are_refused() {
        let standard = Options::default;
        check_refused(
            &Options {
                organizations: 0,
                ..standard()
            },
            "organizations=0 cannot be used; give 1 to 12",
        );
        check_refused(
            &Options {
                peers: 0,
                ..standard()
            },
            "give 1 to 8",
        );
        check_refused(
            &Options {
                orderers: 2,
                ..standard()
            },
            "give 1, or 3",
        );
    }

    #[test]
    fn ports_are_all_different() {
        let options = Options {
            organizations: 12,
            peers: 8,
            orderers: 3,
            ..Options::default()
        };
        let plan = options.plan_ports().unwrap();
        let mut numbers = Vec::new();
        for node in &plan.orderers {
            numbers.extend([&node.main, &node.admin, &node.operations].map(Port::number));
        }
        for peer in &plan.peers {
            numbers.extend([&peer.main, &peer.chaincode, &peer.operations].map(Port::number));
        }
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((numbers.len(), count), (297, 297));
    }
}
