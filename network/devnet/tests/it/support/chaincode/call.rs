//! One transaction of the test chaincode: what its functions ask of the peer.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use fabric_protos::{
    peer::{
        ChaincodeEvent, ChaincodeId, ChaincodeInput, ChaincodeMessage, ChaincodeSpec, DelState,
        GetHistoryForKey, GetQueryResult, GetState, GetStateByRange, GetStateMetadata,
        GetStateMultiple, GetStateMultipleResult, PutState, PutStateMetadata, QueryMetadata,
        QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateNext, Response,
        SignedProposal, StateMetadata, StateMetadataResult, WriteBatchState, WriteRecord,
        chaincode_message::Type, write_record,
    },
    queryresult::{KeyModification, Kv},
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Outgoing, message};

/// One transaction in the chaincode.
pub(super) struct Call {
    pub(super) id: String,
    /// What the client sent.
    pub(super) proposal: SignedProposal,
    pub(super) channel: String,
    pub(super) outgoing: Outgoing,
    pub(super) answers: mpsc::Receiver<ChaincodeMessage>,
    pub(super) stop: CancellationToken,
}

/// What a call returns: its payload and its event, or a message.
type Outcome = Result<(String, Option<ChaincodeEvent>), String>;

/// Differs with every call, as no chaincode's result may.
static COUNTER: AtomicU64 = AtomicU64::new(0);

impl Call {
    pub(super) async fn run(mut self, input: ChaincodeInput) {
        let args: Vec<String> = input
            .args
            .iter()
            .map(|arg| String::from_utf8(arg.to_vec()).unwrap())
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let outcome = match args.as_slice() {
            ["hang"] => return,
            ["die"] => return self.stop.cancel(),
            ["unknown-type"] => {
                let mut strange = message(Type::Register, &ChaincodeId::default());
                strange.r#type = 99;
                return self.send(strange).await;
            }
            ["error-message"] => {
                let mut error = message(Type::Error, &ChaincodeId::default());
                error.payload = Bytes::from_static(b"cannot serve now");
                return self.send(error).await;
            }
            args => self.state_call(args).await,
        };
        self.complete(outcome).await;
    }

    async fn complete(&self, outcome: Outcome) {
        let (response, event) = match outcome {
            Ok((payload, event)) => (
                Response {
                    status: 200,
                    payload: payload.into(),
                    ..Default::default()
                },
                event,
            ),
            Err(text) => (
                Response {
                    status: 500,
                    message: text,
                    ..Default::default()
                },
                None,
            ),
        };
        let mut completed = message(Type::Completed, &response);
        completed.chaincode_event = event;
        self.send(completed).await;
    }

    async fn state_call(&mut self, args: &[&str]) -> Outcome {
        let text = match *args {
            ["get", key] => self.get(key).await?,
            ["put", key, value] => self.put(key, value).await?,
            ["delete", key] => self.delete(key).await?,
            ["append", key, value] => {
                let before = self.get(key).await?;
                self.put(key, &format!("{before}{value}")).await?
            }
            ["differ", key] => {
                let value = COUNTER.fetch_add(1, Ordering::Relaxed).to_string();
                self.put(key, &value).await?
            }
            ["echo", value] => value.to_owned(),
            ["batch", ref pairs @ ..] => self.batch(pairs).await?,
            ["multiple", ref keys @ ..] => self.multiple(keys).await?,
            ["range", start, end] => self.range(start, end).await?,
            ["page", start, end, size, bookmark] => self.page(start, end, size, bookmark).await?,
            ["page-and-put", start, end, key] => {
                self.page(start, end, "2", "").await?;
                self.put(key, "value").await?
            }
            ["history", key] => self.history(key).await?,
            ["find", query] => self.find(query, None).await?,
            ["find", query, size, bookmark] => self.find(query, Some((size, bookmark))).await?,
            ["find-and-put", query, key, value] => {
                self.find(query, None).await?;
                self.put(key, value).await?
            }
            ["set-policy", key, policy] => self.set_policy("", key, policy).await?,
            ["set-metadata", key, value] => self.set_metadata(key, value).await?,
            ["metadata", key] => self.metadata(key).await?,
            ["call", ref rest @ ..] => self.call(rest).await?,
            ["private", ref rest @ ..] => self.private(rest).await?,
            ["garbage"] => self.garbage().await?,
            ["fail", reason] => return Err(reason.to_owned()),
            ["event", name, payload] => {
                self.put(name, payload).await?;
                let event = ChaincodeEvent {
                    event_name: name.to_owned(),
                    payload: payload.to_owned().into(),
                    ..Default::default()
                };
                return Ok((String::new(), Some(event)));
            }
            _ => return Err(format!("unknown function {args:?}")),
        };
        Ok((text, None))
    }

