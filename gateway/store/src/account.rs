//! Table `account`: the accounts of the asset contract.

use asset_types::{Account, AccountId, Kyc, Timestamp};
use sqlx::PgConnection;

use crate::column::{corrupt, parsed, unsigned};
use crate::{Store, StoreError};

/// An account with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub id: AccountId,
    /// What the ledger has about it.
    pub account: Account,
}

/// What a batch makes of an account, in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Its name.
    pub id: AccountId,
    /// What the ledger has about it; `None` where it is gone.
    pub account: Option<Account>,
}

type Row = (String, String, i16, i64, String);

impl Store {
    /// One account, if it is open.
    ///
    /// # Errors
    /// The database's own.
    pub async fn account(&self, id: &AccountId) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query_as(
            "SELECT account, controllers::text, kyc_class, \
             extract(epoch FROM kyc_expires_at)::bigint, kyc_credential_hash \
             FROM account WHERE account = $1",
        )
        .bind(id.as_str());
        row.fetch_optional(self.pool())
            .await?
            .map(account)
            .transpose()
    }

    /// The next accounts after a name, at most `limit`, in the order of their names.
    ///
    /// # Errors
    /// The database's own.
    pub async fn accounts(
        &self,
        after: Option<&AccountId>,
        limit: u32,
    ) -> Result<Vec<AccountRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT account, controllers::text, kyc_class, \
             extract(epoch FROM kyc_expires_at)::bigint, kyc_credential_hash \
             FROM account WHERE account > $1 ORDER BY account LIMIT $2",
        )
        .bind(after.map_or("", AccountId::as_str))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(account).collect()
    }
}

/// Writes the accounts that there are and removes those that are gone.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    changes: &[AccountChange],
) -> Result<(), StoreError> {
    let kept: Vec<_> = changes
        .iter()
        .filter_map(|change| Some((&change.id, change.account.as_ref()?)))
        .collect();
    upsert(connection, &kept).await?;
    let gone = changes.iter().filter(|change| change.account.is_none());
    let gone: Vec<_> = gone.map(|change| change.id.as_str()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query("DELETE FROM account WHERE account = ANY($1)")
        .bind(gone)
        .execute(connection)
        .await?;
    Ok(())
}

async fn upsert(
    connection: &mut PgConnection,
    accounts: &[(&AccountId, &Account)],
) -> Result<(), StoreError> {
    if accounts.is_empty() {
        return Ok(());
    }
    let rows = || accounts.iter().map(|(_, account)| *account);
    let controllers = rows().map(|account| {
        serde_json::to_string(&account.controllers)
            .map_err(|error| corrupt("account", "controllers", &error))
    });
    // The calendar ends in 9999, far below 2^63.
    let expiries =
        rows().map(|account| crate::column::bigint("time", account.kyc.expires_at.unix_seconds()));
    sqlx::query(
        "INSERT INTO account (account, controllers, kyc_class, kyc_expires_at, \
         kyc_credential_hash) \
         SELECT a, c::jsonb, k, to_timestamp(e), h FROM UNNEST($1::text[], $2::text[], \
         $3::smallint[], $4::bigint[], $5::text[]) AS rows(a, c, k, e, h) \
         ON CONFLICT (account) DO UPDATE SET controllers = excluded.controllers, \
         kyc_class = excluded.kyc_class, kyc_expires_at = excluded.kyc_expires_at, \
         kyc_credential_hash = excluded.kyc_credential_hash",
    )
    .bind(
        accounts
            .iter()
            .map(|(id, _)| id.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(controllers.collect::<Result<Vec<_>, _>>()?)
    .bind(
        rows()
            .map(|account| i16::from(account.kyc.class))
            .collect::<Vec<_>>(),
    )
    .bind(expiries.collect::<Result<Vec<_>, _>>()?)
    .bind(
        rows()
            .map(|account| account.kyc.credential_hash.as_str())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn account((id, controllers, class, expires_at, hash): Row) -> Result<AccountRow, StoreError> {
    let expires_at = unsigned("account", "kyc_expires_at", expires_at)?;
    Ok(AccountRow {
        id: parsed("account", "account", &id)?,
        account: Account {
            controllers: serde_json::from_str(&controllers)
                .map_err(|_| corrupt("account", "controllers", &controllers))?,
            kyc: Kyc {
                class: u8::try_from(class).map_err(|_| corrupt("account", "kyc_class", &class))?,
                expires_at: Timestamp::from_unix_seconds(expires_at)
                    .map_err(|_| corrupt("account", "kyc_expires_at", &expires_at))?,
                credential_hash: parsed("account", "kyc_credential_hash", &hash)?,
            },
        },
    })
}
