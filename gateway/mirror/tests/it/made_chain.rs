//! Chains made of what a contract really did: endorsed by the contract API's test ledger, wrapped
//! into blocks as an orderer and a peer would.

use bytes::Bytes;
use fabric_contract_api_rust::testing::{self, Code, Endorsed};
use fabric_ledger::block::{data_hash, decode, header_hash};
use fabric_ledger::commit::{commit_hash, fold};
use fabric_ledger::state::MemoryState;
use fabric_protos::common::{
    Block, BlockData, BlockHeader, BlockMetadata, ChannelHeader, Envelope, Header, HeaderType,
    Metadata, Payload, SignatureHeader,
};
use fabric_protos::peer;
use prost::Message;
use sha2::{Digest as _, Sha256};

use crate::source::Recording;

pub(crate) use fabric_contract_api_rust::testing::CHAINCODE;

/// Blocks so far, and what the next one continues.
pub(crate) struct ChainMaker {
    blocks: Vec<Bytes>,
    state: MemoryState,
    previous_hash: Bytes,
    commit_hash: Vec<u8>,
}

impl ChainMaker {
    /// A chain with its block 0.
    pub(crate) fn new() -> Self {
        let mut chain = Self {
            blocks: Vec::new(),
            state: MemoryState::new(),
            previous_hash: Bytes::new(),
            commit_hash: Vec::new(),
        };
        let config = envelope(
            HeaderType::Config,
            "",
            Bytes::new(),
            Bytes::from_static(b"config"),
        );
        chain.add(vec![config], &[Code::VALID]);
        chain
    }

    /// Adds a block of transactions with the codes that committing them gave.
    pub(crate) fn commit(&mut self, transactions: &[Endorsed], codes: &[Code]) {
        self.add(transactions.iter().map(transaction).collect(), codes);
    }

    pub(crate) fn recording(self) -> Recording {
        Recording::of(self.blocks)
    }

    fn add(&mut self, envelopes: Vec<Bytes>, codes: &[Code]) {
        let number = self.blocks.len() as u64;
        let data = BlockData { data: envelopes };
        let header = BlockHeader {
            number,
            previous_hash: self.previous_hash.clone(),
            data_hash: data_hash(&data).to_vec().into(),
        };
        self.previous_hash = header_hash(&header).to_vec().into();
        let filter: Vec<u8> = codes.iter().map(|code| code.byte()).collect();
        let mut metadata = vec![Bytes::new(), Bytes::new(), filter.into(), Bytes::new()];
        let mut block = Block {
            header: Some(header),
            data: Some(data),
            metadata: None,
        };
        let decoded = decode(&block).unwrap();
        assert!(decoded.transactions.iter().all(|found| {
            !matches!(found.content, fabric_ledger::block::Content::Malformed(_))
        }));
        let Ok(updates) = fold(&decoded, codes, &self.state);
        if number > 0 {
            self.commit_hash = commit_hash(codes, &updates, &self.commit_hash).to_vec();
            let value = self.commit_hash.clone().into();
            metadata.push(
                Metadata {
                    value,
                    signatures: vec![],
                }
                .encode_to_vec()
                .into(),
            );
        }
        self.state.apply(&updates);
        block.metadata = Some(BlockMetadata { metadata });
        self.blocks.push(block.encode_to_vec().into());
    }
}

fn chaincode_id() -> Option<peer::ChaincodeId> {
    let name = CHAINCODE.to_owned();
    Some(peer::ChaincodeId {
        name,
        version: "1".to_owned(),
        ..Default::default()
    })
}

fn transaction(endorsed: &Endorsed) -> Bytes {
    let extension = peer::ChaincodeHeaderExtension {
        chaincode_id: chaincode_id(),
    };
    let extension: Bytes = extension.encode_to_vec().into();
    let (kind, id) = (HeaderType::EndorserTransaction, endorsed.transaction_id());
    let headers = headers(kind, id, extension.clone());
    let proposal = peer::ChaincodeProposalPayload {
        input: Bytes::from_static(&[0x0a, 0x00]),
        ..Default::default()
    };
    let proposal: Bytes = proposal.encode_to_vec().into();
    let hash = Sha256::new()
        .chain_update(&headers.channel_header)
        .chain_update(&headers.signature_header)
        .chain_update(&proposal)
        .finalize();
    let response = peer::ProposalResponsePayload {
        proposal_hash: hash.to_vec().into(),
        extension: action(endorsed).encode_to_vec().into(),
    };
    let payload = peer::ChaincodeActionPayload {
        chaincode_proposal_payload: proposal,
        action: Some(peer::ChaincodeEndorsedAction {
            proposal_response_payload: response.encode_to_vec().into(),
            endorsements: vec![],
        }),
    };
    let action = peer::TransactionAction {
        header: headers.signature_header,
        payload: payload.encode_to_vec().into(),
    };
    let data = peer::Transaction {
        actions: vec![action],
    }
    .encode_to_vec()
    .into();
    envelope(kind, id, extension, data)
}

fn action(endorsed: &Endorsed) -> peer::ChaincodeAction {
    let event = endorsed.event().map(|event| peer::ChaincodeEvent {
        chaincode_id: CHAINCODE.to_owned(),
        tx_id: endorsed.transaction_id().to_owned(),
        event_name: event.name.clone(),
        payload: event.payload.clone().into(),
    });
    peer::ChaincodeAction {
        results: endorsed.rwset().encode(),
        events: event.map_or_else(Bytes::new, |event| event.encode_to_vec().into()),
        response: Some(peer::Response {
            status: 200,
            ..Default::default()
        }),
        chaincode_id: chaincode_id(),
    }
}

fn envelope(kind: HeaderType, transaction_id: &str, extension: Bytes, data: Bytes) -> Bytes {
    let header = Some(headers(kind, transaction_id, extension));
    let payload = Payload { header, data }.encode_to_vec().into();
    let signature = Bytes::from_static(b"nobody checks it here");
    Envelope { payload, signature }.encode_to_vec().into()
}

fn headers(kind: HeaderType, transaction_id: &str, extension: Bytes) -> Header {
    let channel_header = ChannelHeader {
        r#type: kind.into(),
        channel_id: testing::CHANNEL.to_owned(),
        tx_id: transaction_id.to_owned(),
        extension,
        ..Default::default()
    };
    let signature_header = SignatureHeader {
        creator: Bytes::from_static(b"creator"),
        nonce: Bytes::from_static(b"nonce"),
    };
    Header {
        channel_header: channel_header.encode_to_vec().into(),
        signature_header: signature_header.encode_to_vec().into(),
    }
}

pub(crate) use crate::assets::asset_chain;
