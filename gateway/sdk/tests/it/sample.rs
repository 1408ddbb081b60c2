//! An organisation, endorsed transactions and blocks to test with.

use std::sync::OnceLock;

use bytes::Bytes;
use fabric_gateway_sdk::ledger::rwset::{
    CollectionPrivateWrites, NamespacePrivateWrites, PrivateWrites, Write,
};
use fabric_msp::{MspManager, Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::{common, gateway, peer};
use prost::Message;

pub(crate) const CHANNEL: &str = "mychannel";
pub(crate) const CHAINCODE: &str = "bonds";
pub(crate) const RESULT: &str = r#"{"price":7}"#;

/// Made once: keys take time.
pub(crate) fn organization() -> &'static Organization {
    static ORGANIZATION: OnceLock<Organization> = OnceLock::new();
    ORGANIZATION.get_or_init(|| Organization::generate(&OrganizationSpec::peer(1)).unwrap())
}

pub(crate) fn user() -> SigningIdentity {
    organization().member("User1").unwrap().identity().clone()
}

/// Checks a signature as a peer does, chain and low S included.
#[track_caller]
pub(crate) fn assert_signed(creator: &[u8], message: &[u8], signature: &[u8]) {
    let members = MspManager::new([organization().msp().unwrap()]);
    let identity = members.identity(creator).unwrap();
    identity.verify(message, signature).unwrap();
}

/// What a gateway answers to a proposal that went well.
pub(crate) fn endorsed(request: &gateway::EndorseRequest) -> gateway::EndorseResponse {
    let signed = request.proposed_transaction.clone().unwrap();
    let proposal = peer::Proposal::decode(signed.proposal_bytes).unwrap();
    let header = common::Header::decode(proposal.header).unwrap();
    let payload = transaction_payload(header, None);
    let envelope = common::Envelope {
        payload,
        signature: Bytes::new(),
    };
    gateway::EndorseResponse {
        prepared_transaction: Some(envelope),
    }
}

/// A payload with the result of every sample, and perhaps an event.
fn transaction_payload(header: common::Header, event: Option<peer::ChaincodeEvent>) -> Bytes {
    let action = peer::ChaincodeAction {
        response: Some(peer::Response {
            status: 200,
            payload: RESULT.into(),
            ..Default::default()
        }),
        events: event.map(|event| encode(&event)).unwrap_or_default(),
        ..Default::default()
    };
    let response = peer::ProposalResponsePayload {
        extension: encode(&action),
        ..Default::default()
    };
    let action = peer::ChaincodeActionPayload {
        action: Some(peer::ChaincodeEndorsedAction {
            proposal_response_payload: encode(&response),
            ..Default::default()
        }),
        ..Default::default()
    };
    let action = peer::TransactionAction {
        payload: encode(&action),
        ..Default::default()
    };
    let data = encode(&peer::Transaction {
        actions: vec![action],
    });
    encode(&common::Payload {
        header: Some(header),
        data,
    })
}

/// An envelope as it stands in a block. Its event, if it sets one, is named `moved`.
pub(crate) fn envelope(transaction_id: &str, chaincode: Option<&str>) -> Bytes {
    let channel_header = common::ChannelHeader {
        r#type: common::HeaderType::EndorserTransaction.into(),
        channel_id: CHANNEL.to_owned(),
        tx_id: transaction_id.to_owned(),
        timestamp: Some(prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 5,
        }),
        ..Default::default()
    };
    let creator = user().serialized().clone();
    let signature_header = common::SignatureHeader {
        creator,
        ..Default::default()
    };
    let header = common::Header {
        channel_header: encode(&channel_header),
        signature_header: encode(&signature_header),
    };
    let event = chaincode.map(|chaincode| event(chaincode, transaction_id));
    encode(&common::Envelope {
        payload: transaction_payload(header, event),
        signature: Bytes::new(),
    })
}

pub(crate) fn event(chaincode: &str, transaction_id: &str) -> peer::ChaincodeEvent {
    peer::ChaincodeEvent {
        chaincode_id: chaincode.to_owned(),
        tx_id: transaction_id.to_owned(),
        event_name: "moved".to_owned(),
        payload: "details".into(),
    }
}

/// A block of these envelopes with these verdicts.
pub(crate) fn block(number: u64, envelopes: Vec<Bytes>, verdicts: &[u8]) -> common::Block {
    let header = common::BlockHeader {
        number,
        previous_hash: format!("header {}", number.wrapping_sub(1)).into(),
        data_hash: format!("data {number}").into(),
    };
    let metadata = vec![Bytes::new(), Bytes::new(), Bytes::copy_from_slice(verdicts)];
    common::Block {
        header: Some(header),
        data: Some(common::BlockData { data: envelopes }),
        metadata: Some(common::BlockMetadata { metadata }),
    }
}

/// Blocks from 0, each with one valid transaction `tx N` that sets an event of the sample chaincode.
pub(crate) fn chain(height: u64) -> Vec<common::Block> {
    (0..height)
        .map(|number| {
            block(
                number,
                vec![envelope(&format!("tx {number}"), Some(CHAINCODE))],
                &[0],
            )
        })
        .collect()
}

/// What a peer makes of a block for those who want it without payloads.
pub(crate) fn filtered(block: &common::Block) -> peer::FilteredBlock {
    let block = fabric_gateway_sdk::Block::from_bytes(encode(block)).unwrap();
    let transactions = block.transactions().map(|transaction| {
        let summary = transaction.decode().unwrap();
        peer::FilteredTransaction {
            txid: summary.transaction_id.to_string(),
            r#type: summary.header_type.number(),
            tx_validation_code: transaction.code().number(),
            data: None,
        }
    });
    peer::FilteredBlock {
        channel_id: CHANNEL.to_owned(),
        number: block.number(),
        filtered_transactions: transactions.collect(),
    }
}

/// A block with a private write of its first transaction.
pub(crate) fn with_private_data(block: common::Block) -> peer::BlockAndPrivateData {
    let writes =
        fabric_protos::rwset::TxPvtReadWriteSet::decode(private_writes().encode()).unwrap();
    peer::BlockAndPrivateData {
        block: Some(block),
        private_data_map: [(0, writes)].into(),
    }
}

/// One key in one collection.
pub(crate) fn private_writes() -> PrivateWrites {
    let write = Write {
        key: "secret".to_owned(),
        is_delete: false,
        value: "value".into(),
    };
    let collection = CollectionPrivateWrites {
        collection: "dealers".to_owned(),
        writes: vec![write],
        ..Default::default()
    };
    PrivateWrites {
        namespaces: vec![NamespacePrivateWrites {
            namespace: CHAINCODE.to_owned(),
            collections: vec![collection],
        }],
    }
}

/// A status with one detail, as peers make it.
pub(crate) fn status(code: tonic::Code, message: &str, detail: &str) -> tonic::Status {
    let detail = gateway::ErrorDetail {
        address: "peer0.org1.example.com:7051".to_owned(),
        msp_id: "Org1MSP".to_owned(),
        message: detail.to_owned(),
    };
    let details = fabric_protos::rpc::Status {
        code: code as i32,
        message: message.to_owned(),
        details: vec![prost_types::Any::from_msg(&detail).unwrap()],
    };
    tonic::Status::with_details(code, message, encode(&details))
}

pub(crate) fn encode(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}
