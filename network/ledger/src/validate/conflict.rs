//! Conflicts: whether what a transaction read still holds, given the state before the block and
//! the updates of valid transactions before it in the block.
//! (Fabric: core/ledger/kvledger/txmgmt/validation)

use crate::code::ValidationCode;
use crate::rwset::merkle::RangeResultsBuilder;
use crate::rwset::{CollectionRwset, NamespaceRwset, RangeQuery, RangeResults, Read, TxRwset};
use crate::state::{State, Update, UpdateBatch, VersionedValue};
use crate::version::Version;

/// Keys taken from the state at a time while a range is compared: a page of a peer's own reading.
const RANGE_PAGE: usize = 128;

/// `VALID`, or the conflict. A namespace's keys are looked at before its ranges and collections.
pub(super) fn code<S: State>(
    rwset: &TxRwset,
    state: &S,
    updates: &UpdateBatch,
) -> Result<ValidationCode, S::Error> {
    for set in &rwset.namespaces {
        if !reads_hold(set, state, updates)? {
            return Ok(ValidationCode::MVCC_READ_CONFLICT);
        }
        for query in &set.range_queries {
            if !range_holds(&set.namespace, query, state, updates)? {
                return Ok(ValidationCode::PHANTOM_READ_CONFLICT);
            }
        }
        for collection in &set.collections {
            if !hashed_reads_hold(&set.namespace, collection, state, updates)? {
                return Ok(ValidationCode::MVCC_READ_CONFLICT);
            }
        }
    }
    Ok(ValidationCode::VALID)
}

fn reads_hold<S: State>(
    set: &NamespaceRwset,
    state: &S,
    updates: &UpdateBatch,
) -> Result<bool, S::Error> {
    for read in &set.reads {
        let written = updates.get(&set.namespace, &read.key).is_some();
        if written || state.version(&set.namespace, &read.key)? != read.version {
            return Ok(false);
        }
    }
    Ok(true)
}

fn hashed_reads_hold<S: State>(
    namespace: &str,
    set: &CollectionRwset,
    state: &S,
    updates: &UpdateBatch,
) -> Result<bool, S::Error> {
    for read in &set.reads {
        let written = updates.get_hashed(namespace, &set.collection, &read.key_hash);
        if written.is_some() {
            return Ok(false);
        }
        let committed = state.get_hashed(namespace, &set.collection, &read.key_hash)?;
        if committed.map(|value| value.version) != read.version {
            return Ok(false);
        }
    }
    Ok(true)
}

fn range_holds<S: State>(
    namespace: &str,
    query: &RangeQuery,
    state: &S,
    updates: &UpdateBatch,
) -> Result<bool, S::Error> {
    let mut current = CurrentRange::new(namespace, query, state, updates);
    match &query.results {
        RangeResults::Unrecorded => Ok(current.next()?.is_none()),
        RangeResults::Reads(reads) => {
            for read in reads {
                if current.next()?.as_ref() != Some(read) {
                    return Ok(false);
                }
            }
            Ok(current.next()?.is_none())
        }
        RangeResults::Merkle(recorded) if recorded.max_degree < 2 => Ok(false),
        RangeResults::Merkle(recorded) => {
            let mut builder = RangeResultsBuilder::new(recorded.max_degree);
            while let Some(read) = current.next()? {
                builder.push(read);
            }
            Ok(matches!(builder.finish(), RangeResults::Merkle(current) if current == *recorded))
        }
    }
}

/// A range as it is now: the state's keys with the block's updates on top.
struct CurrentRange<'a, S> {
    namespace: &'a str,
    state: &'a S,
    updates: &'a UpdateBatch,
    updated: std::iter::Peekable<Box<dyn Iterator<Item = (&'a String, &'a Update)> + 'a>>,
    page: std::vec::IntoIter<(String, VersionedValue)>,
    committed: Option<(String, Version)>,
    /// Where the state's next page starts; `None` after the last.
    next_start: Option<String>,
    end: &'a str,
    /// The last key that the reader saw, where it did not go to the end: it belongs to the range.
    last: Option<&'a str>,
}

impl<'a, S: State> CurrentRange<'a, S> {
    fn new(
        namespace: &'a str,
        query: &'a RangeQuery,
        state: &'a S,
        updates: &'a UpdateBatch,
    ) -> Self {
        let (start, end) = (query.start_key.as_str(), query.end_key.as_str());
        let updated: Box<dyn Iterator<Item = _>> = Box::new(updates.range(namespace, start, end));
        Self {
            namespace,
            state,
            updates,
            updated: updated.peekable(),
            page: Vec::new().into_iter(),
            committed: None,
            next_start: Some(start.to_owned()),
            end,
            last: (!query.exhausted).then_some(end),
        }
    }

    fn next(&mut self) -> Result<Option<Read>, S::Error> {
        loop {
            self.fill()?;
            let committed = self.committed.as_ref().map(|(key, _)| key.as_str());
            let updated = self.updated.peek().map(|(key, _)| key.as_str());
            let take_update = match (committed, updated) {
                (None, None) => return self.take_last(),
                (Some(committed), Some(updated)) => {
                    if committed == updated {
                        self.committed = None;
                        true
                    } else {
                        updated < committed
                    }
                }
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            if !take_update {
                return Ok(self
                    .committed
                    .take()
                    .map(|(key, version)| read(key, version)));
            }
            match self.updated.next() {
                Some((key, update)) if update.value.is_some() => {
                    return Ok(Some(read(key.clone(), update.version)));
                }
                _ => {}
            }
        }
    }

    /// Makes `committed` the state's next key.
    fn fill(&mut self) -> Result<(), S::Error> {
        if self.committed.is_some() {
            return Ok(());
        }
        let mut next = self.page.next();
        if next.is_none()
            && let Some(start) = self.next_start.take()
        {
            let page = self
                .state
                .range(self.namespace, &start, self.end, RANGE_PAGE)?;
            if let [.., (key, _)] = page.as_slice()
                && page.len() == RANGE_PAGE
            {
                self.next_start = Some(format!("{key}\0"));
            }
            self.page = page.into_iter();
            next = self.page.next();
        }
        self.committed = next.map(|(key, value)| (key, value.version));
        Ok(())
    }

    fn take_last(&mut self) -> Result<Option<Read>, S::Error> {
        let Some(key) = self.last.take() else {
            return Ok(None);
        };
        let version = match self.updates.get(self.namespace, key) {
            Some(update) => update.value.as_ref().map(|_| update.version),
            None => self.state.version(self.namespace, key)?,
        };
        Ok(version.map(|version| read(key.to_owned(), version)))
    }
}

fn read(key: String, version: Version) -> Read {
    Read {
        key,
        version: Some(version),
    }
}
