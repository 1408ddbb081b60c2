//! Table `token`: the tokens of the asset contract.

use asset_types::{Decimals, Token, TokenId};
use sqlx::PgConnection;

use crate::column::{amount, corrupt, parsed};
use crate::{Store, StoreError};

/// A token with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// What the ledger has about it.
    pub token: Token,
}

/// What a batch makes of a token, in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenChange {
    /// Its id.
    pub id: TokenId,
    /// What the ledger has about it; `None` where it is gone.
    pub token: Option<Token>,
}

type Row = (String, String, String, i16, String, String, Option<i16>);

impl Store {
    /// One token, if it exists.
    ///
    /// # Errors
    /// The database's own.
    pub async fn token(&self, id: &TokenId) -> Result<Option<TokenRow>, StoreError> {
        let row = sqlx::query_as(
            "SELECT token, name, symbol, decimals, cap::text, issuer, kyc_class FROM token \
             WHERE token = $1",
        )
        .bind(id.as_str());
        row.fetch_optional(self.pool())
            .await?
            .map(token)
            .transpose()
    }

    /// The next tokens after an id, at most `limit`, in the order of their ids.
    ///
    /// # Errors
    /// The database's own.
    pub async fn tokens(
        &self,
        after: Option<&TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT token, name, symbol, decimals, cap::text, issuer, kyc_class FROM token \
             WHERE token > $1 ORDER BY token LIMIT $2",
        )
        .bind(after.map_or("", TokenId::as_str))
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.into_iter().map(token).collect()
    }
}

/// Writes the tokens that there are and removes those that are gone.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    changes: &[TokenChange],
) -> Result<(), StoreError> {
    let kept: Vec<_> = changes
        .iter()
        .filter_map(|change| Some((&change.id, change.token.as_ref()?)))
        .collect();
    upsert(connection, &kept).await?;
    let gone = changes.iter().filter(|change| change.token.is_none());
    let gone: Vec<_> = gone.map(|change| change.id.as_str()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query("DELETE FROM token WHERE token = ANY($1)")
        .bind(gone)
        .execute(connection)
        .await?;
    Ok(())
}

async fn upsert(
    connection: &mut PgConnection,
    tokens: &[(&TokenId, &Token)],
) -> Result<(), StoreError> {
    if tokens.is_empty() {
        return Ok(());
    }
    let rows = || tokens.iter().map(|(_, token)| *token);
    sqlx::query(
        "INSERT INTO token (token, name, symbol, decimals, cap, issuer, kyc_class) \
         SELECT t, n, s, d, c::numeric, i, k FROM UNNEST($1::text[], $2::text[], $3::text[], \
         $4::smallint[], $5::text[], $6::text[], $7::smallint[]) AS rows(t, n, s, d, c, i, k) \
         ON CONFLICT (token) DO UPDATE SET name = excluded.name, symbol = excluded.symbol, \
         decimals = excluded.decimals, cap = excluded.cap, issuer = excluded.issuer, \
         kyc_class = excluded.kyc_class",
    )
    .bind(tokens.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
    .bind(rows().map(|token| token.name.as_str()).collect::<Vec<_>>())
    .bind(
        rows()
            .map(|token| token.symbol.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|token| i16::from(token.decimals.places()))
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|token| token.cap.to_string())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|token| token.issuer.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows()
            .map(|token| token.kyc_class.map(i16::from))
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn token(
    (id, name, symbol, decimals, cap, issuer, kyc_class): Row,
) -> Result<TokenRow, StoreError> {
    let small =
        |column, number: i16| u8::try_from(number).map_err(|_| corrupt("token", column, &number));
    let decimals = small("decimals", decimals)?;
    Ok(TokenRow {
        id: parsed("token", "token", &id)?,
        token: Token {
            name: parsed("token", "name", &name)?,
            symbol: parsed("token", "symbol", &symbol)?,
            decimals: Decimals::try_from(decimals)
                .map_err(|_| corrupt("token", "decimals", &decimals))?,
            cap: amount("token", "cap", &cap)?,
            issuer: parsed("token", "issuer", &issuer)?,
            kyc_class: kyc_class
                .map(|class| small("kyc_class", class))
                .transpose()?,
        },
    })
}
