//! Proposals to `_lifecycle` as an administrator's client makes them.

use bytes::Bytes;
use fabric_ledger::{block::transaction_id, lifecycle::NAMESPACE};
use fabric_msp::SigningIdentity;
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    peer::{
        ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec,
        ChaincodeProposalPayload, ChaincodeSpec, Proposal, SignedProposal,
    },
};
use prost::Message;

use crate::{channel::Channel, endorser::Unpacked};

/// A signed call of a function.
pub(super) fn propose(
    channel: &Channel,
    admin: &SigningIdentity,
    function: &'static str,
    arguments: &impl Message,
) -> Result<Unpacked, String> {
    let args = vec![
        Bytes::from_static(function.as_bytes()),
        arguments.encode_to_vec().into(),
    ];
    let id = ChaincodeId {
        name: NAMESPACE.to_owned(),
        ..Default::default()
    };
    let spec = ChaincodeInvocationSpec {
        chaincode_spec: Some(ChaincodeSpec {
            chaincode_id: Some(id.clone()),
            input: Some(ChaincodeInput {
                args,
                ..Default::default()
            }),
            ..Default::default()
        }),
    };
    let payload = ChaincodeProposalPayload {
        input: spec.encode_to_vec().into(),
        ..Default::default()
    };
    let proposal = Proposal {
        header: header(channel, admin, id)?.encode_to_vec().into(),
        payload: payload.encode_to_vec().into(),
        ..Default::default()
    };
    let proposal_bytes: Bytes = proposal.encode_to_vec().into();
    let signature = admin
        .sign(&proposal_bytes)
        .map_err(|error| error.to_string())?;
    let signed = SignedProposal {
        proposal_bytes,
        signature,
    };
    Unpacked::read(&signed).map_err(|refusal| refusal.to_string())
}

fn header(
    channel: &Channel,
    admin: &SigningIdentity,
    chaincode: ChaincodeId,
) -> Result<Header, String> {
    let creator = admin.serialized().clone();
    let nonce = channel.nonce().map_err(|error| error.to_string())?;
    let extension = ChaincodeHeaderExtension {
        chaincode_id: Some(chaincode),
    };
    let channel_header = ChannelHeader {
        r#type: HeaderType::EndorserTransaction.into(),
        timestamp: Some(channel.timestamp()),
        channel_id: channel.name().to_owned(),
        tx_id: transaction_id(&nonce, &creator),
        extension: extension.encode_to_vec().into(),
        ..Default::default()
    };
    Ok(Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: SignatureHeader { creator, nonce }.encode_to_vec().into(),
    })
}
