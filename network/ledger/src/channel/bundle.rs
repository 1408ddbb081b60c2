//! What a configuration says beside policies, and whether a node of Fabric would take it.
//! (Fabric: common/channelconfig)

mod error;
mod orderer;
mod organizations;
mod policies;

use std::collections::BTreeMap;

use fabric_msp::{Msp, MspError};
use fabric_protos::common::{
    BlockDataHashingStructure, Config, ConfigGroup, ConfigValue, Consortium, HashingAlgorithm,
    OrdererAddresses, Orderers,
};
use fabric_protos::msp::{FabricMspConfig, MspConfig};
use fabric_protos::peer::{AcLs, AnchorPeers};
use prost::Message;

use super::capabilities::{Capabilities, CapabilityLevel};
use super::update::elements;

pub use error::{BundleError, GroupError, PolicyDefinitionError, ValueError, ValuesError};
pub use orderer::{BatchSize, OrdererConfig};
use organizations::Organizations;

/// A configuration that a node of Fabric would take.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    pub(super) capabilities: Capabilities,
    pub(super) orderer: Option<OrdererConfig>,
    pub(super) application: Option<Application>,
    pub(super) has_consortiums: bool,
}

/// The application's part of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) capabilities: Capabilities,
    /// MSP id by name of the organisation's group.
    pub(super) organizations: BTreeMap<String, String>,
    acls: AcLs,
}

impl Application {
    /// Path of the policy that the access control list has for a resource.
    pub(super) fn acl(&self, resource: &str) -> Option<String> {
        let reference = &self.acls.acls.get(resource)?.policy_ref;
        match reference.as_bytes() {
            [] => None,
            [b'/', ..] => Some(reference.clone()),
            _ => Some(format!("/Channel/Application/{reference}")),
        }
    }
}

impl Bundle {
    /// Reads a configuration and checks all of it, as a node does before it takes it.
    pub(super) fn new(config: &Config) -> Result<Self, BundleError> {
        Self::read(config, |config| {
            Ok(Msp::from_config(config)?.id().to_owned())
        })
    }

    /// The same, of a configuration whose organisations have been set up already.
    pub(super) fn of_known(config: &Config) -> Result<Self, BundleError> {
        Self::read(config, |config| Ok(config.name.clone()))
    }

    fn read(
        config: &Config,
        set_up: impl Fn(&FabricMspConfig) -> Result<String, MspError>,
    ) -> Result<Self, BundleError> {
        let root = config.channel_group.as_ref();
        let root = root.ok_or(BundleError::NoChannelGroup)?;
        check_order_of_capabilities(root)?;
        let bundle = Self::read_values(root, &set_up)?;
        policies::check("Channel", root).map_err(BundleError::Policies)?;
        elements::check(root).map_err(BundleError::Keys)?;
        Ok(bundle)
    }

    fn read_values(
        root: &ConfigGroup,
        set_up: &dyn Fn(&FabricMspConfig) -> Result<String, MspError>,
    ) -> Result<Self, ValuesError> {
        check_values(&root.values, |name, value| {
            Some(match name {
                "HashingAlgorithm" => probe::<HashingAlgorithm>(value),
                "BlockDataHashingStructure" => probe::<BlockDataHashingStructure>(value),
                "OrdererAddresses" => probe::<OrdererAddresses>(value),
                "Orderers" => probe::<Orderers>(value),
                "Consortium" => probe::<Consortium>(value),
                "Capabilities" => probe::<fabric_protos::common::Capabilities>(value),
                _ => return None,
            })
        })
        .map_err(ValuesError::Values)?;
        let capabilities = Capabilities::new(CapabilityLevel::Channel, get(root, "Capabilities"));
        check_channel(root, &capabilities)?;
        let mut organizations = Organizations::new(set_up);
        let mut bundle = Self {
            capabilities,
            orderer: None,
            application: None,
            has_consortiums: false,
        };
        for (name, group) in &root.groups {
            let read = match name.as_str() {
                "Application" => Application::read(group, &mut organizations)
                    .map(|application| bundle.application = Some(application)),
                "Orderer" => OrdererConfig::read(group, &mut organizations, &bundle.capabilities)
                    .map(|orderer| bundle.orderer = Some(orderer)),
                "Consortiums" => {
                    bundle.has_consortiums = true;
                    Ok(())
                }
                _ => return Err(ValuesError::DisallowedGroup(name.clone())),
            };
            read.map_err(|source| ValuesError::Group {
                name: name.clone(),
                source,
            })?;
        }
        Ok(bundle)
    }
}

