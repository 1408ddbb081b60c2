//! The steps in which the consensus type of a channel changes: into maintenance, the type, out of
//! maintenance. (Fabric: orderer/common/msgprocessor/maintenancefilter.go)

use fabric_protos::common::{ConfigEnvelope, ConfigUpdate};
use fabric_protos::orderer::consensus_type::State;
use prost::Message;

use super::bundle::OrdererConfig;
use super::update::{self, text};

/// Why the consensus type cannot change so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MaintenanceError {
    /// The capabilities of the orderers do not know of maintenance.
    #[error(
        "next config attempted to change ConsensusType.State to {0}, but capability is disabled"
    )]
    StateWithoutCapability(&'static str),
    /// The capabilities of the orderers do not know of changes of the type.
    #[error(
        "next config attempted to change ConsensusType.Type from {from} to {to}, but capability is disabled"
    )]
    TypeWithoutCapability {
        /// The present type.
        from: String,
        /// The next type.
        to: String,
    },
    /// Maintenance begins and ends alone. The text says what else changes.
    #[error("{0}")]
    NotAlone(String),
    /// The type changes with the state.
    #[error(
        "attempted to change ConsensusType.Type from {from} to {to}, but ConsensusType.State is changing from {state} to {next_state}"
    )]
    TypeWithState {
        /// The present type.
        from: String,
        /// The next type.
        to: String,
        /// The present state.
        state: &'static str,
        /// The next state.
        next_state: &'static str,
    },
    /// The metadata changes with the state.
    #[error(
        "attempted to change ConsensusType.Metadata, but ConsensusType.State is changing from {state} to {next_state}"
    )]
    MetadataWithState {
        /// The present state.
        state: &'static str,
        /// The next state.
        next_state: &'static str,
    },
    /// The type changes outside of maintenance.
    #[error(
        "attempted to change consensus type from {from} to {to}, but {which} config ConsensusType.State is not in maintenance mode"
    )]
    NotUnderMaintenance {
        /// The present type.
        from: String,
        /// The next type.
        to: String,
        /// `current` or `next`.
        which: &'static str,
    },
    /// A type that is no successor of the present one. To `BFT` only real orderers can change.
    #[error("attempted to change consensus type from {from} to {to}, transition not supported")]
    Unsupported {
        /// The present type.
        from: String,
        /// The next type.
        to: String,
    },
}

pub(super) fn check(
    current: &OrdererConfig,
    next: &OrdererConfig,
    proposed: &ConfigEnvelope,
) -> Result<(), MaintenanceError> {
    let (state, next_state) = (current.consensus.state(), next.consensus.state());
    let types = || {
        (
            current.consensus.r#type.clone(),
            next.consensus.r#type.clone(),
        )
    };
    let changes_type = current.consensus.r#type != next.consensus.r#type;
    if !current.capabilities.allow_migration() {
        if next_state != State::Normal {
            return Err(MaintenanceError::StateWithoutCapability(
                next_state.as_str_name(),
            ));
        }
        let (from, to) = types();
        return match changes_type {
            true => Err(MaintenanceError::TypeWithoutCapability { from, to }),
            false => Ok(()),
        };
    }
    if state != next_state {
        check_state_changes_alone(current, next, proposed)?;
    }
    if !changes_type {
        return Ok(());
    }
    let (from, to) = types();
    let which = match (state, next_state) {
        (State::Normal, _) => "current",
        (_, State::Normal) => "next",
        _ => return Err(MaintenanceError::Unsupported { from, to }),
    };
    Err(MaintenanceError::NotUnderMaintenance { from, to, which })
}

fn check_state_changes_alone(
    current: &OrdererConfig,
    next: &OrdererConfig,
    proposed: &ConfigEnvelope,
) -> Result<(), MaintenanceError> {
    check_changes(proposed).map_err(MaintenanceError::NotAlone)?;
    let state = current.consensus.state().as_str_name();
    let next_state = next.consensus.state().as_str_name();
    let (from, to) = (&current.consensus.r#type, &next.consensus.r#type);
    if from != to {
        return Err(MaintenanceError::TypeWithState {
            from: from.clone(),
            to: to.clone(),
            state,
            next_state,
        });
    }
    match current.consensus.metadata == next.consensus.metadata {
        true => Ok(()),
        false => Err(MaintenanceError::MetadataWithState { state, next_state }),
    }
}

/// Whether the update writes the consensus type and nothing else.
fn check_changes(proposed: &ConfigEnvelope) -> Result<(), String> {
    let envelope = proposed.last_update.clone().unwrap_or_default();
    let update = update::update_of(&envelope).map_err(|error| {
        let reason = text(&error);
        format!("envelope to config update unmarshalling error: {reason}")
    })?;
    let update = ConfigUpdate::decode(update.config_update).map_err(
        |_| "config update unmarshalling error: proto: cannot parse invalid wire-format data",
    )?;
    let written = update.write_set.unwrap_or_default();
    if written.groups.is_empty() {
        return Err("config update contains no changes".to_owned());
    }
    if !written.values.is_empty() {
        return Err("config update contains changes to values in group Channel".to_owned());
    }
    if written.groups.len() > 1 {
        return Err("config update contains changes to more than one group".to_owned());
    }
    let Some(orderer) = written.groups.get("Orderer") else {
        return Err("update does not contain the Orderer group".to_owned());
    };
    if !orderer.groups.is_empty() {
        return Err("config update contains changes to groups within the Orderer group".to_owned());
    }
    if !orderer.values.contains_key("ConsensusType") {
        return Err("config update does not contain the ConsensusType value".to_owned());
    }
    match orderer.values.len() {
        1 => Ok(()),
        _ => Err(
            "config update contain more then just the ConsensusType value in the Orderer group"
                .to_owned(),
        ),
    }
}
