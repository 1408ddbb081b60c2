//! An organisation that is to take part in a channel.

use std::collections::BTreeMap;
use std::path::Path;

use fabric_msp::{Msp, MspError};
use fabric_protos::common::ConfigGroup;
use fabric_protos::peer::{AnchorPeer, AnchorPeers};

use super::edit::{EditError, new_group, new_policy, set};
use super::{ChannelPolicy, NodeAddress, policy};
use crate::admin::policy::SignaturePolicy;

/// An organisation of peers that is to take part in a channel.
#[derive(Debug)]
pub struct NewOrganization {
    name: String,
    msp: Msp,
    policies: BTreeMap<String, ChannelPolicy>,
    anchor_peers: Vec<NodeAddress>,
}

impl NewOrganization {
    /// An organisation with the definition in an MSP folder, as `cryptogen` and Fabric's CA client
    /// make it, and the policies of Fabric's test network: readers are its administrators, peers and
    /// clients, writers its administrators and clients, and its peers endorse. Its group is named as
    /// the MSP.
    ///
    /// # Errors
    ///
    /// [`MspError`] says what nodes would refuse in the folder.
    pub fn from_msp_dir(
        dir: impl AsRef<Path>,
        msp_id: impl Into<String>,
    ) -> Result<Self, MspError> {
        let msp = Msp::from_dir(dir, msp_id)?;
        let roles: [(&str, &[&str]); 4] = [
            ("Readers", &["admin", "peer", "client"]),
            ("Writers", &["admin", "client"]),
            ("Admins", &["admin"]),
            ("Endorsement", &["peer"]),
        ];
        let policies = roles.into_iter().filter_map(|(name, roles)| {
            let roles: Vec<_> = roles
                .iter()
                .map(|role| format!("'{}.{role}'", msp.id()))
                .collect();
            // An MSP id that has no place in the text form gets no policies by it.
            let text = format!("OR({})", roles.join(", "));
            let policy = SignaturePolicy::parse(&text).ok()?;
            Some((name.to_owned(), ChannelPolicy::Signature(policy)))
        });
        Ok(Self {
            name: msp.id().to_owned(),
            policies: policies.collect(),
            msp,
            anchor_peers: Vec::new(),
        })
    }

    /// Another name for its group.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// One more policy, or another one in place of one of the same name.
    #[must_use]
    pub fn policy(mut self, name: impl Into<String>, policy: ChannelPolicy) -> Self {
        self.policies.insert(name.into(), policy);
        self
    }

    /// The peers that others contact first.
    #[must_use]
    pub fn anchor_peers(mut self, peers: impl IntoIterator<Item = NodeAddress>) -> Self {
        self.anchor_peers = peers.into_iter().collect();
        self
    }

    /// Name of its group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn to_group(&self) -> Result<ConfigGroup, EditError> {
        let mut group = new_group();
        set(&mut group, "MSP", &self.msp.to_msp_config());
        if !self.anchor_peers.is_empty() {
            let anchor_peers = self.anchor_peers.iter().map(|node| AnchorPeer {
                host: node.host.clone(),
                port: i32::try_from(node.port).unwrap_or_default(),
            });
            let anchor_peers = anchor_peers.collect();
            set(&mut group, "AnchorPeers", &AnchorPeers { anchor_peers });
        }
        for (name, policy) in &self.policies {
            let policy = new_policy(policy::to_proto(policy)?);
            group.policies.insert(name.clone(), policy);
        }
        Ok(group)
    }
}
