//! The ordering service's signatures over a block. (Fabric: protoutil/blockutils.go)

use std::sync::Arc;

use bytes::Bytes;
use fabric_msp::Identity;
use fabric_protos::common::{
    Block, BlockHeader, BlockMetadataIndex, Metadata, MetadataSignature, SignatureHeader,
};
use prost::Message;

use super::report::SignatureCheck;
use crate::block::header_bytes;
use crate::channel::ChannelConfig;

/// The policy that a block's signatures must satisfy.
const BLOCK_VALIDATION_POLICY: &str = "/Channel/Orderer/BlockValidation";

/// Checks the signatures of a block against the configuration before it. Block 0 has none.
pub(super) fn check(block: &Block, channel: &ChannelConfig) -> SignatureCheck {
    let index = usize::try_from(BlockMetadataIndex::Signatures as i32).unwrap_or_default();
    let items = block.metadata.as_ref().map(|metadata| &metadata.metadata);
    let bytes = items.and_then(|items| items.get(index)).cloned();
    let (Some(bytes), Some(header)) = (bytes, &block.header) else {
        return SignatureCheck::None;
    };
    let Ok(metadata) = Metadata::decode(bytes) else {
        return SignatureCheck::Bad;
    };
    if metadata.signatures.is_empty() {
        return SignatureCheck::None;
    }
    let mut signers: Vec<Arc<Identity>> = Vec::new();
    for signature in &metadata.signatures {
        let Some(signer) = signer(signature, &metadata.value, header, channel) else {
            continue;
        };
        if !signers
            .iter()
            .any(|known| known.certificate() == signer.certificate())
        {
            signers.push(signer);
        }
    }
    match channel.satisfies(BLOCK_VALIDATION_POLICY, &signers) {
        true => SignatureCheck::Ok,
        false => SignatureCheck::Bad,
    }
}

/// Who signed, where the signature names its signer and is good.
fn signer(
    signature: &MetadataSignature,
    value: &Bytes,
    header: &BlockHeader,
    channel: &ChannelConfig,
) -> Option<Arc<Identity>> {
    let signature_header = SignatureHeader::decode(signature.signature_header.clone()).ok()?;
    let identity = channel.msps().identity(&signature_header.creator).ok()?;
    let mut signed = value.to_vec();
    signed.extend_from_slice(&signature.signature_header);
    signed.extend_from_slice(&header_bytes(header));
    identity.verify(&signed, &signature.signature).ok()?;
    Some(identity)
}
