//! What many transactions add to at once without a conflict: counters and logs.
//!
//! Each transaction writes keys of its own and reads nothing, so a peer finds nothing that another
//! transaction changed. Reading folds what they wrote.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::LedgerError,
    key::{Key, KeyRange},
    key_part::{KeyPart, KeyParts},
    overlay::Change,
    page::{Page, Paged},
    query::Query,
    range::Row,
    reader::Reader,
    tx::Tx,
};

/// A sum per key, to which transactions add without reading it.
///
/// Reading it in a [`Query`] costs one row per transaction that added since the last
/// [`Counter::compact`]. Reading it in a [`Tx`] is a scan, which makes that transaction invalid when
/// somebody adds at the same time; the one who adds is never the victim.
///
/// ```
/// use fabric_contract_api_rust::{Counter, prelude::*};
///
/// const SOLD: Counter<String> = Counter::new("sold");
///
/// fn sell(tx: &mut Tx, product: String) -> Result<(), LedgerError> {
///     SOLD.add(tx, &product, 1)
/// }
///
/// fn sold(query: &Query, product: String) -> Result<i128, LedgerError> {
///     SOLD.sum(query, &product)
/// }
/// ```
#[derive(Debug)]
pub struct Counter<K> {
    name: &'static str,
    key: PhantomData<fn() -> K>,
}

impl<K: KeyParts> Counter<K> {
    /// Sums under composite keys of this object type.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            key: PhantomData,
        }
    }

    /// Adds to the sum of a key; a negative amount takes away. Nothing is read, so nothing keeps
    /// the sum above zero.
    pub fn add(&self, tx: &mut Tx<'_>, key: &K, amount: i128) -> Result<(), LedgerError> {
        let mut parts = key.key_parts();
        parts.push(tx.transaction_id().to_owned());
        let key = Key::composite(self.name, parts)?;
        let own = {
            let overlay = tx.session.overlay.borrow();
            let own = overlay.written("", key.as_str());
            own.and_then(Change::value).map(|own| delta(&key, own))
        };
        let own = own.transpose()?.unwrap_or(0);
        let sum = own.checked_add(amount).ok_or(LedgerError::Overflow)?;
        tx.put(&key, sum.to_string().as_bytes())
    }

    /// The sum of a key.
    pub fn sum(&self, reader: &Reader<'_>, key: &K) -> Result<i128, LedgerError> {
        let range = KeyRange::composite(self.name, key.key_parts())?;
        reader.range(&range)?.try_fold(0_i128, |sum, row| {
            let row = row?;
            let amount = delta(&row.key, &row.value)?;
            sum.checked_add(amount).ok_or(LedgerError::Overflow)
        })
    }

    /// Makes one row of all rows of a key, and gives the sum. Invalid when somebody adds at the
    /// same time: try again at a quieter time.
    pub fn compact(&self, tx: &mut Tx<'_>, key: &K) -> Result<i128, LedgerError> {
        let range = KeyRange::composite(self.name, key.key_parts())?;
        let rows: Vec<Row> = tx.range(&range)?.collect::<Result<_, _>>()?;
        let mut sum = 0_i128;
        for Row { key, value } in rows {
            let amount = delta(&key, &value)?;
            sum = sum.checked_add(amount).ok_or(LedgerError::Overflow)?;
            tx.delete(&key)?;
        }
        self.add(tx, key, sum)?;
        Ok(sum)
    }
}

fn delta(key: &Key, stored: &[u8]) -> Result<i128, LedgerError> {
    let text = std::str::from_utf8(stored).ok();
    let delta = text.and_then(|text| text.parse().ok());
    delta.ok_or_else(|| LedgerError::KeyParts { key: key.clone() })
}

/// Entries per key, in order of the transactions' timestamps, to which transactions append without
/// reading it. The timestamps are the clients' clocks: the order of two transactions is that of
/// their clients' clocks, not of their blocks.
#[derive(Debug)]
pub struct Log<K, T> {
    name: &'static str,
    entry: PhantomData<fn() -> (K, T)>,
}

impl<K: KeyParts, T: Serialize + DeserializeOwned> Log<K, T> {
    /// Entries under composite keys of this object type.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            entry: PhantomData,
        }
    }

    /// Appends an entry.
    pub fn append(&self, tx: &mut Tx<'_>, key: &K, entry: &T) -> Result<(), LedgerError> {
        let mut parts = key.key_parts();
        let time = tx.timestamp();
        parts.push(time.seconds.key_part().into_owned());
        parts.push(time.nanoseconds.key_part().into_owned());
        parts.push(tx.transaction_id().to_owned());
        let own = KeyRange::composite(self.name, &parts)?;
        let appended = {
            let overlay = tx.session.overlay.borrow();
            overlay.written_between(own.start(), own.end()).len()
        };
        parts.push((appended as u64).key_part().into_owned());
        tx.put(&Key::composite(self.name, parts)?.json::<T>(), entry)
    }

    /// The entries of a key, oldest first.
    pub fn entries<'r>(
        &self,
        reader: &'r Reader<'_>,
        key: &K,
    ) -> Result<impl Iterator<Item = Result<T, LedgerError>> + use<'r, K, T>, LedgerError> {
        let range = KeyRange::composite(self.name, key.key_parts())?;
        Ok(reader.range(&range)?.map(|row| row?.json()))
    }

    /// One page of them.
    pub fn page(&self, query: &Query<'_>, key: &K, page: &Page) -> Result<Paged<T>, LedgerError> {
        let range = KeyRange::composite(self.name, key.key_parts())?;
        query.page(&range, page)?.json()
    }
}
