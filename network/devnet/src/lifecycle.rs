//! Deploying in one step what takes an administrator of each organisation several: makes a package,
//! installs it on every peer, approves and commits the definition, in transactions as on a real
//! channel.

mod on_channel;
mod proposal;

use std::sync::Arc;

use bytes::Bytes;
use fabric_ledger::{
    channel::ENDORSEMENT_POLICY,
    lifecycle::{ChaincodeDefinition, collections},
    policy,
};
use fabric_msp::SigningIdentity;
use fabric_protos::peer::{ApplicationPolicy, CollectionConfigPackage, application_policy::Type};
use prost::Message as _;

use crate::{
    Deployed, Deployment, DevnetError,
    channel::Channel,
    orderer::Orderer,
    package::{ChaincodePackage, Connection},
    peer::Peer,
    private,
};
use on_channel::OnChannel;

/// Version of a deployment that names none.
const DEFAULT_VERSION: &str = "1.0";

/// Names that belong to the peer itself.
const SYSTEM_NAMES: [&str; 5] = ["lscc", "escc", "vscc", "qscc", "cscc"];

/// What deploying takes.
#[derive(Debug)]
pub(crate) struct Deployer {
    /// All channels of the network, in the order in which it was asked for them.
    pub(crate) channels: Vec<Arc<Channel>>,
    /// All peers of the network.
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) orderer: Orderer,
    /// The administrators of the organisations, each of whom approves for the own one.
    pub(crate) admins: Vec<SigningIdentity>,
    /// One deployment at a time: of two with the same sequence only one would be valid.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Deployer {
    /// Brings definition and address of a chaincode in line with a deployment.
    pub(crate) async fn deploy(&self, deployment: Deployment) -> Result<Deployed, DevnetError> {
        let _turn = self.turn.lock().await;
        let name = deployment.name.clone();
        self.try_deploy(deployment)
            .await
            .map_err(|reason| DevnetError::Deployment { name, reason })
    }

    async fn try_deploy(&self, deployment: Deployment) -> Result<Deployed, String> {
        let on = self.on(deployment.channel.as_deref())?;
        let wanted = Wanted::read(deployment)?;
        let (name, version) = (wanted.name.clone(), wanted.version.clone());
        let current = on.current(&name)?;
        wanted.check(on.channel, current.as_ref())?;
        let (package, bytes) = wanted.package()?;
        on.install(&package, &bytes).await?;
        let sequence = current.as_ref().map_or(0, |current| current.sequence);
        if let Some(current) = current.filter(|current| wanted.is(current)) {
            let failures = on.approve(&name, &current, &package.id).await?;
            if !failures.is_empty() {
                return Err(failures.join("; "));
            }
            return Ok(Deployed {
                name,
                sequence,
                version,
                package_id: package.id,
                transaction_id: None,
            });
        }
        let definition = ChaincodeDefinition {
            collections: wanted.collections,
            ..ChaincodeDefinition::new(sequence + 1, &version, &wanted.policy)
        };
        let mut failures = on.approve(&name, &definition, &package.id).await?;
        // As on a real network it takes as many organisations as the channel's policy asks for.
        let id = on.commit(&name, &definition).await.map_err(|reason| {
            failures.insert(0, reason);
            failures.join("; ")
        })?;
        Ok(Deployed {
            name,
            sequence: definition.sequence,
            version,
            package_id: package.id,
            transaction_id: Some(id),
        })
    }

    /// What deploying on one channel takes.
    fn on(&self, name: Option<&str>) -> Result<OnChannel<'_>, String> {
        let mut channels = self.channels.iter();
        let channel = match name {
            None => channels.next(),
            Some(name) => channels.find(|channel| channel.name() == name),
        };
        let channel = channel.ok_or_else(|| {
            format!(
                "the network has no channel `{}`; see `selvedge network status`",
                name.unwrap_or_default()
            )
        })?;
        Ok(OnChannel {
            deployer: self,
            channel,
        })
    }
}

/// A deployment that makes sense.
struct Wanted {
    name: String,
    version: String,
    policy: ApplicationPolicy,
    collections: CollectionConfigPackage,
    connection: Connection,
}

impl Wanted {
    fn read(deployment: Deployment) -> Result<Self, String> {
        check_name(&deployment.name)?;
        let version = deployment.version;
        let collections = private::config::package(&deployment.collections);
        Ok(Self {
            name: deployment.name,
            version: version.unwrap_or_else(|| DEFAULT_VERSION.to_owned()),
            policy: parse_policy(deployment.policy.as_deref())?,
            collections: collections.map_err(|error| error.to_string())?,
            connection: Connection::plain(deployment.address),
        })
    }

    /// What `_lifecycle` would say of the collections, before anything is done.
    fn check(
        &self,
        channel: &Channel,
        current: Option<&ChaincodeDefinition>,
    ) -> Result<(), String> {
        collections::check(&self.collections, &channel.msps())
            .and_then(|()| match current {
                Some(current) => {
                    collections::check_against(&self.collections, &current.collections)
                }
                None => Ok(()),
            })
            .map_err(|error| error.to_string())
    }

    /// The package, called as Fabric's own tutorials call theirs.
    fn package(&self) -> Result<(ChaincodePackage, Bytes), String> {
        let label = format!("{}_{}", self.name, self.version);
        ChaincodePackage::write(&label, &self.connection).map_err(|error| error.to_string())
    }

    /// Whether a definition is what is wanted.
    fn is(&self, definition: &ChaincodeDefinition) -> bool {
        let parameter = definition.validation_info.validation_parameter.clone();
        definition.endorsement_info.version == self.version
            && definition.collections == self.collections
            && ApplicationPolicy::decode(parameter).is_ok_and(|policy| policy == self.policy)
    }
}

/// Fabric's rule: letters and digits in groups joined by single `-` or `_`.
fn check_name(name: &str) -> Result<(), String> {
    let groups_are_good = name
        .split(['-', '_'])
        .all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_alphanumeric()));
    if !groups_are_good {
        return Err(
            "the name must be letters and digits, in groups joined by `-` or `_`".to_owned(),
        );
    }
    if SYSTEM_NAMES.contains(&name) {
        return Err("the name is that of a system chaincode; choose another".to_owned());
    }
    Ok(())
}

/// A policy's text, or the path of one in the channel's configuration.
fn parse_policy(text: Option<&str>) -> Result<ApplicationPolicy, String> {
    let text = text.unwrap_or(ENDORSEMENT_POLICY);
    let r#type = if text.starts_with('/') {
        Type::ChannelConfigPolicyReference(text.to_owned())
    } else {
        let policy = policy::parse(text).map_err(|error| {
            format!("its policy makes no sense: {error}; give one like OR('Org1MSP.peer')")
        })?;
        Type::SignaturePolicy(policy)
    };
    Ok(ApplicationPolicy {
        r#type: Some(r#type),
    })
}