impl Application {
    fn read(
        group: &ConfigGroup,
        organizations: &mut Organizations<'_>,
    ) -> Result<Self, GroupError> {
        check_values(&group.values, |name, value| {
            Some(match name {
                "ACLs" => probe::<AcLs>(value),
                "Capabilities" => probe::<fabric_protos::common::Capabilities>(value),
                _ => return None,
            })
        })?;
        let capabilities =
            Capabilities::new(CapabilityLevel::Application, get(group, "Capabilities"));
        if group.values.contains_key("ACLs") && !capabilities.allow_acls() {
            return Err(GroupError::AclsWithoutCapability);
        }
        let mut known = BTreeMap::new();
        for (name, group) in &group.groups {
            if !group.groups.is_empty() {
                return Err(GroupError::SubGroups("ApplicationOrg"));
            }
            check_values(&group.values, |name, value| {
                Some(match name {
                    "AnchorPeers" => probe::<AnchorPeers>(value),
                    "MSP" => probe::<MspConfig>(value),
                    _ => return None,
                })
            })?;
            known.insert(name.clone(), organizations.add(name, group)?);
        }
        Ok(Self {
            capabilities,
            organizations: known,
            acls: get(group, "ACLs"),
        })
    }
}

/// Channels and applications ask for capabilities only where orderers can be asked too.
fn check_order_of_capabilities(root: &ConfigGroup) -> Result<(), BundleError> {
    let has = |group: &ConfigGroup| group.values.contains_key("Capabilities");
    let orderer = root.groups.get("Orderer");
    if orderer.is_none_or(has) {
        return Ok(());
    }
    if has(root) {
        return Err(BundleError::CapabilitiesWithoutOrderers("channel"));
    }
    match root.groups.get("Application").is_some_and(has) {
        true => Err(BundleError::CapabilitiesWithoutOrderers("application")),
        false => Ok(()),
    }
}

fn check_channel(root: &ConfigGroup, capabilities: &Capabilities) -> Result<(), ValuesError> {
    let hashing: HashingAlgorithm = get(root, "HashingAlgorithm");
    if !matches!(hashing.name.as_str(), "SHA256" | "SHA3_256") {
        return Err(ValuesError::HashingAlgorithm(hashing.name));
    }
    let structure: BlockDataHashingStructure = get(root, "BlockDataHashingStructure");
    if structure.width != u32::MAX {
        return Err(ValuesError::HashingStructure);
    }
    let addresses: OrdererAddresses = get(root, "OrdererAddresses");
    if !capabilities.allow_own_endpoints() && addresses.addresses.is_empty() {
        return Err(ValuesError::NoOrdererAddresses);
    }
    match capabilities.are_v3() && !addresses.addresses.is_empty() {
        true => Err(ValuesError::CommonOrdererAddresses),
        false => Ok(()),
    }
}

/// Whether every value of a group is known there and decodes.
fn check_values(
    values: &BTreeMap<String, ConfigValue>,
    probe: impl Fn(&str, &ConfigValue) -> Option<Result<(), prost::DecodeError>>,
) -> Result<(), ValueError> {
    for (name, value) in values {
        match probe(name, value) {
            Some(Ok(())) => {}
            Some(Err(reason)) => {
                let name = name.clone();
                return Err(ValueError::Undecodable { name, reason });
            }
            None => return Err(ValueError::UnexpectedKey(name.clone())),
        }
    }
    Ok(())
}

fn probe<M: Message + Default>(value: &ConfigValue) -> Result<(), prost::DecodeError> {
    M::decode(value.value.clone()).map(drop)
}

/// A value of a group whose values have been checked; the default where it is not there.
fn get<M: Message + Default>(group: &ConfigGroup, name: &str) -> M {
    let value = group.values.get(name);
    let decoded = value.and_then(|value| M::decode(value.value.clone()).ok());
    decoded.unwrap_or_default()
}
