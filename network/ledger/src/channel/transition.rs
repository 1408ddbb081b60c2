//! Which configuration can follow which. (Fabric: common/channelconfig/bundle.go, `ValidateNew`)

use std::collections::BTreeMap;

use super::bundle::Bundle;

/// Why a configuration cannot follow the present one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// A group that stays once it is there.
    #[error("current config has {0} section, but new config does not")]
    Removed(&'static str),
    /// A group that comes with the first configuration or never.
    #[error("current config has no consortiums section, but new config does")]
    Consortiums,
    /// The consensus type changes where the capabilities do not know of that.
    #[error("attempted to change consensus type from {from} to {to}")]
    ConsensusType {
        /// The present one.
        from: String,
        /// The next one.
        to: String,
    },
    /// With `V3_0` each organisation says where its orderers are.
    #[error("illegal orderer config update detected: endpoints of org {0} are missing")]
    MissingEndpoints(String),
    /// An organisation keeps its MSP id.
    #[error("{kind} org {organization} attempted to change MSP ID from {from} to {to}")]
    MspId {
        /// `application` or `orderer`.
        kind: &'static str,
        /// Name of its group.
        organization: String,
        /// The present one.
        from: String,
        /// The next one.
        to: String,
    },
}

pub(super) fn check(current: &Bundle, next: &Bundle) -> Result<(), TransitionError> {
    check_orderers(current, next)?;
    if let Some(known) = &current.application {
        let next = next.application.as_ref();
        let next = next.ok_or(TransitionError::Removed("application"))?;
        check_msp_ids("application", &known.organizations, &next.organizations)?;
    }
    match (current.has_consortiums, next.has_consortiums) {
        (true, false) => Err(TransitionError::Removed("consortiums")),
        (false, true) => Err(TransitionError::Consortiums),
        _ => Ok(()),
    }
}

fn check_orderers(current: &Bundle, next: &Bundle) -> Result<(), TransitionError> {
    let Some(known) = &current.orderer else {
        return Ok(());
    };
    let orderer = next.orderer.as_ref();
    let orderer = orderer.ok_or(TransitionError::Removed("orderer"))?;
    let (from, to) = (&known.consensus.r#type, &orderer.consensus.r#type);
    if !current.capabilities.allow_migration() && from != to {
        let (from, to) = (from.clone(), to.clone());
        return Err(TransitionError::ConsensusType { from, to });
    }
    if !current.capabilities.are_v3() && next.capabilities.are_v3() {
        let mut organizations = orderer.organizations.iter();
        if let Some((name, _)) = organizations.find(|(_, found)| !found.has_endpoints) {
            return Err(TransitionError::MissingEndpoints(name.clone()));
        }
    }
    let ids = |config: &super::OrdererConfig| -> BTreeMap<String, String> {
        let organizations = config.organizations.iter();
        organizations
            .map(|(name, found)| (name.clone(), found.msp_id.clone()))
            .collect()
    };
    check_msp_ids("orderer", &ids(known), &ids(orderer))
}

fn check_msp_ids(
    kind: &'static str,
    current: &BTreeMap<String, String>,
    next: &BTreeMap<String, String>,
) -> Result<(), TransitionError> {
    for (organization, from) in current {
        match next.get(organization) {
            Some(to) if to != from => {
                return Err(TransitionError::MspId {
                    kind,
                    organization: organization.clone(),
                    from: from.clone(),
                    to: to.clone(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}
