//! The mock peer's state: maps, and the answers that a peer makes from them.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_protos::{
    peer::{
        ChaincodeMessage, ChaincodeSpec, DelState, GetHistoryForKey, GetState, GetStateByRange,
        GetStateMetadata, GetStateMultiple, GetStateMultipleResult, PutState, PutStateMetadata,
        QueryMetadata, QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateClose,
        QueryStateNext, Response, StateMetadata, StateMetadataResult, WriteBatchState,
        chaincode_message::Type, write_record,
    },
    queryresult::{KeyModification, Kv},
};
use prost::Message;

/// A peer cuts unpaged queries at a hundred rows.
const BATCH: usize = 100;

#[derive(Default)]
pub(crate) struct MockLedger {
    /// By collection and key.
    pub(crate) state: BTreeMap<(String, String), Bytes>,
    pub(crate) metadata: BTreeMap<(String, String), StateMetadata>,
    pub(crate) purged: Vec<(String, String)>,
    /// Sizes of the write batches taken.
    pub(crate) batches: Vec<usize>,
    /// What calls asked for, as `name` or `name/channel`.
    pub(crate) calls: Vec<String>,
    /// What the called chaincode ends with.
    pub(crate) callee: Option<ChaincodeMessage>,
    /// Refuses everything with this text.
    pub(crate) refusal: Option<String>,
    /// Answers everything with this payload.
    pub(crate) nonsense: Option<Vec<u8>>,
    open: BTreeMap<String, Vec<QueryResultBytes>>,
}

impl MockLedger {
    pub(crate) fn put(&mut self, collection: &str, key: &str, value: &str) {
        let value = Bytes::copy_from_slice(value.as_bytes());
        self.state.insert((collection.into(), key.into()), value);
    }

    pub(crate) fn get(&self, collection: &str, key: &str) -> Option<&Bytes> {
        self.state.get(&(collection.to_owned(), key.to_owned()))
    }

