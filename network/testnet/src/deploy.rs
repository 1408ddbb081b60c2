//! Deploying a chaincode through the lifecycle that every Fabric network has: install on all
//! peers, approve for every organisation, commit. The same on a real network and on the embedded one.

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric_gateway_sdk::admin::{
    AdminError, ChaincodeDefinition, ChannelAdmin, Collection, PackageId, PeerAdmin, Refusal,
    SignaturePolicy,
};
use fabric_gateway_sdk::{Endpoint, Identity};
use fabric_msp::layout;
use futures::future::try_join_all;

use crate::chaincode::Chaincode;
use crate::error::Error;
use crate::network::organization;
use crate::wait::wait_for;

/// A block reaches every peer within a second; a machine under load takes longer.
const BLOCK_DEADLINE: Duration = Duration::from_secs(60);
/// Clients see it in blocks; sequences tell definitions apart.
const VERSION: &str = "1.0";

/// A chaincode as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// Id of the package that the peers have installed: the server's `CHAINCODE_ID`.
    pub package_id: PackageId,
    /// How many times the definition was committed.
    pub sequence: u64,
}

/// A peer of a network whose certificates and keys are on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentPeer {
    /// MSP id of its organisation: `Org1MSP`.
    pub msp_id: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// File with the authority of its TLS certificate.
    pub tls_ca: PathBuf,
}

/// The peers of one organisation, seen by its administrator.
struct Organization {
    msp_id: String,
    /// Where it approves; the others only install.
    first: PeerAdmin,
    others: Vec<PeerAdmin>,
}

/// What has to be done to get a chaincode deployed as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// The definition stands; the organisations may have chosen another package for it.
    Approve(u64),
    /// A new definition.
    ApproveAndCommit(u64),
}

/// A peer, seen by the administrator whose MSP folder this is.
pub(crate) fn administrator(
    msp: &Path,
    msp_id: &str,
    address: SocketAddr,
    tls_ca: &Path,
) -> Result<PeerAdmin, Error> {
    let identity = Identity::from_msp_dir(msp, msp_id)?;
    let authority = fs::read(tls_ca).map_err(Error::io("read", tls_ca))?;
    let endpoint = Endpoint::tls(format!("https://{address}"), authority)?;
    Ok(PeerAdmin::connect_lazy(identity, endpoint)?)
}

/// Deploys a chaincode on a channel, or changes its definition or address, as the administrators of all
/// organisations: their files are in `organizations_dir`, in cryptogen's layout. Deploying the
/// same again changes nothing.
///
/// The first peer of an organisation in the list is where it approves.
///
/// # Errors
/// [`Error::Admin`] with what the peers said.
pub async fn deploy(
    channel: &str,
    organizations_dir: &Path,
    peers: &[DeploymentPeer],
    chaincode: &Chaincode,
) -> Result<Deployed, Error> {
    let organizations = organizations(organizations_dir, peers)?;
    let package = chaincode.package()?;
    let definition = definition(chaincode)?;
    let channels: Vec<ChannelAdmin> = organizations
        .iter()
        .map(|organization| organization.first.channel(channel))
        .collect();
    let Some((first, others)) = organizations.split_first() else {
        return Err(Error::UnknownOrganization {
            msp_id: "Org1MSP".to_owned(),
        });
    };
    let committed = channels[0]
        .find_committed_definition(&chaincode.name)
        .await?
        .map(|committed| committed.definition);
    let plan = plan(&definition, committed.as_ref());
    let (Plan::Approve(sequence) | Plan::ApproveAndCommit(sequence)) = plan;
    let definition = definition.at_sequence(sequence);

    let peers = organizations
        .iter()
        .flat_map(|organization| std::iter::once(&organization.first).chain(&organization.others));
    try_join_all(peers.map(|peer| peer.ensure_installed(&package))).await?;
    let package_id = package.id();
    let approvals = channels
        .iter()
        .map(|channel| channel.ensure_approved(&definition, Some(&package_id)));
    try_join_all(approvals).await?;
    if matches!(plan, Plan::ApproveAndCommit(_)) {
        try_join_all(channels.iter().map(|channel| ready(channel, &definition))).await?;
        let endorsers = others.iter().map(|organization| &organization.first);
        let channel = first.first.channel(channel).with_endorsers(endorsers);
        channel.commit(&definition).await?;
    }
    try_join_all(
        channels
            .iter()
            .map(|channel| committed_there(channel, &definition)),
    )
    .await?;
    Ok(Deployed {
        package_id,
        sequence,
    })
}

