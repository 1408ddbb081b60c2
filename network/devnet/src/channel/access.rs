//! Who may do what on a channel: policies of its configuration, and its access control list.

use std::{sync::Arc, time::SystemTime};

use fabric_ledger::channel::{ChannelConfig, OrdererConfig, PolicyRefusal};
use fabric_msp::Identity;

/// Policies of the configuration that endpoints ask for (`core/aclmgmt/defaultaclprovider.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Who may read from peers.
    ApplicationReaders,
    /// Who may propose transactions.
    ApplicationWriters,
    /// Who may read from the orderer.
    ChannelReaders,
    /// Who may broadcast to the orderer.
    ChannelWriters,
    /// Who may read from the orderer while the channel is under maintenance.
    OrdererReaders,
    /// Who may broadcast to the orderer while the channel is under maintenance.
    OrdererWriters,
}

impl Policy {
    /// Where the configuration has the policy.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ApplicationReaders => "/Channel/Application/Readers",
            Self::ApplicationWriters => "/Channel/Application/Writers",
            Self::ChannelReaders => "/Channel/Readers",
            Self::ChannelWriters => "/Channel/Writers",
            Self::OrdererReaders => "/Channel/Orderer/Readers",
            Self::OrdererWriters => "/Channel/Orderer/Writers",
        }
    }

    /// The policy that an orderer asks instead while the channel is under maintenance.
    fn under_maintenance(self) -> Self {
        match self {
            Self::ChannelReaders => Self::OrdererReaders,
            Self::ChannelWriters => Self::OrdererWriters,
            other => other,
        }
    }
}

/// What a client asks for: a policy, or whichever the access control list has for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resource<'a> {
    /// Its name, such as `event/Block`; empty for what no list can say anything of.
    pub(crate) name: &'a str,
    /// Where the list says nothing.
    pub(crate) default: Policy,
}

impl From<Policy> for Resource<'_> {
    fn from(default: Policy) -> Self {
        Self { name: "", default }
    }
}

/// Why a client is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Denied {
    path: String,
    /// Whether the access control list named the policy.
    is_listed: bool,
    reason: PolicyRefusal,
}

impl Denied {
    /// The refusal as a peer words it.
    pub(crate) fn on_channel(&self, channel: &str) -> String {
        let Self { path, reason, .. } = self;
        match (self.is_listed, reason) {
            (true, PolicyRefusal::Missing(_)) => format!(
                "failed evaluating policy on signed data during check policy [{path}]: [policy {path} not found]"
            ),
            (true, reason) => format!(
                "failed evaluating policy on signed data during check policy [{path}]: [{reason}]"
            ),
            (false, reason) => format!(
                "Failed evaluating policy on signed data during check policy on channel [{channel}] with policy [{path}]: [{reason}]"
            ),
        }
    }
}

/// A client that was let in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    identity: Arc<Identity>,
}

impl Session {
    /// Who it is.
    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Whether the client's certificate has run out.
    pub(crate) fn has_expired(&self, now: SystemTime) -> bool {
        self.identity.expires_at() < now
    }
}

/// The policy that counts for a resource.
fn policy(config: &ChannelConfig, resource: Resource<'_>) -> (String, bool) {
    if let Some(path) = config.acl(resource.name) {
        return (path, true);
    }
    let orderer = config.orderer();
    let policy = match orderer.is_some_and(OrdererConfig::is_under_maintenance) {
        true => resource.default.under_maintenance(),
        false => resource.default,
    };
    (policy.path().to_owned(), false)
}

/// Whether the signer of `data` may use a resource. Whether it has expired is another question.
pub(crate) fn check(
    config: &ChannelConfig,
    resource: Resource<'_>,
    (data, identity, signature): (&[u8], &[u8], &[u8]),
) -> Result<Session, Denied> {
    let verified = config.msps().identity(identity).and_then(|identity| {
        identity.verify(data, signature)?;
        Ok(identity)
    });
    match verified {
        Ok(identity) => permit(config, resource, identity),
        Err(error) => {
            tracing::warn!(%error, "identity or signature refused");
            Err(denied(config, resource))
        }
    }
}

/// Whether an identity whose signature has been checked may use a resource.
pub(crate) fn permit(
    config: &ChannelConfig,
    resource: Resource<'_>,
    identity: Arc<Identity>,
) -> Result<Session, Denied> {
    let session = Session { identity };
    let (path, is_listed) = policy(config, resource);
    match config.verdict(&path, std::slice::from_ref(&session.identity)) {
        Ok(()) => Ok(session),
        Err(reason) => Err(Denied {
            path,
            is_listed,
            reason,
        }),
    }
}

/// The refusal of somebody who counts as nobody.
fn denied(config: &ChannelConfig, resource: Resource<'_>) -> Denied {
    let (path, is_listed) = policy(config, resource);
    let verdict = config.verdict(&path, &[]);
    Denied {
        path,
        is_listed,
        reason: verdict.err().unwrap_or(PolicyRefusal::Signatures),
    }
}
