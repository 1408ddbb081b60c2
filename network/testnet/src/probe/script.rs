//! What a transaction of the probe does: operations of the chaincode stream, in order, as JSON in
//! the transaction's first argument.

use serde::{Deserialize, Serialize};

use super::data::Data;

/// A key of public state, or of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The collection; empty for public state.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub collection: String,
    /// The key.
    pub key: String,
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self::from(("", key))
    }
}

impl From<&String> for Key {
    fn from(key: &String) -> Self {
        Self::from(key.as_str())
    }
}

impl From<(&str, &str)> for Key {
    fn from((collection, key): (&str, &str)) -> Self {
        Self {
            collection: collection.to_owned(),
            key: key.to_owned(),
        }
    }
}

impl From<(&str, &String)> for Key {
    fn from((collection, key): (&str, &String)) -> Self {
        Self::from((collection, key.as_str()))
    }
}

/// Which page of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Rows at most.
    pub size: i32,
    /// Where it starts; empty for the first page.
    #[serde(default)]
    pub bookmark: String,
}

/// One operation. All but the last group are requests to the peer, each with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `GET_STATE`.
    Get(Key),
    /// `GET_STATE_MULTIPLE`.
    GetMany {
        /// The collection; empty for public state.
        #[serde(default)]
        collection: String,
        /// The keys.
        keys: Vec<String>,
    },
    /// `PUT_STATE`.
    Put(Key, Data),
    /// `DEL_STATE`.
    Delete(Key),
    /// `PURGE_PRIVATE_DATA`.
    Purge(Key),
    /// `GET_PRIVATE_DATA_HASH`.
    PrivateHash(Key),
    /// `GET_STATE_METADATA`.
    Metadata(Key),
    /// `PUT_STATE_METADATA`.
    SetMetadata {
        /// Whose metadata.
        key: Key,
        /// Name of the entry.
        name: String,
        /// Its value.
        value: Data,
    },
    /// `WRITE_BATCH_STATE`: the writes among these, in one message.
    Batch(Vec<Op>),
    /// `GET_STATE_BY_RANGE`.
    Range {
        /// The collection; empty for public state.
        #[serde(default)]
        collection: String,
        /// First key.
        start: String,
        /// Key after the last.
        end: String,
        /// The whole range, where none.
        #[serde(default)]
        page: Option<Page>,
    },
    /// `GET_QUERY_RESULT`.
    Query {
        /// The collection; empty for public state.
        #[serde(default)]
        collection: String,
        /// A selector.
        query: String,
        /// All results, where none.
        #[serde(default)]
        page: Option<Page>,
    },
    /// `GET_HISTORY_FOR_KEY`.
    History(String),
    /// `QUERY_STATE_NEXT` of the query with this number, counted from 0 in this transaction.
    Next(usize),
    /// `QUERY_STATE_CLOSE` of the query with this number.
    Close(usize),
    /// `INVOKE_CHAINCODE`.
    Invoke {
        /// Its name.
        chaincode: String,
        /// Its channel; empty for this one.
        #[serde(default)]
        channel: String,
        /// Its arguments.
        args: Vec<Data>,
    },
    /// A message of any type, answered by the peer.
    Raw {
        /// Number of the type.
        r#type: i32,
        /// Payload.
        payload: Data,
    },

    /// A message of any type that nobody answers.
    Tell {
        /// Number of the type.
        r#type: i32,
        /// Payload.
        payload: Data,
    },
    /// Answers with an entry of the proposal's transient data.
    Transient(String),
    /// Answers with the arguments' number and whether the call is an initialisation.
    Call,
    /// Answers with a number that no other call got.
    Count,
    /// Sets the transaction's event.
    Event {
        /// Its name.
        name: String,
        /// Its payload.
        payload: Data,
    },
    /// Sets the response; the answers are its payload where none is given.
    Respond {
        /// Status, 200 for success.
        status: i32,
        /// Message.
        #[serde(default)]
        message: String,
        /// Payload.
        #[serde(default)]
        payload: Option<Data>,
    },
    /// Waits until the test opens the gate of this name.
    Await(String),
    /// Ends the stream to this peer, without a response.
    CloseStream,
    /// Ends the transaction without a response.
    Silence,
}

/// What an operation led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A value; empty where there is none.
    Value(Data),
    /// Values of several keys.
    Values(Vec<Data>),
    /// Metadata entries.
    Entries(Vec<(String, Data)>),
    /// Results of a query.
    Rows {
        /// The rows.
        rows: Vec<Row>,
        /// Whether there are more.
        more: bool,
        /// Number of rows and bookmark, of a query with pages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<(i32, String)>,
    },
    /// What another chaincode responded.
    Called {
        /// Type of its last message.
        r#type: i32,
        /// Status.
        status: i32,
        /// Message.
        message: String,
        /// Payload.
        payload: Data,
        /// Name of the event in its last message.
        event: Option<String>,
    },
    /// Done; there is nothing to tell.
    Done,
    /// What the peer refused it with.
    Error(Data),
}

/// A result of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// Of state.
    State {
        /// Namespace, as the peer gives it.
        namespace: String,
        /// Key.
        key: String,
        /// Value.
        value: Data,
    },
    /// Of a history.
    Change {
        /// The transaction that wrote it.
        transaction: String,
        /// What it wrote.
        value: Data,
        /// Whether it deleted the key.
        deleted: bool,
        /// Whether it has a time.
        timed: bool,
    },
}
