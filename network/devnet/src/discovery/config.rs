//! A channel's configuration as discovery tells it: organisations, and where the orderers are.
//!
//! Source: `discovery/support/config`.

use std::collections::BTreeMap;

use fabric_protos::{
    common::{Config, ConfigGroup, OrdererAddresses},
    discovery::{ConfigResult, Endpoint, Endpoints},
    msp::{FabricMspConfig, MspConfig},
};
use prost::Message as _;

/// `MSPConfig.type` of X.509 organisations. Others carry nothing that clients could use.
const MSP_TYPE_FABRIC: i32 = 0;

/// What clients are told of a configuration; none where it is not that of an application channel.
pub(crate) fn describe(config: &Config) -> Option<ConfigResult> {
    let root = config.channel_group.as_ref()?;
    let orderer = root.groups.get("Orderer")?;
    let application = root.groups.get("Application")?;
    let mut msps = BTreeMap::new();
    for group in orderer.groups.values().chain(application.groups.values()) {
        if let Some(msp) = msp(group)? {
            msps.entry(msp.name.clone()).or_insert(msp);
        }
    }
    Some(ConfigResult {
        msps,
        orderers: orderers(root, orderer)?,
    })
}

/// The endpoints of each orderer organisation; where none names its own, the channel's for all.
fn orderers(root: &ConfigGroup, orderer: &ConfigGroup) -> Option<BTreeMap<String, Endpoints>> {
    let mut by_organization = BTreeMap::new();
    for group in orderer.groups.values() {
        if let Some(msp) = msp(group)? {
            by_organization.insert(msp.name, addresses(group, "Endpoints")?);
        }
    }
    if by_organization.values().all(Vec::is_empty) {
        let everywhere = addresses(root, "OrdererAddresses")?;
        for addresses in by_organization.values_mut() {
            addresses.clone_from(&everywhere);
        }
    }
    let organizations = by_organization.into_iter();
    Some(
        organizations
            .map(|(msp_id, addresses)| {
                let endpoint = addresses.iter().filter_map(|address| endpoint(address));
                let endpoint = endpoint.collect();
                (msp_id, Endpoints { endpoint })
            })
            .collect(),
    )
}

fn addresses(group: &ConfigGroup, name: &str) -> Option<Vec<String>> {
    match group.values.get(name) {
        Some(value) => Some(
            OrdererAddresses::decode(value.value.clone())
                .ok()?
                .addresses,
        ),
        None => Some(Vec::new()),
    }
}

/// Host and port; an address without them is left out.
fn endpoint(address: &str) -> Option<Endpoint> {
    let (host, port) = address.rsplit_once(':')?;
    Some(Endpoint {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
    })
}

/// The organisation of a group; the inner option is empty for one that is not X.509.
fn msp(group: &ConfigGroup) -> Option<Option<FabricMspConfig>> {
    let value = group.values.get("MSP")?;
    let config = MspConfig::decode(value.value.clone()).ok()?;
    if config.r#type != MSP_TYPE_FABRIC {
        return Some(None);
    }
    FabricMspConfig::decode(config.config).ok().map(Some)
}
