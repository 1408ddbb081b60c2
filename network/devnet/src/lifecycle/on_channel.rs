//! Installing, approving and committing on one channel, as the administrators of its organisations.

use std::sync::Arc;

use bytes::Bytes;
use fabric_ledger::{
    ValidationCode,
    lifecycle::{
        self, ChaincodeDefinition, Lookup, NAMESPACE, implicit_collection, package_hash,
        package_key,
    },
    state::State as _,
};
use fabric_msp::SigningIdentity;
use fabric_protos::{
    lifecycle::{
        ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeSource, CommitChaincodeDefinitionArgs,
        chaincode_source::{Local, Type},
    },
    peer::Endorsement,
};
use prost::Message;
use sha2::{Digest as _, Sha256};

use super::{Deployer, proposal::propose};
use crate::{
    channel::Channel,
    endorser::Unpacked,
    package::ChaincodePackage,
    peer::Peer,
    storage::{StorageError, View},
    system::InstallError,
};

/// A deployer on one channel.
#[derive(Clone, Copy)]
pub(super) struct OnChannel<'d> {
    pub(super) deployer: &'d Deployer,
    pub(super) channel: &'d Arc<Channel>,
}

/// An organisation of the channel.
struct Member<'d> {
    admin: &'d SigningIdentity,
    /// The one of its peers that has come furthest.
    peer: &'d Arc<Peer>,
}

impl<'d> OnChannel<'d> {
    /// The definition in force.
    pub(super) fn current(&self, name: &str) -> Result<Option<ChaincodeDefinition>, String> {
        let view = self.channel.chain().view();
        match lifecycle::definition(&view, name).map_err(|error| error.to_string())? {
            Lookup::Defined(definition) => Ok(Some(*definition)),
            Lookup::Undefined | Lookup::Malformed => Ok(None),
        }
    }

