//! Simulation: a transaction runs against committed state, and all that it reads and writes is
//! recorded as a read-write set, in a peer's own form.
//! (Fabric: core/ledger/kvledger/txmgmt/txmgr)
//!
//! As in Fabric a simulation does not see its own writes.

mod batches;
mod builder;
mod documents;
mod policies;
mod private;
mod range;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::mango::{self, QueryError};
use crate::rwset::{MetadataEntry, PrivateWrites, TxRwset, metadata_entries};
use crate::state::{State, VersionedValue};
use crate::version::Version;
use builder::RwsetBuilder;

pub use batches::TOTAL_QUERY_LIMIT;
pub use documents::QueryId;
pub use policies::{MalformedPolicy, PoliciesTouched};
pub use range::{KeyValue, RangeId, RangePage};

/// Keys taken from the state at a time: a page of results, the one after it, and some to spare.
const FETCH: usize = 128;

/// Why a simulation cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError<E: std::error::Error + 'static> {
    /// The store failed.
    #[error("the world state cannot be read")]
    State(#[source] E),
    /// A page was read before; Fabric allows no write after that.
    #[error(
        "txid [{0}]: unsuppored transaction. Transaction has already performed a paginated query. Writes are not allowed"
    )]
    WriteAfterPagedQuery(String),
    /// A write was made before; Fabric allows no page after that.
    #[error(
        "txid [{0}]: unsuppored transaction. Paginated queries are supported only in a read-only transaction"
    )]
    PagedQueryAfterWrite(String),
    /// Private data was queried before; Fabric allows no write after that.
    #[error(
        "txid [{0}]: unsuppored transaction. Transaction has already performed queries on pvt data. Writes are not allowed"
    )]
    WriteAfterPrivateQuery(String),
    /// A write was made before; Fabric allows no query of private data after that.
    #[error(
        "txid [{0}]: unsuppored transaction. Queries on pvt data is supported only in a read-only transaction"
    )]
    PrivateQueryAfterWrite(String),
    /// The plaintext kept here is not that of the hash on the chain.
    #[error(
        "private data matching public hash version is not available. Public hash version = {}, Private data version = {}",
        height(*public),
        height(*private)
    )]
    PrivateDataUnavailable {
        /// The chaincode.
        namespace: String,
        /// The collection.
        collection: String,
        /// The key.
        key: String,
        /// Version of the hash on the chain.
        public: Option<Version>,
        /// Version of the plaintext kept here.
        private: Option<Version>,
    },
    /// No such range, or it is closed.
    #[error("range query {0:?} is not open")]
    UnknownRange(RangeId),
    /// No such query of documents.
    #[error("query {0:?} is not open")]
    UnknownQuery(QueryId),
    /// A query of documents that cannot be answered, or a write that would be no document.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// What a simulation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationResult {
    /// The public read-write set; [`TxRwset::encode`] gives its bytes.
    pub rwset: TxRwset,
    /// Plaintext of private writes; empty where there are none.
    pub private: PrivateWrites,
    /// Which policies the endorsements have to satisfy.
    pub policies: PoliciesTouched,
}

/// Runs one transaction's reads and writes, of any number of chaincodes, against a state.
#[derive(Debug)]
pub struct Simulator<'s, S: State> {
    state: &'s S,
    transaction_id: String,
    builder: RwsetBuilder,
    ranges: Vec<range::Range>,
    queries: Vec<documents::OpenQuery>,
    holds_documents: bool,
    policies: PoliciesTouched,
    wrote: bool,
    paged: bool,
    queried_private: bool,
}

type Outcome<T, S> = Result<T, SimulateError<<S as State>::Error>>;

impl<'s, S: State> Simulator<'s, S> {
    /// A simulation of a transaction. `state` must stay at one height until it is finished.
    pub fn new(state: &'s S, transaction_id: impl Into<String>) -> Self {
        Self {
            state,
            transaction_id: transaction_id.into(),
            builder: RwsetBuilder::default(),
            ranges: Vec::new(),
            queries: Vec::new(),
            holds_documents: false,
            policies: PoliciesTouched::default(),
            wrote: false,
            paged: false,
            queried_private: false,
        }
    }

