//! What must hold between the parts of a network file, so that a mistake is told before anything
//! starts.

use std::collections::BTreeSet;

use fabric_msp::layout::organization_msp_id;
use serde_saphyr::Spanned;

use super::{Chaincode, NetworkFile};

/// Organisations of a network that names none.
pub(super) const DEFAULT_ORGANIZATIONS: usize = 2;

/// The channel of a network that names none.
pub(super) const DEFAULT_CHANNEL: &str = "mychannel";

impl NetworkFile {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.check_organizations()?;
        self.check_channels()?;
        for chaincode in &self.content.chaincodes {
            self.check_chaincode(chaincode)?;
        }
        // Whatever else a builder refuses is refused before a network starts.
        self.apply(fabric_devnet::Network::builder()).map(drop)
    }

    fn check_organizations(&self) -> anyhow::Result<()> {
        for (number, organization) in (1..).zip(&self.content.organizations) {
            let expected = organization_msp_id(number);
            if organization.name.value != expected {
                let what = format!(
                    "organisation {number} has the name {expected}; the embedded network numbers them"
                );
                return Err(self.wrong(&organization.name, &what));
            }
            if let Some(peers) = &organization.peers
                && !(1..=20).contains(&peers.value)
            {
                return Err(self.wrong(peers, "an organisation has 1 to 20 peers"));
            }
        }
        Ok(())
    }

    fn check_channels(&self) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for channel in &self.content.channels {
            if !names.insert(&channel.name.value) {
                let what = format!("channel `{}` is there twice", channel.name.value);
                return Err(self.wrong(&channel.name, &what));
            }
            for member in &channel.organizations {
                if self.number_of(&member.value).is_none() {
                    let what = format!(
                        "channel `{}` has the member `{}`, which is no organisation of the network",
                        channel.name.value, member.value
                    );
                    return Err(self.wrong(member, &what));
                }
            }
        }
        Ok(())
    }

    fn check_chaincode(&self, chaincode: &Chaincode) -> anyhow::Result<()> {
        let name = &chaincode.name.value;
        let port = chaincode.address.value.rsplit_once(':');
        if !port.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
            let what = format!("the address of chaincode `{name}` is HOST:PORT, as 127.0.0.1:9999");
            return Err(self.wrong(&chaincode.address, &what));
        }
        for channel in &chaincode.channels {
            if !self.has_channel(channel) {
                let what = format!(
                    "chaincode `{name}` is for channel `{}`, which the network does not have",
                    channel.value
                );
                return Err(self.wrong(channel, &what));
            }
        }
        if let Some(config) = &chaincode.collections_config {
            if !chaincode.collections.is_empty() {
                let what = format!(
                    "chaincode `{name}` has `collections` and `collections-config`; give one of them"
                );
                return Err(self.wrong(config, &what));
            }
            self.collections(chaincode)?;
        }
        Ok(())
    }

    fn has_channel(&self, name: &Spanned<String>) -> bool {
        let mut channels = self.content.channels.iter();
        match self.content.channels.is_empty() {
            true => name.value == DEFAULT_CHANNEL,
            false => channels.any(|channel| channel.name.value == name.value),
        }
    }
}
