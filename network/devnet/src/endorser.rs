//! One peer's endorser: checks a proposal, runs the chaincode, signs the result.
//!
//! Source: `core/endorser/endorser.go`.

mod filter;
mod proposal;
mod service;

use std::sync::Arc;

use bytes::Bytes;
use fabric_ledger::{
    lifecycle::NAMESPACE as LIFECYCLE, rwset::PrivateWrites, simulate::SimulationResult,
};
use fabric_msp::MspManager;
use fabric_protos::peer::{
    ChaincodeAction, ChaincodeEvent, ChaincodeId, ChaincodeInterest, ChaincodeMessage, Endorsement,
    ProposalResponse, ProposalResponsePayload, Response, SignedProposal, chaincode_message::Type,
};
use prost::Message as _;

use crate::{
    chaincode::{ChaincodeError, Context, Transaction},
    channel::{Policy, Resource},
    peer::{Peer, PeerLedger},
    private::{self, PeerState},
    system,
};

use filter::Headers;
pub(crate) use proposal::{Refusal, Unpacked, decode, has_expired, transaction};
pub(crate) use service::EndorserService;

/// From this status on a response is an error and is not endorsed.
const ERROR_THRESHOLD: i32 = 400;

/// From this status on the payload that would have been endorsed is shown all the same.
const ERROR: i32 = 500;

/// The peer's own chaincodes, whose policies no client has to know.
const SYSTEM_CHAINCODES: [&str; 4] = [LIFECYCLE, "lscc", "qscc", "cscc"];

/// To have a chaincode run.
const PROPOSE: Resource<'static> = Resource {
    name: "peer/Propose",
    default: Policy::ApplicationWriters,
};

/// Why a proposal is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// Refused before the endorser saw it.
    #[error("{0}")]
    Filtered(Refusal),
    /// Refused by the endorser.
    #[error("{0}")]
    Refused(Refusal),
}

/// What a proposal is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A transaction.
    Endorsement,
    /// Its result alone.
    Result,
}

/// What a chaincode answered, and what it did.
pub(crate) struct Simulated {
    pub(crate) response: Response,
    pub(crate) event: Option<ChaincodeEvent>,
    /// None where it ran without a ledger.
    pub(crate) result: Option<SimulationResult>,
    /// The chaincode's version.
    pub(crate) version: String,
}

impl Peer {
    /// Endorses a proposal. What goes wrong after the checks is a response with status 500.
    pub(crate) async fn process_proposal(
        &self,
        signed: &SignedProposal,
    ) -> Result<ProposalResponse, Failure> {
        self.filter(signed)?;
        self.process(signed, Purpose::Endorsement).await
    }

    /// Endorses a proposal that has been filtered, or is of the network itself, whose time may be that
    /// of a seed.
    pub(crate) async fn process_unfiltered(
        &self,
        signed: &SignedProposal,
    ) -> Result<ProposalResponse, Failure> {
        self.process(signed, Purpose::Endorsement).await
    }

    /// Runs a filtered proposal for its result alone, which nobody will ask for a signature on.
    pub(crate) async fn query(&self, signed: &SignedProposal) -> Result<ProposalResponse, Failure> {
        self.process(signed, Purpose::Result).await
    }

    /// What is refused before the endorser sees it: a creator whose time is over, a proposal whose
    /// time is far from the peer's.
    pub(crate) fn filter(&self, signed: &SignedProposal) -> Result<(), Failure> {
        let headers = Headers::read(signed).map_err(Failure::Filtered)?;
        let ledger = self.ledger(&headers.channel.channel_id);
        let msps = self.msps(ledger.map(|ledger| &**ledger));
        let now = self.clock().now();
        if has_expired(&msps, &headers.signature.creator, now) {
            let refusal = Refusal("proposal client identity expired".to_owned());
            return Err(Failure::Filtered(refusal));
        }
        if !self.chaincodes().compat.checks_time_of_proposals() {
            return Ok(());
        }
        headers.check_time(now).map_err(Failure::Filtered)
    }

