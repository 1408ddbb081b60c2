//! Whatever a peer or a client sends, decoding ends with a message or an error.

use std::fmt::Debug;

use bytes::Bytes;
use fabric_protos::common::signature_policy::{NOutOf, Type};
use fabric_protos::common::{Block, Envelope, SignaturePolicy};
use fabric_protos::peer::{ChaincodeMessage, SignedProposal};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::fixtures;

/// Decodes as each kind of message that arrives unasked.
fn decode_all(bytes: &Bytes) {
    decode::<Block>(bytes);
    decode::<Envelope>(bytes);
    decode::<ChaincodeMessage>(bytes);
    decode::<SignedProposal>(bytes);
}

/// What decodes has to survive a round trip.
fn decode<M: Message + Default + PartialEq + Debug>(bytes: &Bytes) {
    if let Ok(message) = M::decode(bytes.clone()) {
        let encoded = message.encode_to_vec();
        assert_eq!(encoded.len(), message.encoded_len());
        assert_eq!(M::decode(encoded.as_slice()).as_ref(), Ok(&message));
    }
}

/// Bytes that look like fields, with lengths and wire types that need not fit: they get further
/// into a decoder than plain noise.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let field = (1u32..9, 0u8..6, any::<u64>(), vec(any::<u8>(), 0..24)).prop_map(
        |(number, wire_type, value, content)| {
            let wire_type = WireType::try_from(u64::from(wire_type)).expect("a wire type");
            let mut bytes = Vec::new();
            encode_key(number, wire_type, &mut bytes);
            match wire_type {
                WireType::Varint => encode_varint(value, &mut bytes),
                // One length in two is right.
                WireType::LengthDelimited if value % 2 == 0 => {
                    encode_varint(content.len() as u64, &mut bytes);
                }
                WireType::LengthDelimited => encode_varint(value >> (value % 64), &mut bytes),
                _ => {}
            }
            bytes.extend(content);
            bytes
        },
    );
    vec(field, 0..8).prop_map(|fields| fields.concat())
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in vec(any::<u8>(), 0..512)) {
        decode_all(&bytes.into());
    }

    #[test]
    fn fields_that_do_not_fit_never_panic(bytes in fields()) {
        decode_all(&bytes.into());
    }

    #[test]
    fn damaged_block_never_panics(position in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = fixtures::golden_bytes("block with a transaction");
        let position = position.index(bytes.len());
        bytes[position] = byte;
        decode_all(&bytes.into());
    }
}

#[test]
fn block_that_is_cut_anywhere_never_panics() {
    let bytes = Bytes::from(fixtures::golden_bytes("block with a transaction"));
    for end in 0..bytes.len() {
        decode_all(&bytes.slice(..end));
    }
}

/// A policy of rules within rules; each takes two levels of messages.
fn nested_policy(levels: usize) -> Vec<u8> {
    let leaf = SignaturePolicy {
        r#type: Some(Type::SignedBy(0)),
    };
    (0..levels).fold(leaf.encode_to_vec(), |rule, _| {
        let rules = [vec![0x12], length(&rule), rule].concat();
        [vec![0x12], length(&rules), rules].concat()
    })
}

fn length(bytes: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    encode_varint(bytes.len() as u64, &mut length);
    length
}

#[test]
fn policy_of_usual_depth_is_accepted() {
    let policy = SignaturePolicy::decode(nested_policy(40).as_slice()).expect("40 levels decode");

    let Some(Type::NOutOf(NOutOf { rules, .. })) = policy.r#type else {
        panic!("the rule is not n of several");
    };
    assert_eq!(rules.len(), 1);
}

#[test]
fn policy_without_end_is_rejected() {
    assert!(SignaturePolicy::decode(nested_policy(10_000).as_slice()).is_err());
}
