//! What a proposal calls, read without checking it: that is the endorsers' business.

use fabric_protos::{
    common::{ChannelHeader, Header},
    peer::{
        ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Proposal, SignedProposal,
    },
};

use crate::endorser::{Refusal, decode};

/// A proposal as far as the gateway looks into it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) header: Header,
    pub(super) payload: ChaincodeProposalPayload,
    pub(super) channel: String,
    specification: Option<ChaincodeSpec>,
}

impl Target {
    pub(super) fn read(signed: &SignedProposal) -> Result<Self, Refusal> {
        let proposal: Proposal = decode(&signed.proposal_bytes, "Proposal")?;
        let header: Header = decode(&proposal.header, "Header")?;
        let channel: ChannelHeader = decode(&header.channel_header, "ChannelHeader")?;
        let payload: ChaincodeProposalPayload =
            decode(&proposal.payload, "ChaincodeProposalPayload")?;
        let specification: ChaincodeInvocationSpec =
            decode(&payload.input, "ChaincodeInvocationSpec")?;
        Ok(Self {
            header,
            payload,
            channel: channel.channel_id,
            specification: specification.chaincode_spec,
        })
    }

    /// Name of the chaincode; empty where there is none.
    pub(super) fn chaincode(&self) -> &str {
        let specification = self.specification.as_ref();
        let id = specification.and_then(|specification| specification.chaincode_id.as_ref());
        id.map_or("", |id| &id.name)
    }

    pub(super) fn has_transient_data(&self) -> bool {
        !self.payload.transient_map.is_empty()
    }

    /// Whether channel and chaincode are named.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let Self {
            channel,
            specification,
            ..
        } = self;
        if channel.is_empty() {
            return Err(Refusal("no channel id provided".to_owned()));
        }
        let missing = match specification {
            None => "chaincode spec",
            Some(specification) if specification.chaincode_id.is_none() => "chaincode id",
            Some(_) if self.chaincode().is_empty() => "chaincode name",
            Some(_) => return Ok(()),
        };
        Err(Refusal(format!(
            "no {missing} is provided, channel id [{channel}]"
        )))
    }
}