    /// Reads a key; `None` where it is absent.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn get(&mut self, namespace: &str, key: &str) -> Outcome<Option<Bytes>, S> {
        Ok(self.read(namespace, key)?.map(|value| value.value))
    }

    /// Reads a key's metadata, and with it the key.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn metadata(&mut self, namespace: &str, key: &str) -> Outcome<BTreeMap<String, Bytes>, S> {
        let value = self.read(namespace, key)?;
        Ok(metadata_map(value))
    }

    /// Writes a key. An empty value deletes it.
    ///
    /// # Errors
    /// After a paged query.
    pub fn put(&mut self, namespace: &str, key: &str, value: impl Into<Bytes>) -> Outcome<(), S> {
        let value = value.into();
        self.before_write(key, &value)?;
        self.builder.write(namespace, key, value);
        self.touch(namespace, key)
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// After a paged query.
    pub fn delete(&mut self, namespace: &str, key: &str) -> Outcome<(), S> {
        self.put(namespace, key, Bytes::new())
    }

    /// Replaces a key's metadata, whole; with none it is removed.
    ///
    /// # Errors
    /// After a paged query.
    pub fn put_metadata(
        &mut self,
        namespace: &str,
        key: &str,
        metadata: BTreeMap<String, Bytes>,
    ) -> Outcome<(), S> {
        self.before_write(key, &[])?;
        self.builder
            .write_metadata(namespace, key, entries(metadata));
        self.touch(namespace, key)
    }

    /// Refuses a page of a query after a write, and writes from now on.
    ///
    /// # Errors
    /// After a write.
    pub fn before_paged_query(&mut self) -> Outcome<(), S> {
        if self.wrote {
            return Err(SimulateError::PagedQueryAfterWrite(
                self.transaction_id.clone(),
            ));
        }
        self.paged = true;
        Ok(())
    }

    /// Ends the simulation.
    #[must_use]
    pub fn finish(mut self) -> SimulationResult {
        for range in self.ranges {
            // What a query of private data saw is recorded nowhere.
            if let Some((namespace, query)) = range.finish() {
                self.builder.add_range_query(&namespace, query);
            }
        }
        SimulationResult {
            policies: self.policies,
            ..self.builder.finish()
        }
    }

    fn read(&mut self, namespace: &str, key: &str) -> Outcome<Option<VersionedValue>, S> {
        let value = self.state.get(namespace, key);
        let value = value.map_err(SimulateError::State)?;
        let version = value.as_ref().map(|value| value.version);
        self.builder.read(namespace, key, version);
        Ok(value)
    }

    /// Notes the policy of a public key that is written.
    fn touch(&mut self, namespace: &str, key: &str) -> Outcome<(), S> {
        let metadata = self.state.metadata(namespace, key);
        let metadata = metadata.map_err(SimulateError::State)?;
        self.policies.touch(namespace, "", key, metadata);
        Ok(())
    }

    fn before_write(&mut self, key: &str, value: &[u8]) -> Outcome<(), S> {
        let id = &self.transaction_id;
        if self.queried_private {
            return Err(SimulateError::WriteAfterPrivateQuery(id.clone()));
        }
        if self.paged {
            return Err(SimulateError::WriteAfterPagedQuery(id.clone()));
        }
        self.wrote = true;
        if self.holds_documents {
            mango::check_write(key, value)?;
        }
        Ok(())
    }
}

fn metadata_map(value: Option<VersionedValue>) -> BTreeMap<String, Bytes> {
    let metadata = value.map_or_else(Bytes::new, |value| value.metadata);
    // State holds what validated transactions wrote, so that this decodes.
    let entries = metadata_entries(metadata).unwrap_or_default();
    entries
        .into_iter()
        .map(|entry| (entry.name, entry.value))
        .collect()
}

fn entries(metadata: BTreeMap<String, Bytes>) -> Vec<MetadataEntry> {
    let entries = metadata.into_iter();
    entries
        .map(|(name, value)| MetadataEntry { name, value })
        .collect()
}

/// A version as a peer prints it.
fn height(version: Option<Version>) -> String {
    version.map_or_else(
        || "<nil>".to_owned(),
        |Version {
             block_number,
             transaction_number,
         }| format!("{{BlockNum: {block_number}, TxNum: {transaction_number}}}"),
    )
}