    /// The reply to a request.
    pub(crate) fn answer(&mut self, request: &ChaincodeMessage) -> (Type, Vec<u8>) {
        if let Some(refusal) = &self.refusal {
            return (Type::Error, refusal.clone().into_bytes());
        }
        if let Some(nonsense) = &self.nonsense {
            return (Type::Response, nonsense.clone());
        }
        (
            Type::Response,
            self.reply(request.r#type(), request.payload.clone()),
        )
    }

    fn reply(&mut self, kind: Type, payload: Bytes) -> Vec<u8> {
        match kind {
            Type::GetState => {
                let GetState { key, collection } = decode(payload);
                self.value(collection, key).to_vec()
            }
            Type::GetPrivateDataHash => {
                let GetState { key, collection } = decode(payload);
                let value = self.value(collection, key);
                if value.is_empty() {
                    Vec::new()
                } else {
                    [b"hash of ", &value[..]].concat()
                }
            }
            Type::GetStateMultiple => {
                let GetStateMultiple { keys, collection } = decode(payload);
                let value = |key| self.value(collection.clone(), key);
                GetStateMultipleResult {
                    values: keys.into_iter().map(value).collect(),
                }
                .encode_to_vec()
            }
            Type::GetStateMetadata => {
                let GetStateMetadata { key, collection } = decode(payload);
                let entries = self.metadata.get(&(collection, key)).cloned();
                StateMetadataResult {
                    entries: entries.into_iter().collect(),
                }
                .encode_to_vec()
            }
            Type::InvokeChaincode => self.call(&decode(payload)),
            Type::WriteBatchState => self.batch(decode(payload)),
            Type::PutState | Type::DelState | Type::PurgePrivateData | Type::PutStateMetadata => {
                self.write(kind, payload);
                Vec::new()
            }
            _ => self.query(kind, payload),
        }
    }

    fn value(&self, collection: String, key: String) -> Bytes {
        self.state
            .get(&(collection, key))
            .cloned()
            .unwrap_or_default()
    }

    fn write(&mut self, kind: Type, payload: Bytes) {
        match kind {
            Type::PutState => {
                let PutState {
                    key,
                    value,
                    collection,
                } = decode(payload);
                self.state.insert((collection, key), value);
            }
            Type::PutStateMetadata => {
                let PutStateMetadata {
                    key,
                    collection,
                    metadata,
                } = decode(payload);
                self.metadata.insert((collection, key), metadata.unwrap());
            }
            _ => {
                let DelState { key, collection } = decode(payload);
                if kind == Type::PurgePrivateData {
                    self.purged.push((collection.clone(), key.clone()));
                }
                self.state.remove(&(collection, key));
            }
        }
    }

    fn batch(&mut self, batch: WriteBatchState) -> Vec<u8> {
        self.batches.push(batch.rec.len());
        for record in batch.rec {
            let kind = record.r#type();
            let (key, collection, metadata) = (record.key, record.collection, record.metadata);
            match kind {
                write_record::Type::PutState => {
                    self.state.insert((collection, key), record.value);
                }
                write_record::Type::PutStateMetadata => {
                    self.metadata.insert((collection, key), metadata.unwrap());
                }
                write_record::Type::PurgePrivateData => {
                    self.purged.push((collection.clone(), key.clone()));
                    self.state.remove(&(collection, key));
                }
                _ => {
                    self.state.remove(&(collection, key));
                }
            }
        }
        Vec::new()
    }

    fn call(&mut self, spec: &ChaincodeSpec) -> Vec<u8> {
        self.calls.push(spec.chaincode_id.clone().unwrap().name);
        let args = spec.input.clone().unwrap().args.concat();
        let response = Response {
            status: 200,
            payload: args.into(),
            ..Response::default()
        };
        let completed = ChaincodeMessage {
            r#type: Type::Completed.into(),
            payload: response.encode_to_vec().into(),
            ..ChaincodeMessage::default()
        };
        self.callee.clone().unwrap_or(completed).encode_to_vec()
    }

    fn query(&mut self, kind: Type, payload: Bytes) -> Vec<u8> {
        match kind {
            Type::GetStateByRange => self.range(decode(payload)),
            Type::GetHistoryForKey => {
                let GetHistoryForKey { key } = decode(payload);
                let change = |n: usize| KeyModification {
                    tx_id: format!("{key}-{n}"),
                    value: Bytes::from("old"),
                    timestamp: Some(prost_types::Timestamp {
                        seconds: 7,
                        nanos: 8,
                    }),
                    is_delete: n == 0,
                };
                self.start((0..=BATCH).map(change).map(|row| row.encode_to_vec()))
            }
            Type::QueryStateNext => {
                let QueryStateNext { id } = decode(payload);
                self.batch_of(id)
            }
            Type::QueryStateClose => {
                let QueryStateClose { id } = decode(payload);
                assert!(self.open.remove(&id).is_some(), "closed, but not open");
                QueryResponse {
                    id,
                    ..QueryResponse::default()
                }
                .encode_to_vec()
            }
            other => panic!("the mock peer does not know {}", other.as_str_name()),
        }
    }

    fn range(&mut self, request: GetStateByRange) -> Vec<u8> {
        let paging = QueryMetadata::decode(request.metadata).unwrap();
        let start = if paging.bookmark.is_empty() {
            request.start_key
        } else {
            paging.bookmark
        };
        let rows = self
            .state
            .iter()
            .map(|((_, key), value)| (key.clone(), value.clone()));
        let mut rows = rows.filter(|(key, _)| *key >= start && *key < request.end_key);
        let row = |(key, value)| {
            Kv {
                key,
                value,
                namespace: "cc".into(),
            }
            .encode_to_vec()
        };
        if paging.page_size == 0 {
            let rows: Vec<_> = rows.map(row).collect();
            return self.start(rows.into_iter());
        }
        let size = usize::try_from(paging.page_size).unwrap();
        let results: Vec<_> = rows.by_ref().take(size).map(row).map(result).collect();
        let metadata = QueryResponseMetadata {
            fetched_records_count: i32::try_from(results.len()).unwrap(),
            bookmark: rows.next().map(|(key, _)| key).unwrap_or_default(),
        };
        let metadata = metadata.encode_to_vec().into();
        QueryResponse {
            results,
            metadata,
            ..QueryResponse::default()
        }
        .encode_to_vec()
    }

    fn start(&mut self, rows: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
        let id = format!("query-{}", self.open.len());
        self.open.insert(id.clone(), rows.map(result).collect());
        self.batch_of(id)
    }

    /// The next rows; a query that has given all of them is closed, as on a peer.
    fn batch_of(&mut self, id: String) -> Vec<u8> {
        let rows = self.open.get_mut(&id).expect("no such query is open");
        let results: Vec<_> = rows.drain(..rows.len().min(BATCH)).collect();
        let has_more = !rows.is_empty();
        if !has_more {
            self.open.remove(&id);
        }
        QueryResponse {
            results,
            has_more,
            id,
            ..QueryResponse::default()
        }
        .encode_to_vec()
    }
}

fn result(row: Vec<u8>) -> QueryResultBytes {
    QueryResultBytes {
        result_bytes: row.into(),
    }
}

fn decode<M: Message + Default>(payload: Bytes) -> M {
    M::decode(payload).unwrap()
}
