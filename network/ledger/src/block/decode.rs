//! From bytes to [`DecodedBlock`]. Whatever the bytes: a result or a reason, never a panic.
//!
//! The order of the checks is a peer's, as the first that fails gives the validation code.
//! (Fabric: core/common/validation/msgvalidation.go, core/committer/txvalidator/v20)

use std::collections::BTreeSet;

use bytes::Bytes;
use fabric_protos::common::{
    Block, BlockMetadataIndex, ChannelHeader, Envelope, Header, HeaderType, Metadata, Payload,
    SignatureHeader,
};
use fabric_protos::peer;
use prost::Message;
use sha2::{Digest, Sha256};

use super::decoded::{
    ChaincodeCall, ChaincodeEvent, Content, DecodedBlock, DecodedTransaction, EndorsedTransaction,
    Endorsement, TransactionHeader,
};
use super::hash::{data_hash, header_hash};
use super::malformation::{Malformation, Part};
use crate::rwset::TxRwset;
use crate::wire;

/// gRPC's limit between Fabric's nodes: no larger block ever travels.
pub const MAX_BLOCK_BYTES: usize = 100 * 1024 * 1024;
/// Far above what orderers cut (500 by default, 1000 in practice); bounds memory, since an empty
/// transaction takes two bytes on the wire and several hundred here.
pub const MAX_TRANSACTIONS: usize = 100_000;

