//! A transaction of a system chaincode: endorsed by chosen peers, submitted through the gateway of
//! the first, waited for.

use bytes::Bytes;
use fabric_protos::{common, peer as wire};
use futures::future::try_join_all;

use super::call::{Operation, Proposed};
use super::error::AdminError;
use super::peer::ChannelAdmin;
use crate::block::{BlockError, decode};
use crate::commit::Status;
use crate::connection::Peer;
use crate::error::{Error, Step};
use crate::proposal::Proposal;
use crate::retry::Retry;
use crate::transaction::Transaction;

/// Times that a submit is repeated where no ordering node took it.
const TROUBLES: u32 = 2;

impl ChannelAdmin {
    /// Takes an operation through to its commit. The status is that of a valid transaction.
    pub(super) async fn transact(&self, operation: &Operation<'_>) -> Result<Status, AdminError> {
        let proposal = operation.proposal(&self.network)?;
        let peers: Vec<&Peer> = std::iter::once(&self.peer.connection)
            .chain(&self.endorsers)
            .map(AsRef::as_ref)
            .collect();
        let limit = self.network.shared().timeouts.endorse;
        let call = Proposed::new(&proposal, operation.name, Step::Endorse, limit).await?;
        let answers = peers.iter().map(|peer| call.process(peer));
        let answers = try_join_all(answers).await?;
        self.check_agreement(operation, &peers, &answers)?;
        let envelope = envelope(&proposal, answers).map_err(|source| {
            super::call::malformed(&self.peer, operation, "an endorsement", Some(source))
        })?;
        let timeouts = self.network.shared().timeouts;
        let transaction = Transaction::prepared(
            &self.network,
            proposal.transaction_id(),
            proposal.header(),
            envelope,
            timeouts,
        )?;
        // Ordering nodes change their leader now and then; of two copies the ledger takes one.
        let retry = Retry::default().and_on_trouble(TROUBLES);
        let commit = retry.submit(&transaction).await?;
        valid(retry.status(&commit).await?).map_err(AdminError::Call)
    }

    fn check_agreement(
        &self,
        operation: &Operation<'_>,
        peers: &[&Peer],
        answers: &[wire::ProposalResponse],
    ) -> Result<(), AdminError> {
        let [first, others @ ..] = answers else {
            return Ok(());
        };
        let differs = others
            .iter()
            .position(|other| other.payload != first.payload);
        let Some(place) = differs else {
            return Ok(());
        };
        Err(AdminError::Disagreement {
            operation: operation.name,
            first: self.peer.url().to_owned(),
            other: peers[place + 1].endpoint.url().to_owned(),
        })
    }
}

/// The unsigned transaction of a proposal and its endorsements, each endorser counted once.
fn envelope(
    proposal: &Proposal,
    answers: Vec<wire::ProposalResponse>,
) -> Result<common::Envelope, BlockError> {
    let proposed: wire::Proposal = decode("proposal", proposal.bytes())?;
    let mut payload: wire::ChaincodeProposalPayload =
        decode("proposal payload", &proposed.payload)?;
    payload.transient_map.clear();
    let proposal_response_payload = answers
        .first()
        .map(|answer| answer.payload.clone())
        .unwrap_or_default();
    let mut endorsements: Vec<wire::Endorsement> = Vec::new();
    for answer in answers {
        let endorsement = answer.endorsement.ok_or(BlockError::Missing {
            part: "endorsement",
        })?;
        let is_new = endorsements
            .iter()
            .all(|known| known.endorser != endorsement.endorser);
        if is_new {
            endorsements.push(endorsement);
        }
    }
    let action = wire::ChaincodeActionPayload {
        chaincode_proposal_payload: bytes(&payload),
        action: Some(wire::ChaincodeEndorsedAction {
            proposal_response_payload,
            endorsements,
        }),
    };
    let header = proposal.header().clone();
    let transaction = wire::Transaction {
        actions: vec![wire::TransactionAction {
            header: header.signature_header.clone(),
            payload: bytes(&action),
        }],
    };
    let payload = common::Payload {
        header: Some(header),
        data: bytes(&transaction),
    };
    Ok(common::Envelope {
        payload: bytes(&payload),
        signature: Bytes::new(),
    })
}

fn bytes(message: &impl prost::Message) -> Bytes {
    message.encode_to_vec().into()
}

fn valid(status: Status) -> Result<Status, Error> {
    if status.is_valid() {
        return Ok(status);
    }
    Err(Error::NotValid {
        transaction_id: status.transaction_id,
        block_number: status.block_number,
        code: status.code,
    })
}
