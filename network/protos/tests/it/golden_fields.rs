//! Looks into messages that a foreign implementation made, field by field.

use fabric_protos::common::{
    Block, BlockMetadataIndex, ChannelHeader, Envelope, HeaderType, MspPrincipal, MspRole, Payload,
    SignatureHeader, SignaturePolicyEnvelope, msp_principal, msp_role, signature_policy,
};
use fabric_protos::kvrwset::{KvrwSet, Version};
use fabric_protos::lifecycle::CheckCommitReadinessResult;
use fabric_protos::msp::SerializedIdentity;
use fabric_protos::orderer::{SeekInfo, seek_info, seek_position};
use fabric_protos::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEvent, ChaincodeHeaderExtension,
    ChaincodeInvocationSpec, ChaincodeMessage, ChaincodeProposalPayload, ProposalResponsePayload,
    Transaction, TxValidationCode, WriteBatchState, WriteRecord, chaincode_message, write_record,
};
use fabric_protos::rpc;
use fabric_protos::rwset::TxReadWriteSet;
use fabric_protos::{common, gateway};
use prost::Message;

use crate::fixtures::{golden, golden_bytes};

#[track_caller]
fn decode<M: Message + Default>(bytes: impl AsRef<[u8]>) -> M {
    M::decode(bytes.as_ref()).expect("the bytes decode")
}

fn transaction_block() -> Block {
    decode(golden_bytes("block with a transaction"))
}

fn transaction_payload() -> Payload {
    let envelopes = transaction_block().data.expect("data").data;
    let envelope: Envelope = decode(&envelopes[0]);
    assert_eq!(envelope.signature, "signed");
    decode(envelope.payload)
}

fn action_payload() -> ChaincodeActionPayload {
    let transaction: Transaction = decode(transaction_payload().data);
    decode(&transaction.actions[0].payload)
}

fn chaincode_action() -> ChaincodeAction {
    let endorsed = action_payload().action.expect("an action");
    assert_eq!(endorsed.endorsements[0].signature, "signed");
    let response: ProposalResponsePayload = decode(endorsed.proposal_response_payload);
    assert_eq!(response.proposal_hash, [0; 32].as_slice());
    decode(response.extension)
}

#[test]
fn block_has_its_number_hashes_and_validation_codes() {
    let block = transaction_block();

    let header = block.header.expect("a header");
    assert_eq!(header.number, u64::MAX);
    assert_eq!(header.data_hash, [0xff; 32].as_slice());
    let metadata = block.metadata.expect("metadata").metadata;
    assert_eq!(metadata.len(), 5);
    let code = metadata[BlockMetadataIndex::TransactionsFilter as usize][0];
    assert_eq!(
        TxValidationCode::try_from(i32::from(code)),
        Ok(TxValidationCode::MvccReadConflict)
    );
}