    async fn process(
        &self,
        signed: &SignedProposal,
        purpose: Purpose,
    ) -> Result<ProposalResponse, Failure> {
        let proposal = Unpacked::read(signed).map_err(Failure::Refused)?;
        let ledger = self.ledger(proposal.channel());
        if purpose == Purpose::Endorsement && self.faults().refuses(self.msp_id()) {
            let refusal =
                Refusal("endorsements of this organisation are refused on purpose".to_owned());
            return Err(Failure::Refused(refusal));
        }
        if ledger.is_none() && !proposal.channel().is_empty() {
            let message = format!("channel '{}' not found", proposal.channel());
            return Ok(error_response(message));
        }
        self.check(ledger.map(|ledger| &**ledger), &proposal)
            .map_err(Failure::Refused)?;
        Ok(self
            .run(ledger.map(|ledger| &**ledger), &proposal, purpose)
            .await
            .unwrap_or_else(error_response))
    }

    /// The organisations that a caller may be of.
    fn msps(&self, ledger: Option<&PeerLedger>) -> Arc<MspManager> {
        match ledger {
            Some(ledger) => Arc::clone(ledger.config().msps()),
            None => Arc::clone(self.local()),
        }
    }

    /// Signature, replay, and the channel's writers.
    fn check(&self, ledger: Option<&PeerLedger>, proposal: &Unpacked) -> Result<(), Refusal> {
        let msps = self.msps(ledger);
        let creator = proposal
            .validate(&msps)
            .map_err(|Refusal(reason)| Refusal(format!("error validating proposal: {reason}")))?;
        let Some(ledger) = ledger else {
            return Ok(());
        };
        let id = proposal.transaction_id();
        let known = ledger
            .status(id)
            .map_err(|error| Refusal(error.to_string()))?;
        if known.is_some() {
            return Err(Refusal(format!(
                "duplicate transaction found [{id}]. Creator [{}]",
                hex::encode(&proposal.signature_header.creator)
            )));
        }
        if system::is_system(&proposal.chaincode) {
            // It checks by itself who may call which of its functions.
            return Ok(());
        }
        let channel = ledger.channel();
        channel
            .permit(PROPOSE, creator)
            .map_err(|denied| Refusal(denied.on_channel(channel.name())))?;
        Ok(())
    }

    /// Runs the chaincode and signs what it did. Here and below the error is the message of a
    /// response.
    async fn run(
        &self,
        ledger: Option<&PeerLedger>,
        proposal: &Unpacked,
        purpose: Purpose,
    ) -> Result<ProposalResponse, String> {
        let mut simulated = match ledger {
            _ if system::is_system(&proposal.chaincode) => {
                let call = system::Call {
                    peer: self,
                    ledger,
                    proposal,
                };
                system::simulate(&call).await
            }
            Some(ledger) => self.simulate(ledger, proposal).await?,
            None => {
                return Err(format!(
                    "make sure the chaincode {} has been successfully defined on channel  and try again: could not get channel config for channel ''",
                    proposal.chaincode
                ));
            }
        };
        let keep = purpose == Purpose::Endorsement && simulated.response.status < ERROR_THRESHOLD;
        let interest = match (ledger, &mut simulated.result) {
            (Some(ledger), Some(result)) => {
                let writes = std::mem::take(&mut result.private);
                self.distribute(ledger, proposal, writes, keep)
                    .map_err(simulation_failed)?;
                Some(interest(result).map_err(simulation_failed)?)
            }
            _ => None,
        };
        self.respond(proposal, simulated, interest, purpose)
    }

