//! What a chaincode asks of the ledger: one message, one answer.
//!
//! Source: `core/chaincode/handler.go`.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_ledger::simulate::{SimulateError, Simulator};
use fabric_protos::peer::{
    DelState, GetState, GetStateMetadata, GetStateMultiple, GetStateMultipleResult, PutState,
    PutStateMetadata, StateMetadata, StateMetadataResult, WriteBatchState, WriteRecord,
    chaincode_message::Type, write_record,
};
use prost::Message;

use super::collections::Collections;
use crate::{channel::Channel, private::PeerState, storage::StorageError};

/// Why a request fails, in a real peer's words, without its `GET_STATE failed: ...` before it.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl From<SimulateError<StorageError>> for Failure {
    fn from(error: SimulateError<StorageError>) -> Self {
        Self(error.to_string())
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}

/// Decodes a request.
pub(super) fn decode<M: Message + Default>(payload: Bytes) -> Result<M, Failure> {
    M::decode(payload).map_err(|error| {
        let reason = match error.to_string().contains("UTF-8") {
            true => "string field contains invalid UTF-8",
            false => "proto: cannot parse invalid wire-format data",
        };
        Failure(format!("unmarshal failed: {reason}"))
    })
}

/// The ledger as one chaincode of one transaction sees it.
pub(super) struct Ledger<'l, 's> {
    pub(super) channel: &'l Channel,
    pub(super) state: &'l PeerState<'s>,
    /// The client, serialized.
    pub(super) creator: &'l [u8],
    pub(super) namespace: &'l str,
    /// Whether rich queries are answered.
    pub(super) rich_queries: bool,
    pub(super) collections: &'l mut Collections,
    pub(super) simulator: &'l mut Simulator<'s, PeerState<'s>>,
}

impl Ledger<'_, '_> {
    /// Answers any request but those about queries.
    pub(super) fn answer(&mut self, r#type: Type, payload: Bytes) -> Result<Bytes, Failure> {
        match r#type {
            Type::GetState => self.get(&decode(payload)?),
            Type::GetStateMultiple => self.get_multiple(&decode(payload)?),
            Type::GetStateMetadata => self.get_metadata(&decode(payload)?),
            Type::GetPrivateDataHash => {
                let GetState { key, collection } = decode(payload)?;
                self.get_private_hash(&collection, &key)
            }
            Type::PutState => self.put(decode(payload)?).map(nothing),
            Type::DelState => self.delete(&decode(payload)?).map(nothing),
            Type::PutStateMetadata => self.put_metadata(decode(payload)?).map(nothing),
            Type::PurgePrivateData => self.purge(&decode(payload)?).map(nothing),
            Type::WriteBatchState => self.write_batch(decode(payload)?).map(nothing),
            _ => Err(Failure("unexpected request".to_owned())),
        }
    }

    fn get(&mut self, request: &GetState) -> Result<Bytes, Failure> {
        let GetState { key, collection } = request;
        if !collection.is_empty() {
            return self.get_private(collection, key);
        }
        let value = self.simulator.get(self.namespace, key)?;
        Ok(value.unwrap_or_default())
    }

    fn get_multiple(&mut self, request: &GetStateMultiple) -> Result<Bytes, Failure> {
        let GetStateMultiple { keys, collection } = request;
        let mut values = Vec::with_capacity(keys.len());
        if collection.is_empty() {
            for key in keys {
                values.push(self.simulator.get(self.namespace, key)?);
            }
        } else {
            self.check_read(collection)?;
            self.check_defined(collection)?;
            let keys = keys.iter().map(String::as_str);
            values = self
                .simulator
                .get_private_multiple(self.namespace, collection, keys)?;
        }
        let values = values.into_iter().map(Option::unwrap_or_default).collect();
        Ok(GetStateMultipleResult { values }.encode_to_vec().into())
    }

    fn get_metadata(&mut self, request: &GetStateMetadata) -> Result<Bytes, Failure> {
        let GetStateMetadata { key, collection } = request;
        let metadata = if collection.is_empty() {
            self.simulator.metadata(self.namespace, key)?
        } else {
            self.check_read(collection)?;
            self.check_defined(collection)?;
            self.simulator
                .private_metadata(self.namespace, collection, key)?
        };
        let entries = metadata.into_iter();
        let result = StateMetadataResult {
            entries: entries
                .map(|(metakey, value)| StateMetadata { metakey, value })
                .collect(),
        };
        Ok(result.encode_to_vec().into())
    }

    fn put(&mut self, request: PutState) -> Result<(), Failure> {
        let PutState {
            key,
            value,
            collection,
        } = request;
        if collection.is_empty() {
            return Ok(self.simulator.put(self.namespace, &key, value)?);
        }
        self.check_write(&collection)?;
        Ok(self
            .simulator
            .put_private(self.namespace, &collection, &key, value)?)
    }

    fn delete(&mut self, request: &DelState) -> Result<(), Failure> {
        self.put(PutState {
            key: request.key.clone(),
            value: Bytes::new(),
            collection: request.collection.clone(),
        })
    }

    fn put_metadata(&mut self, request: PutStateMetadata) -> Result<(), Failure> {
        let PutStateMetadata {
            key,
            collection,
            metadata,
        } = request;
        let entry = metadata.unwrap_or_default();
        let metadata = BTreeMap::from([(entry.metakey, entry.value)]);
        if collection.is_empty() {
            return Ok(self
                .simulator
                .put_metadata(self.namespace, &key, metadata)?);
        }
        self.check_write(&collection)?;
        Ok(self
            .simulator
            .put_private_metadata(self.namespace, &collection, &key, metadata)?)
    }

    fn purge(&mut self, request: &DelState) -> Result<(), Failure> {
        let DelState { key, collection } = request;
        if collection.is_empty() {
            return Err(Failure("only applicable for private data".to_owned()));
        }
        self.check_write(collection)?;
        Ok(self
            .simulator
            .purge_private(self.namespace, collection, key)?)
    }

    fn write_batch(&mut self, batch: WriteBatchState) -> Result<(), Failure> {
        batch
            .rec
            .into_iter()
            .try_for_each(|record| self.write(record))
    }

    fn write(&mut self, record: WriteRecord) -> Result<(), Failure> {
        let r#type = record.r#type();
        let WriteRecord {
            key,
            value,
            collection,
            metadata,
            ..
        } = record;
        match r#type {
            write_record::Type::PutState => self.put(PutState {
                key,
                value,
                collection,
            }),
            write_record::Type::DelState => self.delete(&DelState { key, collection }),
            write_record::Type::PutStateMetadata => self.put_metadata(PutStateMetadata {
                key,
                collection,
                metadata,
            }),
            write_record::Type::PurgePrivateData => self.purge(&DelState { key, collection }),
            write_record::Type::Undefined => Err(Failure("unknown operation type".to_owned())),
        }
    }
}

/// Writes are answered with nothing.
fn nothing((): ()) -> Bytes {
    Bytes::new()
}
