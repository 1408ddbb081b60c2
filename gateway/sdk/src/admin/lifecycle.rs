//! Definitions of chaincodes on a channel: approve, look whether all agree, commit, read back.

use fabric_protos::lifecycle as wire;
use prost::Message as _;

use super::call::{Operation, malformed, read};
use super::definition::wire as definitions;
use super::definition::{
    ApprovedDefinition, ChaincodeDefinition, CommitReadiness, CommittedDefinition,
};
use super::error::{AdminError, Refusal};
use super::package::PackageId;
use super::peer::ChannelAdmin;
use crate::commit::Status;

/// The system chaincode that keeps definitions and packages.
pub(super) const LIFECYCLE: &str = "_lifecycle";

impl ChannelAdmin {
    /// Approves a definition for the administrator's organisation, and names the package that its
    /// peers run for it; without one they cannot run the chaincode. Returns when the approval is
    /// committed on this peer.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::AlreadyApproved`] where nothing is left to do.
    pub async fn approve(
        &self,
        definition: &ChaincodeDefinition,
        package_id: Option<&PackageId>,
    ) -> Result<Status, AdminError> {
        let argument = definition.to_approval(package_id).encode_to_vec();
        self.transact(&lifecycle(
            "ApproveChaincodeDefinitionForMyOrg",
            &[&argument],
        ))
        .await
    }