    /// Checks that members can get what was written privately; keeps it until the transaction is
    /// committed where there can be such a transaction.
    fn distribute(
        &self,
        ledger: &PeerLedger,
        proposal: &Unpacked,
        writes: PrivateWrites,
        keep: bool,
    ) -> Result<(), String> {
        if writes.is_empty() {
            return Ok(());
        }
        let id = proposal.transaction_id();
        let channel = ledger.channel();
        let state = PeerState::new(ledger.view(), channel, self.endorser());
        let writes =
            private::distribute::plan(&state, id, writes).map_err(|error| error.to_string())?;
        if keep {
            let height = state.view().head().height;
            let transient = &channel.private().transient;
            transient
                .put(id, writes, height)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Signs a result, unless it is an error.
    fn respond(
        &self,
        proposal: &Unpacked,
        simulated: Simulated,
        interest: Option<ChaincodeInterest>,
        purpose: Purpose,
    ) -> Result<ProposalResponse, String> {
        let Simulated {
            response,
            event,
            result,
            version,
        } = simulated;
        let status = response.status;
        let unsigned = proposal.channel().is_empty() && status < ERROR;
        if unsigned || (ERROR_THRESHOLD..ERROR).contains(&status) {
            return Ok(ProposalResponse {
                response: Some(response),
                ..Default::default()
            });
        }
        let action = ChaincodeAction {
            results: result
                .map(|result| result.rwset.encode())
                .unwrap_or_default(),
            events: event
                .map(|event| event.encode_to_vec().into())
                .unwrap_or_default(),
            response: Some(response.clone()),
            chaincode_id: Some(ChaincodeId {
                name: proposal.chaincode.clone(),
                version,
                ..Default::default()
            }),
        };
        let payload: Bytes = ProposalResponsePayload {
            proposal_hash: proposal.hash.clone(),
            extension: action.encode_to_vec().into(),
        }
        .encode_to_vec()
        .into();
        let mut answer = ProposalResponse {
            response: Some(response),
            payload,
            interest,
            ..Default::default()
        };
        if status < ERROR_THRESHOLD && purpose == Purpose::Endorsement {
            answer.version = 1;
            answer.endorsement = Some(self.sign(&answer.payload)?);
        }
        Ok(answer)
    }

    fn sign(&self, payload: &Bytes) -> Result<Endorsement, String> {
        let endorser = self.signer().serialized().clone();
        let signed = [&**payload, &*endorser].concat();
        let signature = self
            .signer()
            .sign(&signed)
            .map_err(|error| format!("endorsing with plugin failed: {error}"))?;
        Ok(Endorsement {
            endorser,
            signature,
        })
    }

    async fn simulate(
        &self,
        ledger: &PeerLedger,
        proposal: &Unpacked,
    ) -> Result<Simulated, String> {
        let name = &proposal.chaincode;
        let state = PeerState::new(ledger.view(), ledger.channel(), self.endorser());
        let mut transaction = Transaction::new(Context {
            peer: self,
            channel: ledger.channel(),
            state: &state,
            signed: &proposal.signed,
            creator: &proposal.signature_header.creator,
            transaction_id: proposal.transaction_id(),
        });
        let (definition, _) = transaction.runnable(name).map_err(|error| {
            format!(
                "make sure the chaincode {name} has been successfully defined on channel {} and try again: {error}",
                ledger.channel().name()
            )
        })?;
        let message = transaction.invoke(name, &proposal.input).await;
        let (response, event) = conclude(proposal, message).map_err(simulation_failed)?;
        Ok(Simulated {
            // A failed chaincode's event is none.
            event: event.filter(|_| response.status < ERROR_THRESHOLD),
            response,
            result: Some(transaction.finish()),
            version: definition.version.clone(),
        })
    }
}

/// The chaincode's response and event, from its last message.
fn conclude(
    proposal: &Unpacked,
    message: Result<ChaincodeMessage, ChaincodeError>,
) -> Result<(Response, Option<ChaincodeEvent>), String> {
    let id = proposal.transaction_id();
    let message =
        message.map_err(|error| format!("failed to execute transaction {id}: {error}"))?;
    if message.r#type() == Type::Error {
        let text = String::from_utf8_lossy(&message.payload);
        return Err(format!("transaction returned with failure: {text}"));
    }
    let response = Response::decode(message.payload).map_err(|_| {
        format!(
            "failed to unmarshal response for transaction {id}: proto: cannot parse invalid wire-format data"
        )
    })?;
    let event = message.chaincode_event.map(|event| ChaincodeEvent {
        chaincode_id: proposal.chaincode.clone(),
        tx_id: id.to_owned(),
        ..event
    });
    Ok((response, event))
}

/// Whose policies the transaction falls under.
fn interest(result: &SimulationResult) -> Result<ChaincodeInterest, String> {
    let is_system = |name: &str| SYSTEM_CHAINCODES.contains(&name);
    let interest = result.policies.interest(&result.rwset, is_system);
    interest.map_err(|error| error.to_string())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn simulation_failed(reason: String) -> String {
    format!("error in simulation: {reason}")
}

fn error_response(message: String) -> ProposalResponse {
    ProposalResponse {
        response: Some(Response {
            status: ERROR,
            message,
            ..Default::default()
        }),
        ..Default::default()
    }
}