/// The administrators of all organisations, in the order of their first peers.
fn organizations(
    organizations_dir: &Path,
    peers: &[DeploymentPeer],
) -> Result<Vec<Organization>, Error> {
    let mut organizations: Vec<Organization> = Vec::new();
    for peer in peers {
        let msp = organization(organizations_dir, &peer.msp_id);
        let msp = msp.user(layout::ADMIN).join("msp");
        let admin = administrator(&msp, &peer.msp_id, peer.address, &peer.tls_ca)?;
        let known = organizations
            .iter_mut()
            .find(|organization| organization.msp_id == peer.msp_id);
        match known {
            Some(organization) => organization.others.push(admin),
            None => organizations.push(Organization {
                msp_id: peer.msp_id.clone(),
                first: admin,
                others: Vec::new(),
            }),
        }
    }
    Ok(organizations)
}

/// Compares what was asked for with what the channel has.
fn plan(wanted: &ChaincodeDefinition, committed: Option<&ChaincodeDefinition>) -> Plan {
    let Some(committed) = committed else {
        return Plan::ApproveAndCommit(1);
    };
    if wanted.clone().at_sequence(committed.sequence) == *committed {
        return Plan::Approve(committed.sequence);
    }
    Plan::ApproveAndCommit(committed.sequence + 1)
}

/// The definition that is asked for, under a sequence that is still open.
fn definition(chaincode: &Chaincode) -> Result<ChaincodeDefinition, Error> {
    let mut definition = ChaincodeDefinition::new(&chaincode.name, VERSION, 1)
        .init_required(chaincode.init_required);
    if let Some(policy) = &chaincode.policy {
        definition = definition.endorsement_policy(SignaturePolicy::parse(policy)?);
    }
    if let Some(collections) = &chaincode.collections {
        definition = definition.collections(Collection::list_from_json(collections)?);
    }
    Ok(definition)
}

/// Waits until a peer has seen the approvals of all organisations.
async fn ready(channel: &ChannelAdmin, definition: &ChaincodeDefinition) -> Result<(), Error> {
    let look = || async {
        match channel.commit_readiness(definition).await {
            Ok(readiness) => readiness.missing().next().is_none().then_some(Ok(())),
            Err(error) => failure(error),
        }
    };
    waited("the approvals of all organisations", channel, look).await
}

/// Waits until a peer has the definition.
async fn committed_there(
    channel: &ChannelAdmin,
    definition: &ChaincodeDefinition,
) -> Result<(), Error> {
    let look = || async {
        match channel.committed_definition(&definition.name).await {
            Ok(committed) => {
                (committed.definition.sequence >= definition.sequence).then_some(Ok(()))
            }
            Err(error) if error.refusal() == Some(Refusal::NotDefined) => None,
            Err(error) => failure(error),
        }
    };
    waited("the definition", channel, look).await
}

/// A failure ends a wait, unless it passes by itself.
fn failure(error: AdminError) -> Option<Result<(), AdminError>> {
    (!error.is_retryable()).then_some(Err(error))
}

async fn waited<Look>(
    what: &str,
    channel: &ChannelAdmin,
    look: impl FnMut() -> Look,
) -> Result<(), Error>
where
    Look: Future<Output = Option<Result<(), AdminError>>>,
{
    let waited = wait_for(BLOCK_DEADLINE, look).await;
    let outcome = waited.map_err(|passed| Error::DeadlinePassed {
        what: format!("{what} on channel {}", channel.name()),
        deadline: passed.deadline,
        detail: "see the peers' logs".to_owned(),
    })?;
    Ok(outcome?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(policy: Option<&str>) -> ChaincodeDefinition {
        let mut chaincode = Chaincode::new("assets", "127.0.0.1:1");
        chaincode.policy = policy.map(str::to_owned);
        definition(&chaincode).unwrap()
    }

    #[test]
    fn first_deployment_has_sequence_one() {
        assert_eq!(plan(&wanted(None), None), Plan::ApproveAndCommit(1));
    }

    #[test]
    fn definition_that_stands_is_not_committed_again() {
        let policy = "OR('Org1MSP.peer')";
        let committed = wanted(Some(policy)).at_sequence(3);
        assert_eq!(
            plan(&wanted(Some(policy)), Some(&committed)),
            Plan::Approve(3)
        );
        assert_eq!(
            plan(&wanted(None), Some(&committed)),
            Plan::ApproveAndCommit(4)
        );
    }
}