    async fn get(&mut self, key: &str) -> Result<String, String> {
        let request = GetState {
            key: key.to_owned(),
            ..Default::default()
        };
        Ok(text(self.ask(Type::GetState, &request).await?))
    }

    pub(super) async fn put(&mut self, key: &str, value: &str) -> Result<String, String> {
        let request = PutState {
            key: key.to_owned(),
            value: value.to_owned().into(),
            ..Default::default()
        };
        Ok(text(self.ask(Type::PutState, &request).await?))
    }

    async fn delete(&mut self, key: &str) -> Result<String, String> {
        let request = DelState {
            key: key.to_owned(),
            ..Default::default()
        };
        Ok(text(self.ask(Type::DelState, &request).await?))
    }

    /// Sends a request that does not decode.
    async fn garbage(&mut self) -> Result<String, String> {
        let request = message(Type::GetState, &Response::default());
        let request = ChaincodeMessage {
            payload: vec![0xff; 9].into(),
            ..request
        };
        Ok(text(self.exchange(request).await?))
    }

    /// All pairs in one message.
    async fn batch(&mut self, pairs: &[&str]) -> Result<String, String> {
        let record = |pair: &[&str]| WriteRecord {
            key: pair[0].to_owned(),
            value: pair[1].to_owned().into(),
            r#type: write_record::Type::PutState.into(),
            ..Default::default()
        };
        let batch = WriteBatchState {
            rec: pairs.chunks(2).map(record).collect(),
        };
        Ok(text(self.ask(Type::WriteBatchState, &batch).await?))
    }

    async fn multiple(&mut self, keys: &[&str]) -> Result<String, String> {
        let request = GetStateMultiple {
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
            ..Default::default()
        };
        let answer = self.ask(Type::GetStateMultiple, &request).await?;
        let values = GetStateMultipleResult::decode(answer).unwrap().values;
        Ok(values.into_iter().map(text).collect::<Vec<_>>().join(","))
    }

    /// Number of keys in the range, and the first and last of them.
    async fn range(&mut self, start: &str, end: &str) -> Result<String, String> {
        let request = GetStateByRange {
            start_key: start.to_owned(),
            end_key: end.to_owned(),
            ..Default::default()
        };
        self.range_of(&request).await
    }

    pub(super) async fn range_of(&mut self, request: &GetStateByRange) -> Result<String, String> {
        let rows = self.rows(Type::GetStateByRange, request).await?.0;
        let keys: Vec<_> = rows
            .into_iter()
            .map(|row| Kv::decode(row.result_bytes).unwrap().key)
            .collect();
        Ok(match keys.as_slice() {
            [] => "0".to_owned(),
            [first, .., last] => format!("{} {first} {last}", keys.len()),
            [only] => format!("1 {only}"),
        })
    }

    async fn page(
        &mut self,
        start: &str,
        end: &str,
        size: &str,
        bookmark: &str,
    ) -> Result<String, String> {
        let metadata = QueryMetadata {
            page_size: size.parse().unwrap(),
            bookmark: bookmark.to_owned(),
        };
        let request = GetStateByRange {
            start_key: start.to_owned(),
            end_key: end.to_owned(),
            metadata: metadata.encode_to_vec().into(),
            ..Default::default()
        };
        let response = self.query(Type::GetStateByRange, &request).await?;
        let metadata = QueryResponseMetadata::decode(response.metadata).unwrap();
        Ok(format!(
            "{} {}",
            metadata.fetched_records_count, metadata.bookmark
        ))
    }

    /// Keys and values of documents; of a page the count and the bookmark too.
    async fn find(&mut self, query: &str, page: Option<(&str, &str)>) -> Result<String, String> {
        let metadata = page.map(|(size, bookmark)| QueryMetadata {
            page_size: size.parse().unwrap(),
            bookmark: bookmark.to_owned(),
        });
        let request = GetQueryResult {
            query: query.to_owned(),
            metadata: metadata.map_or_else(Bytes::new, |page| page.encode_to_vec().into()),
            ..Default::default()
        };
        let (rows, metadata) = self.rows(Type::GetQueryResult, &request).await?;
        let rows = rows.into_iter().map(|row| {
            let row = Kv::decode(row.result_bytes).unwrap();
            format!("{}={}", row.key, text(row.value))
        });
        let rows = rows.collect::<Vec<_>>().join(" ");
        if page.is_none() {
            return Ok(rows);
        }
        let page = QueryResponseMetadata::decode(metadata).unwrap();
        let count = page.fetched_records_count;
        Ok(format!("{rows}|{count}|{}", page.bookmark))
    }

