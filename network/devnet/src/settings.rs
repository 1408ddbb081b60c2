//! How a network was started, beyond what it consists of: kept in its folder, so that it goes on in
//! the same way.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Builder, Compat, Cut, Ports, limits::EXECUTE_TIMEOUT};

/// What [`Builder::settings`] takes to start a network as it was started before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where its endpoints listen.
    pub ports: Ports,
    /// When blocks are cut.
    pub cut: Cut,
    /// The same of channels that differ, by name.
    pub channel_cuts: BTreeMap<String, Cut>,
    /// Whether rich queries are answered.
    pub rich_queries: bool,
    /// The version of Fabric that the network behaves as.
    pub compat: Compat,
    /// How long a chaincode may take over one transaction.
    pub execute_timeout: Duration,
    /// Whether blocks and state are in memory alone.
    pub ephemeral: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ports: Ports::default(),
            cut: Cut::default(),
            channel_cuts: BTreeMap::new(),
            rich_queries: false,
            compat: Compat::default(),
            execute_timeout: EXECUTE_TIMEOUT,
            ephemeral: false,
        }
    }
}

impl Settings {
    pub(crate) fn of(builder: &Builder) -> Self {
        let channels = builder.channels.iter();
        let cuts = channels.filter_map(|spec| Some((spec.name.clone(), spec.cut.clone()?)));
        Self {
            ports: builder.ports.clone(),
            cut: builder.cut.clone(),
            channel_cuts: cuts.collect(),
            rich_queries: builder.rich_queries,
            compat: builder.compat,
            execute_timeout: builder.execute_timeout,
            ephemeral: builder.ephemeral,
        }
    }
}

impl Builder {
    /// The settings of a network that ran before, for the channels that the builder has by now.
    /// Whether it was kept in memory is not among them: then there is nothing to go on with.
    pub fn settings(mut self, settings: &Settings) -> Self {
        self.ports = settings.ports.clone();
        self.cut = settings.cut.clone();
        for spec in &mut self.channels {
            spec.cut = settings.channel_cuts.get(&spec.name).cloned();
        }
        self.rich_queries = settings.rich_queries;
        self.compat = settings.compat;
        self.execute_timeout = settings.execute_timeout;
        self
    }
}
