//! The orderers' part of a configuration. (Fabric: common/channelconfig/orderer.go)

use std::collections::BTreeMap;
use std::time::Duration;

use fabric_protos::common::{ConfigGroup, OrdererAddresses, Orderers};
use fabric_protos::msp::MspConfig;
use fabric_protos::orderer::{
    self, BatchTimeout, ChannelRestrictions, ConsensusType, KafkaBrokers,
};

use super::error::GroupError;
use super::organizations::Organizations;
use super::{check_values, get, probe};
use crate::channel::capabilities::{Capabilities, CapabilityLevel};
use crate::channel::duration::GoDuration;

/// How the ordering service of a channel works.
#[derive(Clone, Debug)]
pub struct OrdererConfig {
    pub(in crate::channel) consensus: ConsensusType,
    pub(in crate::channel) capabilities: Capabilities,
    pub(in crate::channel) organizations: BTreeMap<String, OrdererOrganization>,
    batch_size: BatchSize,
    batch_timeout: Duration,
}

/// When a block is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    /// Transactions of a block.
    pub max_message_count: u32,
    /// Bytes of a transaction, and of a block.
    pub absolute_max_bytes: u32,
    /// Bytes of a block of more than one transaction.
    pub preferred_max_bytes: u32,
}

/// An organisation that runs orderers.
#[derive(Clone, Debug)]
pub(in crate::channel) struct OrdererOrganization {
    pub(in crate::channel) msp_id: String,
    pub(in crate::channel) has_endpoints: bool,
}

impl OrdererConfig {
    /// When a block is full.
    #[must_use]
    pub fn batch_size(&self) -> BatchSize {
        self.batch_size
    }

    /// How long the first transaction of a block waits for others.
    #[must_use]
    pub fn batch_timeout(&self) -> Duration {
        self.batch_timeout
    }

    /// Whether the channel is under maintenance, and orders nothing but configurations.
    #[must_use]
    pub fn is_under_maintenance(&self) -> bool {
        self.consensus.state() == orderer::consensus_type::State::Maintenance
    }

    pub(super) fn read(
        group: &ConfigGroup,
        organizations: &mut Organizations<'_>,
        channel: &Capabilities,
    ) -> Result<Self, GroupError> {
        check_values(&group.values, |name, value| {
            Some(match name {
                "ConsensusType" => probe::<ConsensusType>(value),
                "BatchSize" => probe::<orderer::BatchSize>(value),
                "BatchTimeout" => probe::<BatchTimeout>(value),
                "KafkaBrokers" => probe::<KafkaBrokers>(value),
                "ChannelRestrictions" => probe::<ChannelRestrictions>(value),
                "Orderers" => probe::<Orderers>(value),
                "Capabilities" => probe::<fabric_protos::common::Capabilities>(value),
                _ => return None,
            })
        })?;
        let batch_size = batch_size(get(group, "BatchSize"))?;
        let batch_timeout = batch_timeout(&get(group, "BatchTimeout"))?;
        let mut known = BTreeMap::new();
        for (name, group) in &group.groups {
            let organization = organization(name, group, organizations, channel)?;
            known.insert(name.clone(), organization);
        }
        let without = known.iter().filter(|(_, found)| !found.has_endpoints);
        let without: Vec<String> = without.map(|(name, _)| name.clone()).collect();
        if channel.are_v3() && !without.is_empty() {
            return Err(GroupError::MissingEndpoints(without));
        }
        Ok(Self {
            consensus: get(group, "ConsensusType"),
            capabilities: Capabilities::new(CapabilityLevel::Orderer, get(group, "Capabilities")),
            organizations: known,
            batch_size,
            batch_timeout,
        })
    }
}

fn batch_size(size: orderer::BatchSize) -> Result<BatchSize, GroupError> {
    let fields = [
        ("max message count", size.max_message_count),
        ("absolute max bytes", size.absolute_max_bytes),
        ("preferred max bytes", size.preferred_max_bytes),
    ];
    if let Some((name, _)) = fields.into_iter().find(|(_, value)| *value == 0) {
        return Err(GroupError::ZeroBatchSize(name));
    }
    if size.preferred_max_bytes > size.absolute_max_bytes {
        return Err(GroupError::PreferredAboveAbsolute {
            preferred: size.preferred_max_bytes,
            absolute: size.absolute_max_bytes,
        });
    }
    Ok(BatchSize {
        max_message_count: size.max_message_count,
        absolute_max_bytes: size.absolute_max_bytes,
        preferred_max_bytes: size.preferred_max_bytes,
    })
}

fn batch_timeout(value: &BatchTimeout) -> Result<Duration, GroupError> {
    let timeout = GoDuration::parse(&value.timeout).map_err(GroupError::BatchTimeout)?;
    match u64::try_from(timeout.0) {
        Ok(nanoseconds @ 1..) => Ok(Duration::from_nanos(nanoseconds)),
        _ => Err(GroupError::NonPositiveBatchTimeout(timeout.to_string())),
    }
}

fn organization(
    name: &str,
    group: &ConfigGroup,
    organizations: &mut Organizations<'_>,
    channel: &Capabilities,
) -> Result<OrdererOrganization, GroupError> {
    if !group.groups.is_empty() {
        return Err(GroupError::SubGroups("OrdererOrg"));
    }
    if group.values.contains_key("Endpoints") && !channel.allow_own_endpoints() {
        return Err(GroupError::EndpointsWithoutCapability(name.to_owned()));
    }
    check_values(&group.values, |name, value| {
        Some(match name {
            "Endpoints" => probe::<OrdererAddresses>(value),
            "MSP" => probe::<MspConfig>(value),
            _ => return None,
        })
    })?;
    let endpoints: OrdererAddresses = get(group, "Endpoints");
    Ok(OrdererOrganization {
        msp_id: organizations.add(name, group)?,
        has_endpoints: !endpoints.addresses.is_empty(),
    })
}
