//! Counting what protobuf bytes would decode into, before decoding them: a repeated message of two
//! bytes on the wire takes a hundred in memory.

use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// The repeated fields of a message, each with those of its own message.
pub(crate) struct Shape(pub(crate) &'static [(u32, Option<&'static Shape>)]);

/// Of `common.Block`: data, its envelopes.
pub(crate) const BLOCK: Shape = Shape(&[(2, Some(&BLOCK_DATA))]);
const BLOCK_DATA: Shape = Shape(&[(1, None)]);

/// Of `rwset.TxReadWriteSet` and `rwset.TxPvtReadWriteSet`: namespaces, their collections.
pub(crate) const TRANSACTION_SET: Shape = Shape(&[(2, Some(&NAMESPACE_SET))]);
const NAMESPACE_SET: Shape = Shape(&[(2, None), (3, None)]);

/// Of `kvrwset.KVRWSet`: reads, range queries, writes, metadata writes.
pub(crate) const KEY_SET: Shape = Shape(&[
    (1, None),
    (2, Some(&RANGE_QUERY)),
    (3, None),
    (4, Some(&METADATA_WRITE)),
]);
const RANGE_QUERY: Shape = Shape(&[(4, Some(&QUERY_READS)), (5, Some(&MERKLE_SUMMARY))]);
const QUERY_READS: Shape = Shape(&[(1, None)]);
const MERKLE_SUMMARY: Shape = Shape(&[(3, None)]);

/// Of `kvrwset.KVMetadataWrite` and its hashed form: entries.
pub(crate) const METADATA_WRITE: Shape = Shape(&[(2, None)]);

/// Of `kvrwset.HashedRWSet`: reads, writes, metadata writes.
pub(crate) const HASHED_SET: Shape = Shape(&[(1, None), (2, None), (3, Some(&METADATA_WRITE))]);

/// Counts the repeated fields that `bytes` hold, and stops soon after `limit`.
pub(crate) fn count_entries(
    mut bytes: &[u8],
    shape: &Shape,
    limit: usize,
) -> Result<usize, DecodeError> {
    let mut entries = 0_usize;
    while !bytes.is_empty() && entries <= limit {
        let (tag, wire_type) = decode_key(&mut bytes)?;
        let known = shape.0.iter().find(|(known, _)| *known == tag);
        let (Some((_, inner)), WireType::LengthDelimited) = (known, wire_type) else {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default())?;
            continue;
        };
        let length = usize::try_from(decode_varint(&mut bytes)?).unwrap_or(usize::MAX);
        if length > bytes.len() {
            // The decoder comes next and reports the truncation.
            return Ok(entries);
        }
        let (field, rest) = bytes.split_at(length);
        bytes = rest;
        entries += 1;
        if let Some(inner) = inner {
            entries += count_entries(field, inner, limit - entries.min(limit))?;
        }
    }
    Ok(entries)
}
