//! What the test chaincode does with private data: `private FUNCTION COLLECTION ...`.

use fabric_ledger::policy;
use fabric_protos::peer::{
    ChaincodeProposalPayload, DelState, GetQueryResult, GetState, GetStateByRange,
    GetStateMetadata, GetStateMultiple, GetStateMultipleResult, MetaDataKeys, Proposal, PutState,
    PutStateMetadata, QueryMetadata, StateMetadata, StateMetadataResult, WriteBatchState,
    WriteRecord, chaincode_message::Type, write_record,
};
use prost::Message as _;

use super::call::{Call, text};

impl Call {
    pub(super) async fn private(&mut self, args: &[&str]) -> Result<String, String> {
        match *args {
            ["get", collection, key] => self.get_private(collection, key).await,
            ["put", collection, key, value] => self.put_private(collection, key, value).await,
            ["put-both", collection, key, value] => {
                self.put(key, value).await?;
                self.put_private(collection, key, value).await
            }
            ["put-transient", collection, key] => {
                let value = self.transient("value");
                self.put_private(collection, key, &value).await
            }
            ["append", collection, key, value] => {
                let before = self.get_private(collection, key).await?;
                let value = format!("{before}{value}");
                self.put_private(collection, key, &value).await
            }
            ["publish", collection, key] => {
                let value = self.get_private(collection, key).await?;
                self.put(key, &value).await
            }
            ["delete", collection, key] => self.drop_private(Type::DelState, collection, key).await,
            ["purge", collection, key] => {
                self.drop_private(Type::PurgePrivateData, collection, key)
                    .await
            }
            ["hash", collection, key] => {
                let request = get(collection, key);
                let hash = self.ask(Type::GetPrivateDataHash, &request).await?;
                Ok(hex::encode(hash))
            }
            ["multiple", collection, ref keys @ ..] => self.get_multiple(collection, keys).await,
            ["batch", collection, ref records @ ..] => self.batch_of(collection, records).await,
            ["range", collection, start, end] => {
                self.range_private(collection, start, end, 0).await
            }
            ["page", collection, start, end, size] => {
                let size = size.parse().unwrap();
                self.range_private(collection, start, end, size).await
            }
            ["range-and-put", collection, key] => {
                self.range_private(collection, "", "", 0).await?;
                self.put_private(collection, key, "value").await
            }
            ["put-and-range", collection, key] => {
                self.put_private(collection, key, "value").await?;
                self.range_private(collection, "", "", 0).await
            }
            ["query", collection, query] => {
                let request = GetQueryResult {
                    query: query.to_owned(),
                    collection: collection.to_owned(),
                    ..Default::default()
                };
                Ok(text(self.ask(Type::GetQueryResult, &request).await?))
            }
            ["set-policy", collection, key, policy] => {
                self.set_policy(collection, key, policy).await
            }
            ["metadata", collection, key] => self.metadata_names(collection, key).await,
            _ => Err(format!("unknown function {args:?}")),
        }
    }

    /// Sets a key's endorsement policy; an empty text removes it.
    pub(super) async fn set_policy(
        &mut self,
        collection: &str,
        key: &str,
        text_of_policy: &str,
    ) -> Result<String, String> {
        let value = match text_of_policy {
            "" => Vec::new(),
            "garbage" => vec![0xff; 9],
            text => policy::parse(text).unwrap().encode_to_vec(),
        };
        let request = PutStateMetadata {
            key: key.to_owned(),
            collection: collection.to_owned(),
            metadata: Some(StateMetadata {
                metakey: MetaDataKeys::ValidationParameter.as_str_name().to_owned(),
                value: value.into(),
            }),
        };
        Ok(text(self.ask(Type::PutStateMetadata, &request).await?))
    }

    /// A field of the client's transient data.
    fn transient(&self, name: &str) -> String {
        let proposal = Proposal::decode(self.proposal.proposal_bytes.clone()).unwrap();
        let payload = ChaincodeProposalPayload::decode(proposal.payload).unwrap();
        text(payload.transient_map[name].clone())
    }

    async fn get_private(&mut self, collection: &str, key: &str) -> Result<String, String> {
        let request = get(collection, key);
        Ok(text(self.ask(Type::GetState, &request).await?))
    }

    async fn put_private(
        &mut self,
        collection: &str,
        key: &str,
        value: &str,
    ) -> Result<String, String> {
        let request = PutState {
            key: key.to_owned(),
            value: value.to_owned().into(),
            collection: collection.to_owned(),
        };
        Ok(text(self.ask(Type::PutState, &request).await?))
    }

    async fn drop_private(
        &mut self,
        r#type: Type,
        collection: &str,
        key: &str,
    ) -> Result<String, String> {
        let request = DelState {
            key: key.to_owned(),
            collection: collection.to_owned(),
        };
        Ok(text(self.ask(r#type, &request).await?))
    }

    async fn get_multiple(&mut self, collection: &str, keys: &[&str]) -> Result<String, String> {
        let request = GetStateMultiple {
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
            collection: collection.to_owned(),
        };
        let answer = self.ask(Type::GetStateMultiple, &request).await?;
        let values = GetStateMultipleResult::decode(answer).unwrap().values;
        Ok(values.into_iter().map(text).collect::<Vec<_>>().join(","))
    }

    /// `put KEY VALUE`, `delete KEY -` or `purge KEY -`, as often as asked, in one message.
    async fn batch_of(&mut self, collection: &str, records: &[&str]) -> Result<String, String> {
        let record = |record: &[&str]| {
            let (r#type, value) = match record[0] {
                "put" => (write_record::Type::PutState, record[2]),
                "delete" => (write_record::Type::DelState, ""),
                _ => (write_record::Type::PurgePrivateData, ""),
            };
            WriteRecord {
                key: record[1].to_owned(),
                value: value.to_owned().into(),
                collection: collection.to_owned(),
                r#type: r#type.into(),
                ..Default::default()
            }
        };
        let batch = WriteBatchState {
            rec: records.chunks(3).map(record).collect(),
        };
        Ok(text(self.ask(Type::WriteBatchState, &batch).await?))
    }

    async fn range_private(
        &mut self,
        collection: &str,
        start: &str,
        end: &str,
        page_size: i32,
    ) -> Result<String, String> {
        let metadata = QueryMetadata {
            page_size,
            ..Default::default()
        };
        let request = GetStateByRange {
            start_key: start.to_owned(),
            end_key: end.to_owned(),
            collection: collection.to_owned(),
            metadata: metadata.encode_to_vec().into(),
        };
        self.range_of(&request).await
    }

    async fn metadata_names(&mut self, collection: &str, key: &str) -> Result<String, String> {
        let request = GetStateMetadata {
            key: key.to_owned(),
            collection: collection.to_owned(),
        };
        let answer = self.ask(Type::GetStateMetadata, &request).await?;
        let entries = StateMetadataResult::decode(answer).unwrap().entries;
        let names = entries.into_iter().map(|entry| entry.metakey);
        Ok(names.collect::<Vec<_>>().join(","))
    }
}

fn get(collection: &str, key: &str) -> GetState {
    GetState {
        key: key.to_owned(),
        collection: collection.to_owned(),
    }
}
