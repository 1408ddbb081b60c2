//! Messages about the ledger: from an operation to a request, and from its answer to ours.

use bytes::Bytes;
use fabric_protos::{
    peer::{
        ChaincodeMessage, DelState, GetHistoryForKey, GetQueryResult, GetState, GetStateByRange,
        GetStateMetadata, GetStateMultiple, GetStateMultipleResult, PutState, PutStateMetadata,
        QueryMetadata, QueryResponse, QueryResponseMetadata, QueryStateClose, QueryStateNext,
        Response, StateMetadata, StateMetadataResult, WriteBatchState, WriteRecord,
        chaincode_message::Type, write_record,
    },
    queryresult::{KeyModification, Kv},
};
use prost::{DecodeError, Message};

use super::data::Data;
use super::script::{Answer, Key, Op, Page, Row};
use super::stream::message;

/// What an answer holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes.
    #[default]
    Value,
    Values,
    Entries,
    /// Rows of state, and whether they come in pages.
    State {
        paged: bool,
    },
    /// Rows of a history.
    Changes,
    /// The last message of another chaincode.
    Called,
}

/// The request of an operation about the ledger.
pub(super) fn encode(op: &Op) -> Option<(ChaincodeMessage, Kind)> {
    Some(match op {
        Op::Get(Key { collection, key }) => (get(Type::GetState, collection, key), Kind::Value),
        Op::PrivateHash(Key { collection, key }) => {
            (get(Type::GetPrivateDataHash, collection, key), Kind::Value)
        }
        Op::GetMany { collection, keys } => {
            let request = GetStateMultiple {
                keys: keys.clone(),
                collection: collection.clone(),
            };
            (message(Type::GetStateMultiple, &request), Kind::Values)
        }
        Op::Metadata(Key { collection, key }) => {
            let request = GetStateMetadata {
                key: key.clone(),
                collection: collection.clone(),
            };
            (message(Type::GetStateMetadata, &request), Kind::Entries)
        }
        Op::Batch(writes) => {
            let batch = WriteBatchState {
                rec: writes.iter().filter_map(record).collect(),
            };
            (message(Type::WriteBatchState, &batch), Kind::Value)
        }
        Op::Put(..) | Op::Delete(_) | Op::Purge(_) | Op::SetMetadata { .. } => {
            (write(record(op)?), Kind::Value)
        }
        op => query(op)?,
    })
}

