//! Block 0: the channel's configuration, in the shape that Fabric's `configtxgen` gives it for the
//! test-network.
//!
//! Capabilities V2_0 for channel and orderer, V2_5 for applications; NodeOU policies per
//! organisation and ImplicitMeta policies above them. Sources: `internal/configtxgen/encoder`,
//! the test-network's `configtx.yaml`.

mod group;
mod policy;

use fabric_protos::{
    common::{
        Block, BlockData, BlockHeader, BlockMetadata, ChannelHeader, Config, ConfigEnvelope,
        Envelope, Header, HeaderType, Metadata, Payload, SignatureHeader,
    },
    msp::FabricMspConfig,
};
use prost::Message as _;
use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};

pub(crate) use group::{ConsenterTls, OrdererGroup, PeerGroup};

/// What the configuration says.
pub(crate) struct Genesis {
    pub(crate) channel: String,
    pub(crate) orderer: OrdererGroup,
    pub(crate) organizations: Vec<PeerGroup>,
}

/// One organisation of the configuration.
pub(crate) struct OrganizationGroup {
    pub(crate) msp_id: String,
    pub(crate) msp: FabricMspConfig,
}

impl Genesis {
    /// The configuration block. Like a real one it is unsigned and has no validation codes yet.
    pub(crate) fn block(&self, nonce: &[u8], timestamp: Timestamp) -> Block {
        let data = self.envelope(nonce, timestamp).encode_to_vec();
        let data_hash = Sha256::digest(&data).to_vec().into();
        let signatures = Metadata {
            value: fabric_protos::common::OrdererBlockMetadata {
                last_config: Some(fabric_protos::common::LastConfig { index: 0 }),
                ..Default::default()
            }
            .encode_to_vec()
            .into(),
            signatures: Vec::new(),
        };
        Block {
            header: Some(BlockHeader {
                number: 0,
                previous_hash: Default::default(),
                data_hash,
            }),
            data: Some(BlockData {
                data: vec![data.into()],
            }),
            metadata: Some(BlockMetadata {
                metadata: vec![
                    signatures.encode_to_vec().into(),
                    Default::default(),
                    Default::default(),
                    Default::default(),
                    Default::default(),
                ],
            }),
        }
    }

    /// The unsigned envelope around the configuration, as `protoutil` makes it.
    fn envelope(&self, nonce: &[u8], timestamp: Timestamp) -> Envelope {
        let channel_header = ChannelHeader {
            r#type: HeaderType::Config.into(),
            version: 1,
            timestamp: Some(timestamp),
            channel_id: self.channel.clone(),
            // The creator is empty: nobody signs the first configuration.
            tx_id: hex::encode(Sha256::digest(nonce)),
            ..Default::default()
        };
        let signature_header = SignatureHeader {
            nonce: nonce.to_vec().into(),
            ..Default::default()
        };
        let configuration = ConfigEnvelope {
            config: Some(Config {
                sequence: 0,
                channel_group: Some(group::channel(&self.orderer, &self.organizations)),
            }),
            last_update: None,
        };
        let payload = Payload {
            header: Some(Header {
                channel_header: channel_header.encode_to_vec().into(),
                signature_header: signature_header.encode_to_vec().into(),
            }),
            data: configuration.encode_to_vec().into(),
        };
        Envelope {
            payload: payload.encode_to_vec().into(),
            ..Default::default()
        }
    }
}
