//! What a network is started with.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::ports::{Port, is_free};

/// Every organisation has ports of its own below 32,000 in the test-network's scheme.
const ORGANIZATIONS_MAX: u16 = 12;

/// What a network is started with; every part has a default.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lives. A temporary folder by default, removed with the handle.
    pub folder: Option<PathBuf>,
    /// Folder of Fabric's programs; `FABRIC_BIN` or `PATH` by default.
    pub fabric_bin: Option<PathBuf>,
    /// Certificates and keys in cryptogen's layout, to use in place; made anew by default.
    pub organizations_dir: Option<PathBuf>,
    /// Number of organisations with a peer each: `Org1MSP`, `Org2MSP` and so on.
    pub organizations: u16,
    /// Name of the channel.
    pub channel: String,
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
            channel: "mychannel".to_owned(),
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
    /// The ports of Fabric's test-network: orderer 7050, peers 7051, 9051, 11051 and so on.
    TestNetwork,
}

/// A port for every endpoint, reserved while the value lives.
#[derive(Debug)]
pub(super) struct PortPlan {
    pub(super) orderer: Port,
    pub(super) admin: Port,
    pub(super) operations: Port,
    pub(super) peers: Vec<PeerPorts>,
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
        if (1..=ORGANIZATIONS_MAX).contains(&self.organizations) {
            return Ok(());
        }
        Err(Error::Setting {
            name: "organizations",
            value: self.organizations.to_string(),
            remedy: format!("give 1 to {ORGANIZATIONS_MAX}"),
        })
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
        let peers = (0..self.organizations).map(|index| {
            let main = 7051 + 2000 * index;
            Ok(PeerPorts {
                main: take(main)?,
                chaincode: take(main + 1)?,
                operations: take(9444 + index)?,
            })
        });
        Ok(PortPlan {
            peers: peers.collect::<Result<_, Error>>()?,
            orderer: take(7050)?,
            admin: take(7053)?,
            operations: take(9443)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_without_organisations_is_refused() {
        let options = Options {
            organizations: 0,
            ..Options::default()
        };
        assert!(
            options
                .check()
                .unwrap_err()
                .to_string()
                .contains("give 1 to")
        );
    }

    #[test]
    fn free_ports_are_all_different() {
        let plan = Options::default().plan_ports().unwrap();
        let mut numbers = vec![
            plan.orderer.number(),
            plan.admin.number(),
            plan.operations.number(),
        ];
        for peer in &plan.peers {
            numbers.extend([&peer.main, &peer.chaincode, &peer.operations].map(Port::number));
        }
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((numbers.len(), count), (9, 9));
    }
}
