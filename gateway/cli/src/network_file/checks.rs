//! What must hold between the parts of a network file, so that a mistake is told before anything
//! starts.

use std::collections::BTreeSet;

use fabric_msp::layout::organization_msp_id;
use serde_saphyr::Spanned;

use super::{Chaincode, List, NetworkFile, entries};

/// Organisations of a network that names none.
pub(super) const DEFAULT_ORGANIZATIONS: usize = 2;

/// The channel of a network that names none.
pub(super) const DEFAULT_CHANNEL: &str = "mychannel";

impl NetworkFile {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.check_organizations()?;
        self.check_channels()?;
        self.check_values()?;
        for (index, chaincode) in self.content.chaincodes.iter().enumerate() {
            self.check_chaincode(chaincode)?;
            for earlier in &self.content.chaincodes[..index] {
                self.check_both(earlier, chaincode)?;
            }
        }
        // Whatever else a builder refuses is refused before a network starts.
        self.apply(fabric_devnet::Network::builder()).map(drop)
    }

    fn check_organizations(&self) -> anyhow::Result<()> {
        let organizations = &self.content.organizations;
        self.check_list(organizations, "organizations", "two of them")?;
        for (number, organization) in (1..).zip(entries(organizations)) {
            let expected = organization_msp_id(number);
            if organization.name.value != expected {
                let what = format!(
                    "organisation {number} cannot be called `{}`; write `name: {expected}`, for the embedded network numbers its organisations",
                    organization.name.value
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
        let channels = &self.content.channels;
        self.check_list(channels, "channels", "one called mychannel")?;
        let mut names = BTreeSet::new();
        for channel in entries(channels) {
            if !names.insert(&channel.name.value) {
                let what = format!(
                    "channel `{}` is there twice; give each channel a name of its own",
                    channel.name.value
                );
                return Err(self.wrong(&channel.name, &what));
            }
            self.check_list(
                &channel.organizations,
                "organizations",
                "all of the network",
            )?;
            self.check_unique(entries(&channel.organizations))?;
            for member in entries(&channel.organizations) {
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
        self.check_list(&chaincode.channels, "channels", "the first one")?;
        self.check_unique(entries(&chaincode.channels))?;
        for channel in entries(&chaincode.channels) {
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

    /// Refuses two chaincodes of which the second would silently take the place of the first.
    fn check_both(&self, first: &Chaincode, second: &Chaincode) -> anyhow::Result<()> {
        let name = &second.name.value;
        if first.name.value != *name {
            return Ok(());
        }
        let line = first.name.referenced.line();
        if first.address.value != second.address.value {
            let what = format!(
                "chaincode `{name}` has another address than in line {line}; give one of them another name"
            );
            return Err(self.wrong(&second.address, &what));
        }
        let on = self.channels_of(first);
        match self
            .channels_of(second)
            .find(|channel| on.clone().any(|other| other == *channel))
        {
            None => Ok(()),
            Some(channel) => {
                let what = format!(
                    "chaincode `{name}` is on channel `{channel}` since line {line}; leave one of them away, or name other `channels`"
                );
                Err(self.wrong(&second.name, &what))
            }
        }
    }

    /// Refuses values that nobody can mean.
    fn check_values(&self) -> anyhow::Result<()> {
        if let Some(seed) = &self.content.seed
            && seed.value.is_empty()
        {
            let what = "`seed` is empty, which anybody could guess; write a text, or leave it away for random keys";
            return Err(self.wrong(seed, what));
        }
        if let Some(timeout) = &self.content.execute_timeout
            && self.duration(timeout)?.is_zero()
        {
            let what = "`execute-timeout` leaves chaincodes no time; write a duration such as 30s, which is the default";
            return Err(self.wrong(timeout, what));
        }
        Ok(())
    }

    /// Refuses a list of nothing, which would mean the default.
    fn check_list<T>(&self, list: &List<T>, field: &str, default: &str) -> anyhow::Result<()> {
        match list {
            Some(list) if list.value.is_empty() => {
                let what = format!("`{field}` is empty; list some, or leave it away for {default}");
                Err(self.wrong(list, &what))
            }
            _ => Ok(()),
        }
    }

    fn check_unique(&self, names: &[Spanned<String>]) -> anyhow::Result<()> {
        let mut seen = BTreeSet::new();
        let twice = names.iter().find(|name| !seen.insert(&name.value));
        twice.map_or(Ok(()), |name| {
            let what = format!("`{}` is there twice; leave one of them away", name.value);
            Err(self.wrong(name, &what))
        })
    }

    fn has_channel(&self, name: &Spanned<String>) -> bool {
        self.channels().any(|channel| channel == name.value)
    }

    /// Names of the network's channels.
    fn channels(&self) -> impl Iterator<Item = &str> + Clone {
        let named = entries(&self.content.channels).iter();
        let default = named.len() == 0;
        let named = named.map(|channel| channel.name.value.as_str());
        named.chain(default.then_some(DEFAULT_CHANNEL))
    }

    /// Names of a chaincode's channels.
    fn channels_of<'a>(
        &'a self,
        chaincode: &'a Chaincode,
    ) -> impl Iterator<Item = &'a str> + Clone {
        let named = entries(&chaincode.channels).iter();
        let default = if named.len() == 0 {
            self.channels().next()
        } else {
            None
        };
        named.map(|channel| channel.value.as_str()).chain(default)
    }
}