fn get(r#type: Type, collection: &str, key: &str) -> ChaincodeMessage {
    let request = GetState {
        key: key.to_owned(),
        collection: collection.to_owned(),
    };
    message(r#type, &request)
}

fn query(op: &Op) -> Option<(ChaincodeMessage, Kind)> {
    Some(match op {
        Op::Range {
            collection,
            start,
            end,
            page,
        } => {
            let request = GetStateByRange {
                start_key: start.clone(),
                end_key: end.clone(),
                collection: collection.clone(),
                metadata: paging(page.as_ref()),
            };
            let kind = Kind::State {
                paged: page.is_some(),
            };
            (message(Type::GetStateByRange, &request), kind)
        }
        Op::Query {
            collection,
            query,
            page,
        } => {
            let request = GetQueryResult {
                query: query.clone(),
                collection: collection.clone(),
                metadata: paging(page.as_ref()),
            };
            let kind = Kind::State {
                paged: page.is_some(),
            };
            (message(Type::GetQueryResult, &request), kind)
        }
        Op::History(key) => {
            let request = GetHistoryForKey { key: key.clone() };
            (message(Type::GetHistoryForKey, &request), Kind::Changes)
        }
        _ => return None,
    })
}

fn paging(page: Option<&Page>) -> Bytes {
    page.map(|Page { size, bookmark }| {
        let metadata = QueryMetadata {
            page_size: *size,
            bookmark: bookmark.clone(),
        };
        Bytes::from(metadata.encode_to_vec())
    })
    .unwrap_or_default()
}

pub(super) fn next(id: String) -> ChaincodeMessage {
    message(Type::QueryStateNext, &QueryStateNext { id })
}

pub(super) fn close(id: String) -> ChaincodeMessage {
    message(Type::QueryStateClose, &QueryStateClose { id })
}

/// A write as an entry of a batch.
fn record(op: &Op) -> Option<WriteRecord> {
    let (r#type, key, value, metadata) = match op {
        Op::Put(key, Data(value)) => (write_record::Type::PutState, key, value.clone(), None),
        Op::Delete(key) => (write_record::Type::DelState, key, Vec::new(), None),
        Op::Purge(key) => (write_record::Type::PurgePrivateData, key, Vec::new(), None),
        Op::SetMetadata { key, name, value } => {
            let entry = StateMetadata {
                metakey: name.clone(),
                value: value.0.clone().into(),
            };
            let r#type = write_record::Type::PutStateMetadata;
            (r#type, key, Vec::new(), Some(entry))
        }
        _ => return None,
    };
    Some(WriteRecord {
        key: key.key.clone(),
        collection: key.collection.clone(),
        value: value.into(),
        metadata,
        r#type: r#type.into(),
    })
}

/// A write as a message of its own.
fn write(record: WriteRecord) -> ChaincodeMessage {
    let r#type = record.r#type();
    let WriteRecord {
        key,
        value,
        collection,
        metadata,
        ..
    } = record;
    match r#type {
        write_record::Type::PutStateMetadata => {
            let request = PutStateMetadata {
                key,
                collection,
                metadata,
            };
            message(Type::PutStateMetadata, &request)
        }
        write_record::Type::DelState => message(Type::DelState, &DelState { key, collection }),
        write_record::Type::PurgePrivateData => {
            message(Type::PurgePrivateData, &DelState { key, collection })
        }
        write_record::Type::PutState | write_record::Type::Undefined => {
            let request = PutState {
                key,
                value,
                collection,
            };
            message(Type::PutState, &request)
        }
    }
}

/// Reads an answer; gives the peer's name of a query with it.
pub(super) fn read(kind: Kind, payload: Bytes) -> Result<(Answer, Option<String>), DecodeError> {
    let data = |bytes: Bytes| Data(bytes.into());
    Ok(match kind {
        Kind::Value => (Answer::Value(data(payload)), None),
        Kind::Values => {
            let values = GetStateMultipleResult::decode(payload)?.values;
            (Answer::Values(values.into_iter().map(data).collect()), None)
        }
        Kind::Entries => {
            let entries = StateMetadataResult::decode(payload)?.entries.into_iter();
            let entries = entries.map(|entry| (entry.metakey, data(entry.value)));
            (Answer::Entries(entries.collect()), None)
        }
        Kind::Called => (called(payload)?, None),
        Kind::State { paged } => rows(payload, paged, |bytes| Ok(Row::from(Kv::decode(bytes)?)))?,
        Kind::Changes => rows(payload, false, |bytes| {
            Ok(Row::from(KeyModification::decode(bytes)?))
        })?,
    })
}

fn rows(
    payload: Bytes,
    paged: bool,
    read: impl Fn(Bytes) -> Result<Row, DecodeError>,
) -> Result<(Answer, Option<String>), DecodeError> {
    let response = QueryResponse::decode(payload)?;
    let rows = response.results.into_iter();
    let rows = rows.map(|row| read(row.result_bytes));
    let page = QueryResponseMetadata::decode(response.metadata)?;
    let answer = Answer::Rows {
        rows: rows.collect::<Result<_, _>>()?,
        more: response.has_more,
        page: paged.then_some((page.fetched_records_count, page.bookmark)),
    };
    Ok((answer, Some(response.id)))
}

fn called(payload: Bytes) -> Result<Answer, DecodeError> {
    let last = ChaincodeMessage::decode(payload)?;
    let r#type = last.r#type;
    let response = if r#type == i32::from(Type::Completed) {
        Response::decode(last.payload)?
    } else {
        Response {
            payload: last.payload,
            ..Default::default()
        }
    };
    Ok(Answer::Called {
        r#type,
        status: response.status,
        message: response.message,
        payload: Data(response.payload.into()),
        event: last.chaincode_event.map(|event| event.event_name),
    })
}

impl From<Kv> for Row {
    fn from(row: Kv) -> Self {
        Self::State {
            namespace: row.namespace,
            key: row.key,
            value: Data(row.value.into()),
        }
    }
}

impl From<KeyModification> for Row {
    fn from(row: KeyModification) -> Self {
        Self::Change {
            transaction: row.tx_id,
            value: Data(row.value.into()),
            deleted: row.is_delete,
            timed: row.timestamp.is_some(),
        }
    }
}