    /// Approves a definition unless the organisation has done so, and says whether it had to.
    ///
    /// It looks first: peers before 3.0 endorse the repetition of a committed approval, and the
    /// transaction, which would write nothing, is invalid then.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`] but that refusal.
    pub async fn ensure_approved(
        &self,
        definition: &ChaincodeDefinition,
        package_id: Option<&PackageId>,
    ) -> Result<bool, AdminError> {
        let approved = self.approved_definition(&definition.name, Some(definition.sequence));
        match approved.await {
            Ok(approved) => {
                let is_same = approved.definition == *definition
                    && approved.package_id.as_ref() == package_id;
                if is_same {
                    return Ok(false);
                }
            }
            Err(error) if is_open(&error) => {}
            Err(error) => return Err(error),
        }
        match self.approve(definition, package_id).await {
            Ok(_) => Ok(true),
            Err(error) if error.refusal() == Some(Refusal::AlreadyApproved) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Which organisations approved this very definition, as far as this peer knows.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::WrongSequence`] unless the sequence is the next.
    pub async fn commit_readiness(
        &self,
        definition: &ChaincodeDefinition,
    ) -> Result<CommitReadiness, AdminError> {
        let argument = definition.to_readiness().encode_to_vec();
        let arguments: [&[u8]; 1] = [&argument];
        let operation = lifecycle("CheckCommitReadiness", &arguments);
        let answer = self.ask(&operation).await?;
        let readiness: wire::CheckCommitReadinessResult = read(&self.peer, &operation, &answer)?;
        let mismatches = readiness.mismatches.into_iter();
        Ok(CommitReadiness {
            approvals: readiness.approvals,
            mismatches: mismatches.map(|(id, found)| (id, found.items)).collect(),
        })
    }

    /// Commits a definition: from the next block on it is the channel's. It takes endorsements of
    /// this peer and of those set by [`ChannelAdmin::with_endorsers`]; each peer's own organisation must
    /// have approved. Returns when it is committed on this peer.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`AdminError::Disagreement`] while one of the peers has not yet seen an
    /// approval that another has.
    pub async fn commit(&self, definition: &ChaincodeDefinition) -> Result<Status, AdminError> {
        let argument = definition.to_commit().encode_to_vec();
        self.transact(&lifecycle("CommitChaincodeDefinition", &[&argument]))
            .await
    }

    /// What the administrator's organisation approved of a name: at this sequence, or at the next
    /// one or else the committed one where none is given.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotApproved`] where there is nothing.
    pub async fn approved_definition(
        &self,
        name: &str,
        sequence: Option<u64>,
    ) -> Result<ApprovedDefinition, AdminError> {
        let sequence = sequence.unwrap_or_default();
        let argument = wire::QueryApprovedChaincodeDefinitionArgs {
            name: name.to_owned(),
            sequence: i64::try_from(sequence).unwrap_or(i64::MAX),
        }
        .encode_to_vec();
        let arguments: [&[u8]; 1] = [&argument];
        let operation = lifecycle("QueryApprovedChaincodeDefinition", &arguments);
        let answer = self.ask(&operation).await?;
        let approved = read(&self.peer, &operation, &answer)?;
        definitions::approved(name, approved)
            .map_err(|reason| malformed(&self.peer, &operation, reason, None))
    }

    /// Everything that the administrator's organisation approved on the channel, earlier sequences
    /// included.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::Unsupported`] of peers before 3.0.
    pub async fn approved_definitions(&self) -> Result<Vec<ApprovedDefinition>, AdminError> {
        let argument = wire::QueryApprovedChaincodeDefinitionsArgs {}.encode_to_vec();
        let arguments: [&[u8]; 1] = [&argument];
        let operation = lifecycle("QueryApprovedChaincodeDefinitions", &arguments);
        let answer = self.ask(&operation).await?;
        let list: wire::QueryApprovedChaincodeDefinitionsResult =
            read(&self.peer, &operation, &answer)?;
        let list = list.approved_chaincode_definitions.into_iter();
        list.map(definitions::approved_one_of)
            .collect::<Result<_, _>>()
            .map_err(|reason| malformed(&self.peer, &operation, reason, None))
    }

    /// The channel's definition of a name.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`]; [`Refusal::NotDefined`] where there is none.
    pub async fn committed_definition(
        &self,
        name: &str,
    ) -> Result<CommittedDefinition, AdminError> {
        let argument = wire::QueryChaincodeDefinitionArgs {
            name: name.to_owned(),
        }
        .encode_to_vec();
        let arguments: [&[u8]; 1] = [&argument];
        let operation = lifecycle("QueryChaincodeDefinition", &arguments);
        let answer = self.ask(&operation).await?;
        let committed = read(&self.peer, &operation, &answer)?;
        definitions::committed(name, committed)
            .map_err(|reason| malformed(&self.peer, &operation, reason, None))
    }

    /// The channel's definition of a name, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`] but that refusal.
    pub async fn find_committed_definition(
        &self,
        name: &str,
    ) -> Result<Option<CommittedDefinition>, AdminError> {
        match self.committed_definition(name).await {
            Ok(committed) => Ok(Some(committed)),
            Err(error) if error.refusal() == Some(Refusal::NotDefined) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All definitions of the channel.
    ///
    /// # Errors
    ///
    /// Any [`AdminError`].
    pub async fn committed_definitions(&self) -> Result<Vec<CommittedDefinition>, AdminError> {
        let argument = wire::QueryChaincodeDefinitionsArgs {}.encode_to_vec();
        let arguments: [&[u8]; 1] = [&argument];
        let operation = lifecycle("QueryChaincodeDefinitions", &arguments);
        let answer = self.ask(&operation).await?;
        let list: wire::QueryChaincodeDefinitionsResult = read(&self.peer, &operation, &answer)?;
        let list = list.chaincode_definitions.into_iter();
        list.map(definitions::committed_one_of)
            .collect::<Result<_, _>>()
            .map_err(|reason| malformed(&self.peer, &operation, reason, None))
    }
}

impl CommitReadiness {
    /// The organisations that have not approved the definition.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let missing = self.approvals.iter().filter(|(_, approved)| !**approved);
        missing.map(|(msp_id, _)| &**msp_id)
    }
}

/// Whether the organisation may still have to approve.
fn is_open(error: &AdminError) -> bool {
    matches!(
        error.refusal(),
        Some(Refusal::NotApproved | Refusal::PrivateDataMissing)
    )
}

fn lifecycle<'a>(name: &'static str, arguments: &'a [&'a [u8]]) -> Operation<'a> {
    Operation {
        chaincode: LIFECYCLE,
        name,
        arguments,
    }
}
