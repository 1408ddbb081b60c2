//! What an organisation should consist of.

use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::OrganizationError;
use crate::layout;

/// Names of servers that every node answers to besides its host name: a development network is
/// reached on this machine.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// 2024-01-01 00:00:00 UTC, from when certificates with a seed are valid.
const SEEDED_FROM: Duration = Duration::from_secs(1_704_067_200);
/// 2049-12-31 23:59:00 UTC, the last minute for which certificates have the usual form of dates.
const SEEDED_UNTIL: Duration = Duration::from_secs(2_524_607_940);
/// Ten years of 365 days, as `cryptogen` gives.
const VALIDITY: Duration = Duration::from_secs(3650 * 24 * 3600);
/// Machines whose clocks are a little behind accept a new certificate too.
const BACKDATED: Duration = Duration::from_secs(5 * 60);
/// A common name has at most 64 characters (RFC 5280, ub-common-name); the longest one made here
/// puts `tlsca.` or a user's name before the domain.
const DOMAIN_LENGTH_MAX: usize = 50;
/// Enough for any test; a typing error should not make keys for an hour.
const MEMBERS_MAX: usize = 10_000;

/// What the nodes of an organisation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationKind {
    /// Peers.
    Peer,
    /// Orderers.
    Orderer,
}

/// A node of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Short host name, such as `peer0`.
    pub host: String,
    /// Further names and addresses for its TLS certificate.
    pub alternative_names: Vec<String>,
}

impl NodeSpec {
    /// A node that is reached as `localhost` too.
    pub fn local(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            alternative_names: LOCAL_NAMES.map(str::to_owned).to_vec(),
        }
    }
}

/// An organisation to generate. The constructors give what `fabric-samples/test-network` has; every field
/// may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSpec {
    /// What its nodes are.
    pub kind: OrganizationKind,
    /// Name on channels, such as `Org1MSP`.
    pub msp_id: String,
    /// Domain, such as `org1.example.com`.
    pub domain: String,
    /// Its peers or orderers.
    pub nodes: Vec<NodeSpec>,
    /// How many users `User1`, `User2`, ... besides `Admin`.
    pub users: usize,
    /// First moment of all certificates.
    pub not_before: SystemTime,
    /// Last moment of all certificates.
    pub not_after: SystemTime,
    /// What keys, serial numbers and signatures are derived from; random ones where there is none.
    pub seed: Option<[u8; 32]>,
}

impl OrganizationSpec {
    /// Organisation of peers by number, from 1: `org1.example.com`, `Org1MSP`, `peer0`, `User1`.
    #[must_use]
    pub fn peer(number: usize) -> Self {
        Self {
            kind: OrganizationKind::Peer,
            msp_id: layout::organization_msp_id(number),
            domain: layout::organization_domain(number),
            nodes: vec![NodeSpec::local("peer0")],
            users: 1,
            ..Self::orderer()
        }
    }

    /// The organisation of the orderer: `example.com`, `OrdererMSP`, `orderer`.
    #[must_use]
    pub fn orderer() -> Self {
        let not_before = SystemTime::now() - BACKDATED;
        Self {
            kind: OrganizationKind::Orderer,
            msp_id: layout::ORDERER_MSP_ID.to_owned(),
            domain: layout::ORDERER_DOMAIN.to_owned(),
            nodes: vec![NodeSpec::local(layout::ORDERER_HOST)],
            users: 0,
            not_before,
            not_after: not_before + VALIDITY,
            seed: None,
        }
    }

    /// The same organisation with peers `peer0`, `peer1`, ...
    #[must_use]
    pub fn with_peers(mut self, count: usize) -> Self {
        self.nodes = (0..count)
            .map(|number| NodeSpec::local(format!("peer{number}")))
            .collect();
        self
    }

    /// The same organisation with keys, serial numbers, dates and signatures that a text
    /// determines: whoever knows the text has the keys, and two organisations made so are one.
    #[must_use]
    pub fn seeded(mut self, seed: &str) -> Self {
        self.seed = Some(Sha256::digest(seed).into());
        self.not_before = SystemTime::UNIX_EPOCH + SEEDED_FROM;
        self.not_after = SystemTime::UNIX_EPOCH + SEEDED_UNTIL;
        self
    }

    /// The same organisation with so many users.
    #[must_use]
    pub fn with_users(mut self, count: usize) -> Self {
        self.users = count;
        self
    }

    pub(super) fn check(&self) -> Result<(), OrganizationError> {
        let invalid = |reason| Err(OrganizationError::InvalidSpec { reason });
        if self.msp_id.is_empty() || !is_host_name(&self.domain) {
            return invalid("the MSP id must not be empty and the domain must be a host name");
        }
        if self.domain.len() > DOMAIN_LENGTH_MAX {
            return invalid("the domain is too long for a common name");
        }
        if !self.nodes.iter().all(|node| is_host_name(&node.host)) {
            return invalid("every node must have a host name of letters, digits, `-` and `.`");
        }
        if self.nodes.len().saturating_add(self.users) > MEMBERS_MAX {
            return invalid("it has more than 10000 members");
        }
        if self.not_before >= self.not_after {
            return invalid("its certificates end before they begin");
        }
        Ok(())
    }
}

/// Names become folders, so they must not lead out of theirs.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(is_label)
}
