//! Tables that repeat in columns what the chain says elsewhere, column by column as texts: so can
//! each be compared, whatever it holds.

use crate::StoreError;
use crate::snapshot::Reader;

/// A row: its columns as PostgreSQL writes them, in the order of [`RecordTable::columns`].
pub type Record = Vec<Option<String>>;

/// A table of records.
#[derive(Debug)]
pub struct RecordTable {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of the key first.
    pub columns: &'static [&'static str],
    /// How many columns the key has.
    pub key_columns: usize,
    find: &'static str,
    page: &'static str,
    count: &'static str,
}

/// The tokens.
pub static TOKENS: RecordTable = RecordTable {
    name: "token",
    columns: &[
        "token",
        "name",
        "symbol",
        "decimals",
        "cap",
        "issuer",
        "kyc_class",
    ],
    key_columns: 1,
    find: "SELECT ARRAY[token, name, symbol, decimals::text, cap::text, issuer, kyc_class::text] \
           FROM token WHERE token = ANY($1)",
    page: "SELECT ARRAY[token, name, symbol, decimals::text, cap::text, issuer, kyc_class::text] \
           FROM token ORDER BY token LIMIT $1 OFFSET $2",
    count: "SELECT count(*) FROM token",
};

/// The accounts; controllers as JSON, times in seconds since 1970.
pub static ACCOUNTS: RecordTable = RecordTable {
    name: "account",
    columns: &[
        "account",
        "controllers",
        "kyc_class",
        "kyc_expires_at",
        "kyc_credential_hash",
    ],
    key_columns: 1,
    find: "SELECT ARRAY[account, controllers::text, kyc_class::text, \
           extract(epoch FROM kyc_expires_at)::text, kyc_credential_hash] \
           FROM account WHERE account = ANY($1)",
    page: "SELECT ARRAY[account, controllers::text, kyc_class::text, \
           extract(epoch FROM kyc_expires_at)::text, kyc_credential_hash] \
           FROM account ORDER BY account LIMIT $1 OFFSET $2",
    count: "SELECT count(*) FROM account",
};

/// The unspent notes.
pub static NOTES: RecordTable = RecordTable {
    name: "note",
    columns: &["token", "account", "note", "amount", "block", "index"],
    key_columns: 3,
    find: "SELECT ARRAY[token, account, note, amount::text, block::text, index::text] \
           FROM note JOIN UNNEST($1::text[], $2::text[], $3::text[]) AS wanted(t, a, n) \
           ON token = t COLLATE \"C\" AND account = a COLLATE \"C\" AND note = n COLLATE \"C\"",
    page: "SELECT ARRAY[token, account, note, amount::text, block::text, index::text] \
           FROM note ORDER BY token, account, note LIMIT $1 OFFSET $2",
    count: "SELECT count(*) FROM note",
};

/// The payments. Found by block, see [`Reader::transfers`].
pub static TRANSFERS: RecordTable = RecordTable {
    name: "transfer",
    columns: &[
        "block",
        "index",
        "position",
        "transaction_id",
        "token",
        "from_account",
        "to_account",
        "amount",
        "memo",
        "request_id",
    ],
    key_columns: 3,
    find: "SELECT ARRAY[block::text, index::text, position::text, transaction_id, token, \
           from_account, to_account, amount::text, memo, request_id] FROM transfer \
           WHERE block BETWEEN $1 AND $2 ORDER BY block, index, position",
    page: "SELECT ARRAY[block::text, index::text, position::text, transaction_id, token, \
           from_account, to_account, amount::text, memo, request_id] FROM transfer \
           ORDER BY block, index, position LIMIT $1 OFFSET $2",
    count: "SELECT count(*) FROM transfer",
};

impl Reader {
    /// Those of the records with these keys that exist; each key has [`RecordTable::key_columns`]
    /// texts.
    ///
    /// # Errors
    /// The database's own, as in every method here.
    pub async fn records(
        &mut self,
        table: &RecordTable,
        keys: &[&[Option<String>]],
    ) -> Result<Vec<Record>, StoreError> {
        let mut query = sqlx::query_scalar(table.find);
        for column in 0..table.key_columns {
            let texts = keys.iter().map(|key| key.get(column).cloned().flatten());
            query = query.bind(texts.collect::<Vec<_>>());
        }
        Ok(query.fetch_all(&mut *self.transaction).await?)
    }

    /// Records in the order of their keys, after the first `offset`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn record_page(
        &mut self,
        table: &RecordTable,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query_scalar(table.page)
            .bind(i64::from(limit))
            .bind(offset.cast_signed());
        Ok(rows.fetch_all(&mut *self.transaction).await?)
    }

    /// How many records there are.
    ///
    /// # Errors
    /// The database's own.
    pub async fn record_count(&mut self, table: &RecordTable) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(table.count)
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(count.cast_unsigned())
    }

    /// The payments of the blocks from `first` to `last`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn transfers(&mut self, first: u64, last: u64) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query_scalar(TRANSFERS.find)
            .bind(first.cast_signed())
            .bind(last.cast_signed());
        Ok(rows.fetch_all(&mut *self.transaction).await?)
    }
}