#[test]
fn envelope_names_channel_chaincode_and_creator() {
    let header = transaction_payload().header.expect("a header");

    let channel: ChannelHeader = decode(header.channel_header);
    assert_eq!(
        HeaderType::try_from(channel.r#type),
        Ok(HeaderType::EndorserTransaction)
    );
    assert_eq!(
        (channel.channel_id.as_str(), channel.tx_id.as_str()),
        ("market", "ab12")
    );
    let timestamp = channel.timestamp.expect("a timestamp");
    assert_eq!((timestamp.seconds, timestamp.nanos), (-1, 999_999_999));
    let extension: ChaincodeHeaderExtension = decode(channel.extension);
    assert_eq!(extension.chaincode_id.expect("an id").name, "assets");
    let signature: SignatureHeader = decode(header.signature_header);
    assert_eq!(signature.nonce.len(), 24);
    let creator: SerializedIdentity = decode(signature.creator);
    assert_eq!(creator.mspid, "Org1MSP");
}

#[test]
fn proposal_keeps_empty_arguments() {
    let proposal: ChaincodeProposalPayload = decode(action_payload().chaincode_proposal_payload);
    let invocation: ChaincodeInvocationSpec = decode(proposal.input);

    let spec = invocation.chaincode_spec.expect("a spec");
    assert_eq!(spec.input.expect("an input").args, ["issue", "", "100"]);
}

#[test]
fn action_has_response_event_and_write_set() {
    let action = chaincode_action();

    assert_eq!(action.response.expect("a response").status, 200);
    let event: ChaincodeEvent = decode(action.events);
    assert_eq!(event.event_name, "Issued");
    let results: TxReadWriteSet = decode(action.results);
    assert_eq!(results.ns_rwset[0].namespace, "assets");
    let set: KvrwSet = decode(&results.ns_rwset[0].rwset);
    let version = Version {
        block_num: 3,
        tx_num: 1,
    };
    assert_eq!(set.reads[0].version, Some(version));
    assert_eq!(set.reads[1].version, None);
    assert_eq!(set.writes[1].key, "\0type\0id\0");
    assert!(set.writes[1].is_delete);
}

#[test]
fn write_batch_has_its_records_in_order() {
    let message: ChaincodeMessage = decode(golden_bytes("write batch"));
    let batch: WriteBatchState = decode(&message.payload);

    assert_eq!(message.r#type(), chaincode_message::Type::WriteBatchState);
    let types: Vec<_> = batch.rec.iter().map(WriteRecord::r#type).collect();
    use write_record::Type::{PurgePrivateData, PutState, PutStateMetadata};
    assert_eq!(types, [PutState, PurgePrivateData, PutStateMetadata]);
    let metadata = batch.rec[2].metadata.as_ref().expect("metadata");
    assert_eq!(metadata.metakey, "VALIDATION_PARAMETER");
}

#[test]
fn policy_branch_that_is_zero_is_still_set() {
    let policy: SignaturePolicyEnvelope = decode(golden_bytes("signature policy"));

    let Some(signature_policy::Type::NOutOf(rule)) = policy.rule.and_then(|rule| rule.r#type)
    else {
        panic!("the rule is not n of several");
    };
    assert_eq!(rule.n, 1);
    assert_eq!(
        rule.rules[0].r#type,
        Some(signature_policy::Type::SignedBy(0))
    );
    let principal: &MspPrincipal = &policy.identities[0];
    assert_eq!(
        principal.principal_classification(),
        msp_principal::Classification::Role
    );
    let role: MspRole = decode(&principal.principal);
    assert_eq!(role.role(), msp_role::MspRoleType::Peer);
}

#[test]
fn unknown_enum_values_are_kept_as_numbers() {
    for (name, number) in [("unknown enum value", 99), ("negative enum value", -1)] {
        let message: ChaincodeMessage = decode(golden_bytes(name));

        assert_eq!(message.r#type, number);
        assert!(chaincode_message::Type::try_from(message.r#type).is_err());
    }
}

#[test]
fn seek_goes_from_newest_to_a_number() {
    let seek: SeekInfo = decode(golden_bytes("seek info"));

    assert_eq!(seek.behavior(), seek_info::SeekBehavior::FailIfNotReady);
    let start = seek.start.and_then(|position| position.r#type);
    assert!(matches!(start, Some(seek_position::Type::Newest(_))));
    let stop = seek.stop.and_then(|position| position.r#type);
    assert!(
        matches!(stop, Some(seek_position::Type::Specified(block)) if block.number == u64::MAX)
    );
}

#[test]
fn status_details_unpack_to_the_gateways_type() {
    let status: rpc::Status = decode(golden_bytes("google.rpc.Status: full 0"));

    let detail: gateway::ErrorDetail = status.details[0].to_msg().expect("an ErrorDetail");
    assert_eq!(detail.msp_id, "Org1MSP");
    let packed = prost_types::Any::from_msg(&detail).expect("a message packs");
    assert_eq!(packed.type_url, "type.googleapis.com/gateway.ErrorDetail");
}

#[test]
fn default_map_entries_are_entries() {
    let cases = golden("default_map_entries");
    let find = |name: &str| {
        let case = cases.iter().find(|case| case.name == name);
        case.expect("the case is there").bytes.clone()
    };

    let capabilities: common::Capabilities = decode(find("capability"));
    assert!(capabilities.capabilities.contains_key("V2_0"));
    let readiness: CheckCommitReadinessResult = decode(find("missing approval"));
    assert_eq!(readiness.approvals.get("Org2MSP"), Some(&false));
}
