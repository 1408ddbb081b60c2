//! The organisations of a configuration: each one's MSP has to be usable, and one MSP id stands for
//! one definition. (Fabric: common/channelconfig/msp.go)

use std::collections::HashMap;

use fabric_msp::MspError;
use fabric_protos::common::ConfigGroup;
use fabric_protos::msp::{FabricMspConfig, MspConfig};
use prost::Message;

use super::error::{GroupError, ValueError};

/// `MSPConfig.type` of X.509 organisations.
const TYPE_FABRIC: i32 = 0;
/// `MSPConfig.type` of organisations whose members stay unknown.
const TYPE_IDEMIX: i32 = 1;

/// The organisations seen so far.
pub(super) struct Organizations<'a> {
    set_up: &'a dyn Fn(&FabricMspConfig) -> Result<String, MspError>,
    known: HashMap<String, MspConfig>,
}

impl<'a> Organizations<'a> {
    pub(super) fn new(set_up: &'a dyn Fn(&FabricMspConfig) -> Result<String, MspError>) -> Self {
        Self {
            set_up,
            known: HashMap::new(),
        }
    }

    /// Checks the MSP of an organisation's group; gives its id.
    pub(super) fn add(&mut self, name: &str, group: &ConfigGroup) -> Result<String, GroupError> {
        let config: MspConfig = super::get(group, "MSP");
        if !matches!(config.r#type, TYPE_FABRIC | TYPE_IDEMIX) {
            return Err(GroupError::UnsupportedMspType(config.r#type));
        }
        // Both kinds begin with the name.
        let definition = FabricMspConfig::decode(config.config.clone());
        let id = match config.r#type {
            TYPE_IDEMIX => definition
                .map(|definition| definition.name)
                .unwrap_or_default(),
            _ => {
                let definition = definition.map_err(|reason| ValueError::Undecodable {
                    name: "MSP".to_owned(),
                    reason,
                })?;
                (self.set_up)(&definition).map_err(|source| GroupError::Msp(Box::new(source)))?
            }
        };
        match self.known.get(&id) {
            Some(known) if *known != config => return Err(GroupError::DifferingMsps(id)),
            Some(_) => {}
            None => {
                self.known.insert(id.clone(), config);
            }
        }
        match id.is_empty() {
            true => Err(GroupError::UnnamedMsp(name.to_owned())),
            false => Ok(id),
        }
    }
}
