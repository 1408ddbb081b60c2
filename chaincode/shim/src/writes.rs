//! A transaction's writes on the wire: in batches where the peer takes them, else one by one.
//!
//! Batches put off the peer's own checks to the end, so what a peer would misunderstand is refused
//! here before anything is sent.

use fabric_contract_api_rust::peer::{PeerError, Write};
use fabric_protos::peer::{
    DelState, PutState, PutStateMetadata, StateMetadata, WriteBatchState, WriteRecord,
    chaincode_message::Type, write_record,
};
use prost::Message;

/// A batch is cut at this size: far below the 100 MiB of a message, so that its encoding and the
/// peer's decoding of it stay a small part of either's memory.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Refuses what a peer would take for something else.
pub(crate) fn check(write: &Write) -> Result<(), PeerError> {
    let key = match write {
        Write::Put { key, value, .. } if value.is_empty() => {
            return Err(refused(
                key,
                "has an empty value, which a peer takes for a deletion",
            ));
        }
        Write::Purge { collection, key } if collection.is_empty() => {
            return Err(refused(key, "is public: only private data can be purged"));
        }
        Write::Put { key, .. }
        | Write::Delete { key, .. }
        | Write::Purge { key, .. }
        | Write::PutMetadata { key, .. } => key,
        _ => return Err(unknown()),
    };
    if key.is_empty() {
        return Err(refused(key, "is empty"));
    }
    Ok(())
}

/// A write as part of a batch.
pub(crate) fn record(write: Write) -> Result<WriteRecord, PeerError> {
    use write_record::Type;
    let record = |kind: Type, collection, key| WriteRecord {
        key,
        collection,
        r#type: kind.into(),
        ..WriteRecord::default()
    };
    Ok(match write {
        Write::Put {
            collection,
            key,
            value,
        } => WriteRecord {
            value: value.into(),
            ..record(Type::PutState, collection, key)
        },
        Write::Delete { collection, key } => record(Type::DelState, collection, key),
        Write::Purge { collection, key } => record(Type::PurgePrivateData, collection, key),
        Write::PutMetadata {
            collection,
            key,
            name,
            value,
        } => WriteRecord {
            metadata: Some(StateMetadata {
                metakey: name,
                value: value.into(),
            }),
            ..record(Type::PutStateMetadata, collection, key)
        },
        _ => return Err(unknown()),
    })
}

/// A write as a message of its own.
pub(crate) fn single(write: Write) -> Result<(Type, Vec<u8>), PeerError> {
    Ok(match write {
        Write::Put {
            collection,
            key,
            value,
        } => {
            let request = PutState {
                key,
                value: value.into(),
                collection,
            };
            (Type::PutState, request.encode_to_vec())
        }
        Write::Delete { collection, key } => {
            (Type::DelState, DelState { key, collection }.encode_to_vec())
        }
        Write::Purge { collection, key } => (
            Type::PurgePrivateData,
            DelState { key, collection }.encode_to_vec(),
        ),
        Write::PutMetadata {
            collection,
            key,
            name,
            value,
        } => {
            let metadata = Some(StateMetadata {
                metakey: name,
                value: value.into(),
            });
            let request = PutStateMetadata {
                key,
                collection,
                metadata,
            };
            (Type::PutStateMetadata, request.encode_to_vec())
        }
        _ => return Err(unknown()),
    })
}

/// Cuts batches of at most so many records and of a bounded size, in order.
pub(crate) fn batches(
    records: Vec<WriteRecord>,
    records_max: usize,
) -> impl Iterator<Item = WriteBatchState> {
    let mut records = records.into_iter().peekable();
    std::iter::from_fn(move || {
        let first = records.next()?;
        let mut bytes = first.encoded_len();
        let mut rec = vec![first];
        while rec.len() < records_max {
            let fits = |next: &WriteRecord| bytes + next.encoded_len() <= BATCH_BYTES_MAX;
            let Some(next) = records.next_if(fits) else {
                break;
            };
            bytes += next.encoded_len();
            rec.push(next);
        }
        Some(WriteBatchState { rec })
    })
}

fn refused(key: &str, reason: &str) -> PeerError {
    PeerError::Refused {
        message: format!("key {key:?} {reason}"),
    }
}

fn unknown() -> PeerError {
    PeerError::Refused {
        message: "a kind of write that the shim does not know".to_owned(),
    }
}
