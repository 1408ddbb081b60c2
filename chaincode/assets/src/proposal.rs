//! What the creator of a transaction signed: the arguments inside the signed proposal.
//!
//! Contracts know no protobuf library; the few nested fields are found by their numbers
//! (`peer/proposal.proto` and `peer/chaincode.proto` of fabric-protos). Never fails on other fields.

/// `SignedProposal.proposal_bytes`.
const PROPOSAL_BYTES: u64 = 1;
/// `Proposal.payload`, a `ChaincodeProposalPayload`.
const PAYLOAD: u64 = 2;
/// `ChaincodeProposalPayload.input`, a `ChaincodeInvocationSpec`.
const PAYLOAD_INPUT: u64 = 1;
/// `ChaincodeInvocationSpec.chaincode_spec`.
const CHAINCODE_SPEC: u64 = 1;
/// `ChaincodeSpec.input`, a `ChaincodeInput`.
const SPEC_INPUT: u64 = 3;
/// `ChaincodeInput.args`, repeated.
const ARGS: u64 = 1;

/// The arguments that the creator signed; `None` where the bytes are no signed proposal.
pub(crate) fn signed_arguments(signed_proposal: &[u8]) -> Option<Vec<&[u8]>> {
    let path = [
        PROPOSAL_BYTES,
        PAYLOAD,
        PAYLOAD_INPUT,
        CHAINCODE_SPEC,
        SPEC_INPUT,
    ];
    let input = path.into_iter().try_fold(signed_proposal, last)?;
    all(input, ARGS)
}

fn last(message: &[u8], number: u64) -> Option<&[u8]> {
    all(message, number)?.pop()
}

/// The contents of all length-delimited fields of this number.
fn all(mut message: &[u8], number: u64) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let (tag, rest) = varint(message)?;
        let (content, rest) = match tag & 7 {
            0 => (None, varint(rest)?.1),
            1 => (None, rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                let (content, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(content), rest)
            }
            5 => (None, rest.get(4..)?),
            _ => return None,
        };
        found.extend(content.filter(|_| tag >> 3 == number));
        message = rest;
    }
    Some(found)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    // Ten groups of seven bits hold any 64-bit number.
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