    fn members(&self) -> Result<Vec<Member<'d>>, String> {
        let mut members: Vec<Member<'_>> = Vec::new();
        for admin in &self.deployer.admins {
            let msp_id = admin.msp_id();
            let peers = self.joined().filter(|peer| peer.msp_id() == msp_id);
            // Of those at one height the first.
            let Some(peer) = peers.rev().max_by_key(|peer| self.height(peer)) else {
                continue;
            };
            if members.iter().all(|known| known.admin.msp_id() != msp_id) {
                members.push(Member { admin, peer });
            }
        }
        if members.is_empty() {
            return Err("the channel has no member".to_owned());
        }
        Ok(members)
    }

    /// Peers of the channel whose organisations are members of it now.
    fn joined(&self) -> impl DoubleEndedIterator<Item = &'d Arc<Peer>> {
        let (channel, config) = (self.channel.name(), self.channel.config());
        let peers = self.deployer.peers.iter();
        peers.filter(move |peer| {
            let mut members = config.organizations().iter();
            peer.ledger(channel).is_some() && members.any(|member| member.msp_id == peer.msp_id())
        })
    }

    fn height(&self, peer: &Peer) -> u64 {
        let ledger = peer.ledger(self.channel.name());
        ledger.map_or(0, |ledger| ledger.height())
    }

    /// Installs a package on every peer that does not have it.
    pub(super) async fn install(
        &self,
        package: &ChaincodePackage,
        bytes: &Bytes,
    ) -> Result<(), String> {
        for peer in self.joined() {
            let packages = Arc::clone(peer.chaincodes().packages());
            if packages.get(&package.id).is_some() {
                continue;
            }
            let bytes = bytes.clone();
            let installed = tokio::task::spawn_blocking(move || packages.install(bytes));
            match installed.await.map_err(|error| error.to_string())? {
                Ok(_) | Err(InstallError::Already(_)) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    /// Approves a definition with a package for each organisation that has not; gives the reasons
    /// of those that cannot.
    pub(super) async fn approve(
        &self,
        name: &str,
        definition: &ChaincodeDefinition,
        package_id: &str,
    ) -> Result<Vec<String>, String> {
        let view = self.channel.chain().view();
        let arguments = ApproveChaincodeDefinitionForMyOrgArgs {
            sequence: definition.sequence,
            name: name.to_owned(),
            version: definition.endorsement_info.version.clone(),
            validation_parameter: definition.validation_info.validation_parameter.clone(),
            collections: Some(definition.collections.clone()),
            init_required: definition.endorsement_info.init_required,
            source: Some(ChaincodeSource {
                r#type: Some(Type::LocalPackage(Local {
                    package_id: package_id.to_owned(),
                })),
            }),
            ..Default::default()
        };
        let function = "ApproveChaincodeDefinitionForMyOrg";
        let mut failures = Vec::new();
        // One after the other, so that the same deployment always makes the same blocks.
        for Member { admin, peer } in self.members()? {
            let msp_id = admin.msp_id();
            let approved = has_approved(&view, msp_id, name, definition, Some(package_id));
            if approved.map_err(|error| error.to_string())? {
                continue;
            }
            if let Err(reason) = self.submit(admin, &[peer], function, &arguments).await {
                failures.push(format!("{msp_id} does not approve: {reason}"));
            }
        }
        Ok(failures)
    }

    /// Commits a definition that is approved; gives the transaction's id.
    pub(super) async fn commit(
        &self,
        name: &str,
        definition: &ChaincodeDefinition,
    ) -> Result<String, String> {
        let arguments = CommitChaincodeDefinitionArgs {
            sequence: definition.sequence,
            name: name.to_owned(),
            version: definition.endorsement_info.version.clone(),
            validation_parameter: definition.validation_info.validation_parameter.clone(),
            collections: Some(definition.collections.clone()),
            init_required: definition.endorsement_info.init_required,
            ..Default::default()
        };
        let members = self.members()?;
        let peers = self.committers(&members, name, definition);
        let peers = peers.map_err(|error| error.to_string())?;
        let first = members.first().ok_or("the channel has no member")?;
        let function = "CommitChaincodeDefinition";
        self.submit(first.admin, &peers, function, &arguments).await
    }

    /// The peers of the members that have approved a definition, as far as they know of each other's
    /// approvals: those that lag would endorse another result.
    fn committers(
        &self,
        members: &[Member<'d>],
        name: &str,
        definition: &ChaincodeDefinition,
    ) -> Result<Vec<&'d Arc<Peer>>, StorageError> {
        let agreed = |view: &View| -> Result<Vec<&str>, StorageError> {
            let mut agreed = Vec::new();
            for member in members {
                let msp_id = member.admin.msp_id();
                if has_approved(view, msp_id, name, definition, None)? {
                    agreed.push(msp_id);
                }
            }
            Ok(agreed)
        };
        let all = agreed(&self.channel.chain().view())?;
        let mut peers = Vec::new();
        for Member { peer, .. } in members {
            if !all.contains(&peer.msp_id()) {
                continue;
            }
            let Some(ledger) = peer.ledger(self.channel.name()) else {
                continue;
            };
            if agreed(&ledger.view())? == all {
                peers.push(*peer);
            }
        }
        Ok(peers)
    }

    /// Has peers endorse a call, orders it and waits until it is committed; gives its id.
    async fn submit(
        &self,
        admin: &SigningIdentity,
        peers: &[&Arc<Peer>],
        function: &'static str,
        arguments: &impl Message,
    ) -> Result<String, String> {
        let proposal = propose(self.channel, admin, function, arguments)?;
        let (result, endorsements) = endorse(&proposal, peers).await?;
        let mut envelope = proposal.transaction(result, endorsements);
        let signature = admin.sign(&envelope.payload);
        envelope.signature = signature.map_err(|error| error.to_string())?;
        let orderer = &self.deployer.orderer;
        orderer
            .broadcast_own(self.channel.name(), &envelope)
            .await
            .map_err(|rejected| rejected.info)?;
        let id = proposal.transaction_id().to_owned();
        let status = self.channel.chain().wait_for(&id).await;
        let status = status
            .map_err(|error| error.to_string())?
            .ok_or("the network has stopped")?;
        match status.code {
            ValidationCode::VALID => Ok(id),
            code => Err(format!("{function} was committed as {code}")),
        }
    }
}

/// One result, and who endorses it.
async fn endorse(
    proposal: &Unpacked,
    peers: &[&Arc<Peer>],
) -> Result<(Bytes, Vec<Endorsement>), String> {
    let mut result = None;
    let mut endorsements = Vec::new();
    for peer in peers {
        let response = peer.process_unfiltered(&proposal.signed).await;
        let response = response.map_err(|failure| failure.to_string())?;
        let Some(endorsement) = response.endorsement else {
            let refusal = response.response.unwrap_or_default().message;
            return Err(format!("{}: {refusal}", peer.name()));
        };
        if *result.get_or_insert_with(|| response.payload.clone()) != response.payload {
            return Err("peers do not agree on its definition; try again".to_owned());
        }
        endorsements.push(endorsement);
    }
    let result =
        result.ok_or("no peer that knows of every approval is of an organisation that approves")?;
    Ok((result, endorsements))
}

/// Whether an organisation has approved exactly this, with this package if it is to be one.
fn has_approved(
    view: &View,
    msp_id: &str,
    name: &str,
    definition: &ChaincodeDefinition,
    package_id: Option<&str>,
) -> Result<bool, StorageError> {
    let approved = lifecycle::is_approved(view, msp_id, name, definition)?;
    let (true, Some(package_id)) = (approved, package_id) else {
        return Ok(approved);
    };
    let key = Sha256::digest(package_key(name, definition.sequence));
    let package = view.get_hashed(NAMESPACE, &implicit_collection(msp_id), &key)?;
    Ok(package.is_some_and(|package| *package.value == package_hash(package_id)))
}
