//! Capabilities: which features a configuration asks its members for. (Fabric: common/capabilities)

use std::collections::BTreeSet;

use fabric_protos::common;

/// Whose capabilities; each group has its own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapabilityLevel {
    /// `/Channel`: peers and orderers.
    Channel,
    /// `/Channel/Orderer`: orderers.
    Orderer,
    /// `/Channel/Application`: peers.
    Application,
}

impl CapabilityLevel {
    fn name(self) -> &'static str {
        match self {
            Self::Channel => "Channel",
            Self::Orderer => "Orderer",
            Self::Application => "Application",
        }
    }

    /// What Fabric 3.1 supports.
    fn supported(self) -> &'static [&'static str] {
        match self {
            Self::Channel => &["V1_1", "V1_3", "V1_4_2", "V1_4_3", "V2_0", "V3_0"],
            Self::Orderer => &["V1_1", "V1_4_2", "V2_0"],
            Self::Application => &[
                "V1_1",
                "V1_2",
                "V1_3",
                "V1_4_2",
                "V2_0",
                "V2_5",
                "V1_1_PVTDATA_EXPERIMENTAL",
                "V1_1_RESOURCETREE_EXPERIMENTAL",
            ],
        }
    }
}

/// A capability that this release does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} capability {name} is required but not supported", level.name())]
pub struct UnsupportedCapability {
    /// Whose.
    pub level: CapabilityLevel,
    /// Its name, such as `V2_0`.
    pub name: String,
}

/// The capabilities of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capabilities {
    level: CapabilityLevel,
    names: BTreeSet<String>,
}

impl Capabilities {
    pub(super) fn new(level: CapabilityLevel, value: common::Capabilities) -> Self {
        Self {
            level,
            names: value.capabilities.into_keys().collect(),
        }
    }

    fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.names.contains(*name))
    }

    /// Whether all of them are known here.
    pub(super) fn check_supported(&self) -> Result<(), UnsupportedCapability> {
        let known = self.level.supported();
        let mut names = self.names.iter();
        match names.find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(UnsupportedCapability {
                level: self.level,
                name: name.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the consensus type may change. Asked of channel and orderer.
    pub(super) fn allow_migration(&self) -> bool {
        self.any(&["V1_4_2", "V1_4_3", "V2_0", "V3_0"])
    }

    /// Whether organisations may have orderer endpoints of their own. Asked of the channel.
    pub(super) fn allow_own_endpoints(&self) -> bool {
        self.any(&["V1_4_2", "V1_4_3", "V2_0", "V3_0"])
    }

    /// Whether the channel is one of Fabric 3: BFT, Ed25519 keys, no common orderer endpoints.
    pub(super) fn are_v3(&self) -> bool {
        self.any(&["V3_0"])
    }

    /// Whether the application may have access control lists.
    pub(super) fn allow_acls(&self) -> bool {
        self.any(&["V1_2", "V1_3", "V1_4_2", "V2_0", "V2_5"])
    }
}