    /// Values of a key, newest first; `-` for a deletion.
    async fn history(&mut self, key: &str) -> Result<String, String> {
        let request = GetHistoryForKey {
            key: key.to_owned(),
        };
        let rows = self.rows(Type::GetHistoryForKey, &request).await?.0;
        let rows = rows.into_iter().map(|row| {
            let row = KeyModification::decode(row.result_bytes).unwrap();
            assert_eq!(row.tx_id.len(), 64);
            if row.is_delete {
                "-".to_owned()
            } else {
                text(row.value)
            }
        });
        Ok(rows.collect::<Vec<_>>().join(","))
    }

    async fn set_metadata(&mut self, key: &str, value: &str) -> Result<String, String> {
        let request = PutStateMetadata {
            key: key.to_owned(),
            metadata: Some(StateMetadata {
                metakey: "note".to_owned(),
                value: value.to_owned().into(),
            }),
            ..Default::default()
        };
        Ok(text(self.ask(Type::PutStateMetadata, &request).await?))
    }

    async fn metadata(&mut self, key: &str) -> Result<String, String> {
        let request = GetStateMetadata {
            key: key.to_owned(),
            ..Default::default()
        };
        let answer = self.ask(Type::GetStateMetadata, &request).await?;
        let entries = StateMetadataResult::decode(answer)
            .unwrap()
            .entries
            .into_iter();
        let entries = entries.map(|entry| format!("{}={}", entry.metakey, text(entry.value)));
        Ok(entries.collect::<Vec<_>>().join(","))
    }

    /// Calls another chaincode, and gives its payload.
    async fn call(&mut self, rest: &[&str]) -> Result<String, String> {
        let args = rest[1..]
            .iter()
            .map(|arg| Bytes::copy_from_slice(arg.as_bytes()))
            .collect();
        let spec = ChaincodeSpec {
            chaincode_id: Some(ChaincodeId {
                name: rest[0].to_owned(),
                ..Default::default()
            }),
            input: Some(ChaincodeInput {
                args,
                ..Default::default()
            }),
            ..Default::default()
        };
        let answer = self.ask(Type::InvokeChaincode, &spec).await?;
        let message = ChaincodeMessage::decode(answer).unwrap();
        assert_eq!(message.r#type(), Type::Completed);
        let response = Response::decode(message.payload).unwrap();
        if response.status == 200 {
            Ok(text(response.payload))
        } else {
            Err(response.message)
        }
    }

    /// All rows of a query, and what the last message says of them.
    async fn rows(
        &mut self,
        r#type: Type,
        request: &impl Message,
    ) -> Result<(Vec<QueryResultBytes>, Bytes), String> {
        let mut response = self.query(r#type, request).await?;
        let mut rows = response.results;
        while response.has_more {
            let next = QueryStateNext { id: response.id };
            response = self.query(Type::QueryStateNext, &next).await?;
            rows.extend(response.results);
        }
        Ok((rows, response.metadata))
    }

    async fn query(
        &mut self,
        r#type: Type,
        request: &impl Message,
    ) -> Result<QueryResponse, String> {
        Ok(QueryResponse::decode(self.ask(r#type, request).await?).unwrap())
    }

    pub(super) async fn ask(
        &mut self,
        r#type: Type,
        request: &impl Message,
    ) -> Result<Bytes, String> {
        self.exchange(message(r#type, request)).await
    }

    async fn exchange(&mut self, request: ChaincodeMessage) -> Result<Bytes, String> {
        self.send(request).await;
        let answer = self.answers.recv().await.ok_or("no answer")?;
        match answer.r#type() {
            Type::Response => Ok(answer.payload),
            _ => Err(text(answer.payload)),
        }
    }

    async fn send(&self, mut message: ChaincodeMessage) {
        message.txid.clone_from(&self.id);
        message.channel_id.clone_from(&self.channel);
        // The stream may have ended meanwhile.
        let _ = self.outgoing.send(Ok(message)).await;
    }
}

pub(super) fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.into()).unwrap()
}
