//! A peer in memory that counts requests, cuts ranges into batches and shows no own writes.

use std::collections::BTreeMap;

use fabric_contract_api_rust::{
    Chaincode, HistoryPage, Invocation, KeyModification, KeyValue, PageRequest, Peer, PeerError,
    QueryPage, Response, Write,
};

#[derive(Default)]
pub(crate) struct FakePeer {
    pub(crate) state: BTreeMap<String, Vec<u8>>,
    /// One line per request, in order.
    pub(crate) requests: Vec<String>,
    pub(crate) flushed: Vec<Vec<Write>>,
    /// Rows per batch; 0 is all in one.
    pub(crate) batch: usize,
    /// The request (counted from 0) that fails.
    pub(crate) fails_at: Option<usize>,
    /// What it then says.
    pub(crate) refusal: Option<&'static str>,
    /// Endorsement policies by key.
    pub(crate) policies: BTreeMap<String, Vec<u8>>,
    pub(crate) callee: Option<Response>,
    pub(crate) open: BTreeMap<String, Vec<KeyValue>>,
}

impl FakePeer {
    pub(crate) fn with(state: &[(&str, &str)]) -> Self {
        let state = state
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec()))
            .collect();
        Self {
            state,
            ..Self::default()
        }
    }

    fn request(&mut self, line: String) -> Result<(), PeerError> {
        let failing = self.fails_at == Some(self.requests.len());
        self.requests.push(line);
        if failing {
            return Err(PeerError::Refused {
                message: self.refusal.unwrap_or("not today").to_owned(),
            });
        }
        Ok(())
    }

    fn batch(&mut self, id: String, mut rows: Vec<KeyValue>) -> QueryPage {
        let size = if self.batch == 0 {
            rows.len()
        } else {
            self.batch.min(rows.len())
        };
        let rest = rows.split_off(size);
        let has_more = !rest.is_empty();
        if has_more {
            self.open.insert(id.clone(), rest);
        }
        QueryPage {
            id,
            items: rows,
            has_more,
            bookmark: String::new(),
        }
    }
}

impl Peer for FakePeer {
    fn get(&mut self, _: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        self.request(format!("get {}", keys.join(" ")))?;
        Ok(keys
            .iter()
            .map(|key| self.state.get(key).cloned())
            .collect())
    }

    fn get_private_unchecked(
        &mut self,
        collection: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Vec<u8>>>, PeerError> {
        self.get(collection, keys)
    }

    fn range(
        &mut self,
        _: &str,
        start: &str,
        end: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        self.request(format!("range {start}..{end}"))?;
        let from = page
            .as_ref()
            .map_or("", |page| page.bookmark.as_str())
            .max(start);
        let mut rows: Vec<KeyValue> = self
            .state
            .range(from.to_owned()..)
            .take_while(|(key, _)| end.is_empty() || key.as_str() < end)
            .map(|(key, value)| KeyValue {
                key: key.clone(),
                value: value.clone(),
            })
            .collect();
        let Some(page) = page else {
            let id = format!("query-{}", self.requests.len());
            return Ok(self.batch(id, rows));
        };
        let size = usize::try_from(page.size).unwrap().min(rows.len());
        let rest = rows.split_off(size);
        let bookmark = rest.first().map(|row| row.key.clone()).unwrap_or_default();
        Ok(QueryPage {
            items: rows,
            bookmark,
            ..QueryPage::default()
        })
    }

    fn query(
        &mut self,
        collection: &str,
        query: &str,
        page: Option<PageRequest>,
    ) -> Result<QueryPage, PeerError> {
        let paged = page.map_or("", |_| " paged");
        self.request(format!("query {collection}{query}{paged}"))?;
        let rows = self.state.iter().map(|(key, value)| KeyValue {
            key: key.clone(),
            value: value.clone(),
        });
        let rows = rows.collect();
        Ok(self.batch("query".to_owned(), rows))
    }

    fn query_next(&mut self, id: &str) -> Result<QueryPage, PeerError> {
        self.request("next".to_owned())?;
        let rows = self.open.remove(id).unwrap_or_default();
        Ok(self.batch(id.to_owned(), rows))
    }

    fn history(&mut self, key: &str) -> Result<HistoryPage, PeerError> {
        self.request(format!("history {key}"))?;
        let change = |id: &str| KeyModification {
            transaction_id: id.to_owned(),
            ..KeyModification::default()
        };
        Ok(HistoryPage {
            id: "h".to_owned(),
            items: vec![change("tx3")],
            has_more: true,
        })
    }

    fn history_next(&mut self, _: &str) -> Result<HistoryPage, PeerError> {
        self.request("history next".to_owned())?;
        let first = KeyModification {
            transaction_id: "tx1".into(),
            ..KeyModification::default()
        };
        Ok(HistoryPage {
            id: "h".to_owned(),
            items: vec![first],
            has_more: false,
        })
    }

    fn query_close(&mut self, _: &str) -> Result<(), PeerError> {
        self.request("close".to_owned())
    }

    fn private_hash(&mut self, _: &str, _: &str) -> Result<Option<Vec<u8>>, PeerError> {
        self.request("hash".to_owned())?;
        Ok(None)
    }

    fn metadata(&mut self, _: &str, key: &str) -> Result<BTreeMap<String, Vec<u8>>, PeerError> {
        self.request("metadata".to_owned())?;
        let policy = self.policies.get(key).cloned();
        Ok(policy
            .map(|policy| ("VALIDATION_PARAMETER".to_owned(), policy))
            .into_iter()
            .collect())
    }

    fn invoke_chaincode(
        &mut self,
        name: &str,
        channel: &str,
        _: &[Vec<u8>],
    ) -> Result<Response, PeerError> {
        self.request(format!("invoke {name}@{channel}"))?;
        self.callee.clone().ok_or_else(|| PeerError::Refused {
            message: "no such chaincode".to_owned(),
        })
    }

    fn flush(&mut self, writes: Vec<Write>) -> Result<(), PeerError> {
        self.request(format!("flush {}", writes.len()))?;
        for write in &writes {
            match write.clone() {
                Write::Put { key, value, .. } => drop(self.state.insert(key, value)),
                Write::Delete { key, .. } => drop(self.state.remove(&key)),
                _ => {}
            }
        }
        self.flushed.push(writes);
        Ok(())
    }
}

/// Runs one call of text arguments.
pub(crate) fn invoke(chaincode: &impl Chaincode, peer: &mut FakePeer, args: &[&str]) -> Response {
    let args = args
        .iter()
        .map(|argument| argument.as_bytes().to_vec())
        .collect();
    invoke_bytes(chaincode, peer, args)
}

/// Runs one call.
pub(crate) fn invoke_bytes(
    chaincode: &impl Chaincode,
    peer: &mut FakePeer,
    args: Vec<Vec<u8>>,
) -> Response {
    let invocation = Invocation {
        channel: "mychannel".to_owned(),
        transaction_id: "ab".repeat(32),
        args,
        ..Invocation::default()
    };
    chaincode.invoke(&invocation, peer)
}

/// The error code in a response's message.
#[track_caller]
pub(crate) fn code(response: &Response) -> String {
    let message: serde_json::Value = serde_json::from_str(&response.message).unwrap();
    message["code"].as_str().unwrap().to_owned()
}
