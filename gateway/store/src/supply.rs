//! What circulates of a token. Reads only.

use asset_types::{Amount, TokenId, UNISSUED};

use crate::column::{amount, parsed};
use crate::{Store, StoreError};

/// A token's cap and what its notes add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Which token.
    pub token: TokenId,
    /// The most that can ever circulate.
    pub cap: Amount,
    /// The sum of all notes but the reserved account's.
    pub circulating: Amount,
    /// The sum of the reserved account's notes.
    pub unissued: Amount,
}

impl Supply {
    /// Whether nothing was lost and nothing was made: always, on an honest ledger.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.circulating.checked_add(self.unissued) == Some(self.cap)
    }
}

type Row = (String, String, String, String);

impl Store {
    /// The supply of one token, if it exists, from the balances.
    ///
    /// # Errors
    /// The database's own.
    pub async fn supply(&self, token: &TokenId) -> Result<Option<Supply>, StoreError> {
        let row = sqlx::query_as(
            "SELECT token.token, cap::text, (cap - coalesce(amount, 0))::text, \
             coalesce(amount, 0)::text \
             FROM token LEFT JOIN balance ON balance.token = token.token AND account = $2 \
             WHERE token.token = $1",
        )
        .bind(token.as_str())
        .bind(UNISSUED);
        row.fetch_optional(self.pool())
            .await?
            .map(supply)
            .transpose()
    }
}

fn supply((token, cap, circulating, unissued): Row) -> Result<Supply, StoreError> {
    Ok(Supply {
        token: parsed("token", "token", &token)?,
        cap: amount("token", "cap", &cap)?,
        circulating: amount("note", "amount", &circulating)?,
        unissued: amount("note", "amount", &unissued)?,
    })
}
