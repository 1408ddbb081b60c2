//! The hashes that chain blocks. (Fabric: protoutil/blockutils.go)

use bytes::Bytes;
use fabric_protos::common::{BlockData, BlockHeader};
use sha2::{Digest, Sha256};

const TAG_INTEGER: u8 = 0x02;
const TAG_OCTET_STRING: u8 = 0x04;
const TAG_SEQUENCE: u8 = 0x30;

/// SHA-256 of [`header_bytes`]: the next block's `previous_hash`.
#[must_use]
pub fn header_hash(header: &BlockHeader) -> [u8; 32] {
    Sha256::digest(header_bytes(header)).into()
}

/// [`header_hash`] of a header with these parts.
#[must_use]
pub fn header_hash_of(number: u64, previous_hash: &[u8], data_hash: &[u8]) -> [u8; 32] {
    header_hash(&BlockHeader {
        number,
        previous_hash: Bytes::copy_from_slice(previous_hash),
        data_hash: Bytes::copy_from_slice(data_hash),
    })
}

/// A header as ASN.1 DER: SEQUENCE of number, previous hash and data hash. Orderers sign it too.
#[must_use]
pub fn header_bytes(header: &BlockHeader) -> Vec<u8> {
    let mut fields = Vec::with_capacity(96);
    push_element(&mut fields, TAG_INTEGER, &integer(header.number));
    push_element(&mut fields, TAG_OCTET_STRING, &header.previous_hash);
    push_element(&mut fields, TAG_OCTET_STRING, &header.data_hash);
    let mut sequence = Vec::with_capacity(fields.len() + 4);
    push_element(&mut sequence, TAG_SEQUENCE, &fields);
    sequence
}

/// SHA-256 over all envelopes, one after the other: the header's `data_hash`.
#[must_use]
pub fn data_hash(data: &BlockData) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for envelope in &data.data {
        hasher.update(envelope);
    }
    hasher.finalize().into()
}

/// The id of a transaction: SHA-256 of nonce and creator, in hexadecimal.
#[must_use]
pub fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    hex::encode(
        Sha256::new()
            .chain_update(nonce)
            .chain_update(creator)
            .finalize(),
    )
}

/// Content octets of a non-negative INTEGER: no superfluous zero, and no leading 1 bit.
fn integer(number: u64) -> Vec<u8> {
    let big_endian = number.to_be_bytes();
    let mut content: Vec<u8> = big_endian
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    if content.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    content
}

fn push_element(der: &mut Vec<u8>, tag: u8, content: &[u8]) {
    der.push(tag);
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => der.push(length),
        _ => {
            let big_endian = content.len().to_be_bytes();
            let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
            let significant = big_endian.get(zeros..).unwrap_or_default();
            der.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            der.extend_from_slice(significant);
        }
    }
    der.extend_from_slice(content);
}