/// Why bytes are no block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// More than [`MAX_BLOCK_BYTES`].
    #[error("the block has {actual} bytes, the most accepted is {MAX_BLOCK_BYTES}")]
    TooLarge {
        /// Its size in bytes.
        actual: usize,
    },
    /// More than [`MAX_TRANSACTIONS`].
    #[error("the block has more than {MAX_TRANSACTIONS} transactions")]
    TooManyTransactions,
    /// Not a `common.Block`.
    #[error("the bytes are not a block (protobuf common.Block)")]
    Undecodable(#[source] prost::DecodeError),
    /// No header or no data.
    #[error("the block has no {0}")]
    Missing(&'static str),
}

/// Decodes a block from its bytes.
///
/// # Errors
/// Where the bytes are too many or not a block; a malformed transaction is no error.
pub fn decode_bytes(bytes: Bytes) -> Result<DecodedBlock, BlockError> {
    if bytes.len() > MAX_BLOCK_BYTES {
        return Err(BlockError::TooLarge {
            actual: bytes.len(),
        });
    }
    let entries = wire::count_entries(&bytes, &wire::BLOCK, MAX_TRANSACTIONS)
        .map_err(BlockError::Undecodable)?;
    if entries > MAX_TRANSACTIONS {
        return Err(BlockError::TooManyTransactions);
    }
    decode(&Block::decode(bytes).map_err(BlockError::Undecodable)?)
}

/// Decodes what is inside a block.
///
/// # Errors
/// Where header or data are missing, or the transactions are too many.
pub fn decode(block: &Block) -> Result<DecodedBlock, BlockError> {
    let header = block.header.as_ref().ok_or(BlockError::Missing("header"))?;
    let data = block.data.as_ref().ok_or(BlockError::Missing("data"))?;
    if data.data.len() > MAX_TRANSACTIONS {
        return Err(BlockError::TooManyTransactions);
    }
    let metadata = |index: BlockMetadataIndex| {
        let items = block.metadata.as_ref().map(|metadata| &metadata.metadata);
        let index = usize::try_from(index as i32).unwrap_or(usize::MAX);
        items.and_then(|items| items.get(index)).cloned()
    };
    Ok(DecodedBlock {
        number: header.number,
        previous_hash: header.previous_hash.clone(),
        data_hash: header.data_hash.clone(),
        header_hash: header_hash(header),
        computed_data_hash: data_hash(data),
        transactions_filter: metadata(BlockMetadataIndex::TransactionsFilter).unwrap_or_default(),
        commit_hash: metadata(BlockMetadataIndex::CommitHash)
            .filter(|bytes| !bytes.is_empty())
            .map(|bytes| {
                Metadata::decode(bytes).map_or_else(|_| Bytes::new(), |found| found.value)
            }),
        transactions: data
            .data
            .iter()
            .enumerate()
            .map(|(index, envelope)| decode_transaction(index, envelope.clone()))
            .collect(),
    })
}

/// Decodes one transaction of a block.
#[must_use]
pub fn decode_transaction(index: usize, envelope: Bytes) -> DecodedTransaction {
    let mut transaction = DecodedTransaction {
        index,
        envelope_size: envelope.len(),
        payload: Bytes::new(),
        signature: Bytes::new(),
        header: None,
        content: Content::Config(Bytes::new()),
    };
    transaction.content =
        decode_content(envelope, &mut transaction).unwrap_or_else(Content::Malformed);
    transaction
}

fn decode_content(
    envelope: Bytes,
    transaction: &mut DecodedTransaction,
) -> Result<Content, Malformation> {
    let envelope: Envelope = message(envelope, Part::Envelope)?;
    transaction.payload = envelope.payload.clone();
    transaction.signature = envelope.signature;
    let payload: Payload = message(envelope.payload, Part::Payload)?;
    let header = payload.header.ok_or(Malformation::Missing(Part::Header))?;
    let channel_header: ChannelHeader =
        message(header.channel_header.clone(), Part::ChannelHeader)?;
    transaction.header = Some(channel_part(&channel_header));
    let signature_header: SignatureHeader =
        message(header.signature_header.clone(), Part::SignatureHeader)?;
    if let Some(known) = &mut transaction.header {
        known.creator = signature_header.creator.clone();
        known.nonce = signature_header.nonce.clone();
    }
    let header_type = check_headers(&channel_header, &signature_header)?;
    match header_type {
        HeaderType::Config => Ok(Content::Config(payload.data)),
        HeaderType::EndorserTransaction => endorsed(payload.data, &header, &channel_header)
            .map(|endorsed| Content::Endorsed(Box::new(endorsed))),
        _ => Err(Malformation::BareConfigUpdate),
    }
}

fn channel_part(header: &ChannelHeader) -> TransactionHeader {
    TransactionHeader {
        header_type: header.r#type,
        channel: header.channel_id.clone(),
        transaction_id: header.tx_id.clone(),
        timestamp: header.timestamp.map(|time| (time.seconds, time.nanos)),
        creator: Bytes::new(),
        nonce: Bytes::new(),
    }
}

fn check_headers(
    channel_header: &ChannelHeader,
    signature_header: &SignatureHeader,
) -> Result<HeaderType, Malformation> {
    let header_type = match HeaderType::try_from(channel_header.r#type) {
        Ok(
            known @ (HeaderType::EndorserTransaction
            | HeaderType::ConfigUpdate
            | HeaderType::Config),
        ) => known,
        _ => return Err(Malformation::HeaderType(channel_header.r#type)),
    };
    if channel_header.epoch != 0 {
        return Err(Malformation::Epoch(channel_header.epoch));
    }
    if header_type != HeaderType::Config {
        // Nobody signs the configuration in block 0; validation asks for a creator in later ones.
        required(&signature_header.nonce, Part::Nonce)?;
        required(&signature_header.creator, Part::Creator)?;
    }
    Ok(header_type)
}

fn endorsed(
    data: Bytes,
    header: &Header,
    channel_header: &ChannelHeader,
) -> Result<EndorsedTransaction, Malformation> {
    let transaction: peer::Transaction = message(data, Part::Transaction)?;
    let count = transaction.actions.len();
    let [action] = <[peer::TransactionAction; 1]>::try_from(transaction.actions)
        .map_err(|_| Malformation::ActionCount(count))?;
    let action_header: SignatureHeader = message(action.header.clone(), Part::ActionHeader)?;
    required(&action_header.nonce, Part::ActionHeader)?;
    required(&action_header.creator, Part::ActionHeader)?;
    let payload: peer::ChaincodeActionPayload = message(action.payload, Part::ActionPayload)?;
    let endorsed = payload
        .action
        .ok_or(Malformation::Missing(Part::EndorsedAction))?;
    let response_payload = endorsed.proposal_response_payload;
    let response: peer::ProposalResponsePayload =
        message(response_payload.clone(), Part::ResponsePayload)?;
    let proposal = payload.chaincode_proposal_payload;
    check_proposal_hash(header, &action.header, &proposal, &response.proposal_hash)?;

    let extension: peer::ChaincodeHeaderExtension =
        message(channel_header.extension.clone(), Part::HeaderExtension)?;
    required(&response.extension, Part::ResponseExtension)?;
    let action: peer::ChaincodeAction = message(response.extension, Part::ChaincodeAction)?;
    let rwset = TxRwset::decode(action.results.clone()).map_err(Malformation::Rwset)?;
    let mut chaincode = called_chaincode(extension, &action)?;
    let event = event(action.events, &chaincode.name)?;
    check_namespaces(&rwset)?;
    chaincode.arguments = arguments(proposal);
    let result = action.response.unwrap_or_default();
    Ok(EndorsedTransaction {
        chaincode,
        status: result.status,
        message: result.message,
        response: result.payload,
        event,
        rwset,
        endorsements: endorsed
            .endorsements
            .into_iter()
            .map(|endorsement| Endorsement {
                endorser: endorsement.endorser,
                signature: endorsement.signature,
            })
            .collect(),
        response_payload,
    })
}

/// The endorsers signed the hash of the proposal; it must be the one that the transaction carries.
fn check_proposal_hash(
    header: &Header,
    action_header: &Bytes,
    proposal: &Bytes,
    endorsed: &[u8],
) -> Result<(), Malformation> {
    required(&header.channel_header, Part::ProposalPayload)?;
    required(action_header, Part::ActionHeader)?;
    required(proposal, Part::ProposalPayload)?;
    let hash: [u8; 32] = Sha256::new()
        .chain_update(&header.channel_header)
        .chain_update(action_header)
        .chain_update(proposal)
        .finalize()
        .into();
    match endorsed == hash {
        true => Ok(()),
        false => Err(Malformation::ProposalHash),
    }
}

fn called_chaincode(
    extension: peer::ChaincodeHeaderExtension,
    action: &peer::ChaincodeAction,
) -> Result<ChaincodeCall, Malformation> {
    let in_header = extension
        .chaincode_id
        .ok_or(Malformation::Missing(Part::HeaderChaincode))?;
    let in_action = action
        .chaincode_id
        .clone()
        .ok_or(Malformation::Missing(Part::ActionChaincode))?;
    if in_header.name.is_empty() {
        return Err(Malformation::EmptyChaincode("name"));
    }
    if in_header.name != in_action.name {
        return Err(Malformation::ChaincodeMismatch {
            header: in_header.name,
            action: in_action.name,
        });
    }
    if in_action.version.is_empty() {
        return Err(Malformation::EmptyChaincode("version"));
    }
    Ok(ChaincodeCall {
        name: in_action.name,
        version: in_action.version,
        arguments: Vec::new(),
    })
}

fn event(bytes: Bytes, chaincode: &str) -> Result<Option<ChaincodeEvent>, Malformation> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let event: peer::ChaincodeEvent = message(bytes, Part::Event)?;
    if event.chaincode_id != chaincode {
        return Err(Malformation::EventChaincode(event.chaincode_id));
    }
    Ok(Some(ChaincodeEvent {
        chaincode: event.chaincode_id,
        transaction_id: event.tx_id,
        name: event.event_name,
        payload: event.payload,
    }))
}

fn check_namespaces(rwset: &TxRwset) -> Result<(), Malformation> {
    let mut seen = BTreeSet::new();
    for set in &rwset.namespaces {
        if !seen.insert(set.namespace.as_str()) {
            return Err(Malformation::DuplicateNamespace(set.namespace.clone()));
        }
    }
    Ok(())
}

fn arguments(proposal: Bytes) -> Vec<Bytes> {
    peer::ChaincodeProposalPayload::decode(proposal)
        .and_then(|payload| peer::ChaincodeInvocationSpec::decode(payload.input))
        .ok()
        .and_then(|invocation| invocation.chaincode_spec?.input)
        .map_or_else(Vec::new, |input| input.args)
}

fn message<M: Message + Default>(bytes: Bytes, part: Part) -> Result<M, Malformation> {
    M::decode(bytes).map_err(|source| Malformation::Undecodable { part, source })
}

fn required(bytes: &[u8], part: Part) -> Result<(), Malformation> {
    match bytes.is_empty() {
        true => Err(Malformation::Missing(part)),
        false => Ok(()),
    }
}
