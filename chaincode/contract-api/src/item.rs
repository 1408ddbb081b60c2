//! Values of other types under fixed names: one value, or one per key.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::LedgerError,
    key::{JsonKey, Key, KeyError, KeyRange},
    key_part::KeyParts,
    page::{Page, Paged},
    query::Query,
    range::Row,
    reader::Reader,
    tx::Tx,
};

/// One value of the chaincode, such as its settings, kept as JSON under a simple key.
///
/// ```
/// use fabric_contract_api_rust::{Item, prelude::*};
///
/// const LIMIT: Item<u64> = Item::new("limit");
///
/// fn raise(tx: &mut Tx) -> Result<u64, LedgerError> {
///     let limit = LIMIT.get(tx)?.unwrap_or(10) + 1;
///     LIMIT.put(tx, &limit)?;
///     Ok(limit)
/// }
/// ```
#[derive(Debug)]
pub struct Item<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Item<T> {
    /// A value under this simple key.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The key, for what else can be done with one.
    pub fn key(&self) -> Result<JsonKey<T>, KeyError> {
        Ok(Key::simple(self.name)?.json())
    }

    /// The value, or `None` before the first [`Item::put`].
    pub fn get(&self, reader: &Reader<'_>) -> Result<Option<T>, LedgerError> {
        reader.get(&self.key()?)
    }

    /// Sets the value.
    pub fn put(&self, tx: &mut Tx<'_>, value: &T) -> Result<(), LedgerError> {
        tx.put(&self.key()?, value)
    }

    /// Removes the value.
    pub fn delete(&self, tx: &mut Tx<'_>) -> Result<(), LedgerError> {
        tx.delete(&self.key()?)
    }
}

/// Values by key, kept as JSON under composite keys. For values with indexes see
/// [`State`](crate::State).
///
/// ```
/// use fabric_contract_api_rust::{Map, prelude::*};
///
/// /// What a spender may take of an owner's money.
/// const ALLOWANCES: Map<(String, String), u64> = Map::new("allowance");
///
/// fn allow(tx: &mut Tx, owner: String, spender: String) -> Result<(), LedgerError> {
///     ALLOWANCES.put(tx, &(owner, spender), &5)
/// }
///
/// fn of_owner(query: &Query, owner: &str) -> Result<Vec<((String, String), u64)>, LedgerError> {
///     ALLOWANCES.range(query, &[owner])?.collect()
/// }
/// ```
#[derive(Debug)]
pub struct Map<K, T> {
    name: &'static str,
    value: PhantomData<fn() -> (K, T)>,
}

impl<K: KeyParts, T: Serialize + DeserializeOwned> Map<K, T> {
    /// Values under composite keys of this object type.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The key of one value, for what else can be done with one.
    pub fn key(&self, key: &K) -> Result<JsonKey<T>, KeyError> {
        Ok(Key::composite(self.name, key.key_parts())?.json())
    }

    /// The value of a key.
    pub fn get(&self, reader: &Reader<'_>, key: &K) -> Result<Option<T>, LedgerError> {
        reader.get(&self.key(key)?)
    }

    /// Sets the value of a key.
    pub fn put(&self, tx: &mut Tx<'_>, key: &K, value: &T) -> Result<(), LedgerError> {
        tx.put(&self.key(key)?, value)
    }

    /// Removes the value of a key.
    pub fn delete(&self, tx: &mut Tx<'_>, key: &K) -> Result<(), LedgerError> {
        tx.delete(&self.key(key)?)
    }

    /// The keys and values whose keys begin with these attributes, in order, own writes among them.
    pub fn range<'r>(
        &self,
        reader: &'r Reader<'_>,
        prefix: &[&str],
    ) -> Result<impl Iterator<Item = Result<(K, T), LedgerError>> + use<'r, K, T>, LedgerError>
    {
        let range = KeyRange::composite(self.name, prefix)?;
        Ok(reader.range(&range)?.map(|row| read(&row?)))
    }

    /// One page of them.
    pub fn page(
        &self,
        query: &Query<'_>,
        prefix: &[&str],
        page: &Page,
    ) -> Result<Paged<(K, T)>, LedgerError> {
        let range = KeyRange::composite(self.name, prefix)?;
        let Paged { items, bookmark } = query.page(&range, page)?;
        let items = items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Paged { items, bookmark })
    }
}

fn read<K: KeyParts, T: DeserializeOwned>(row: &Row) -> Result<(K, T), LedgerError> {
    let parts = row.key.split().map(|(_, parts)| parts).unwrap_or_default();
    let key = K::from_key_parts(&parts);
    let key = key.ok_or_else(|| LedgerError::KeyParts {
        key: row.key.clone(),
    })?;
    Ok((key, row.json()?))
}
