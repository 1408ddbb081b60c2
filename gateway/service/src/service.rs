//! What the service answers, before it becomes HTTP.

use asset_did::{CheckError, Policy, Verdict, verify};
use asset_store::{Balance, Store, StoreError, Supply};
use asset_types::{AccountId, AccountReply, TokenId, TokenReply};
use time::OffsetDateTime;

use crate::cache::{Cache, TOKEN_TTL_S};

/// Why the service cannot answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// No such account.
    #[error("there is no account {0}")]
    UnknownAccount(AccountId),
    /// No such token.
    #[error("there is no token {0}")]
    UnknownToken(TokenId),
    /// The database does not answer, or the mirror has not begun.
    #[error("the ledger's copy cannot be read; try again shortly")]
    Store(#[from] StoreError),
    /// The mirror has written nothing yet.
    #[error("the mirror has not begun; start it with `selvedge mirror run`")]
    NotMirrored,
    /// No issuer is trusted, so no credential can be checked.
    #[error("the service trusts no issuer; name one with --trust")]
    NobodyTrusted,
    /// A trusted issuer cannot be resolved.
    #[error("the credential cannot be checked")]
    CannotCheck(#[source] CheckError),
}

/// Reads the mirror's database, with a cache in front of what never changes.
#[derive(Clone)]
pub struct Service {
    store: Store,
    cache: Cache,
    policy: Option<Policy>,
}

impl Service {
    /// A service over a mirrored schema. Without a policy it checks no credential.
    #[must_use]
    pub fn new(store: Store, cache: Cache, policy: Option<Policy>) -> Self {
        Self {
            store,
            cache,
            policy,
        }
    }

    pub(crate) async fn ready(&self) -> Result<u64, ServiceError> {
        if !self.store.is_migrated().await? {
            return Err(ServiceError::NotMirrored);
        }
        let checkpoint = self.store.checkpoint().await?;
        checkpoint
            .map(|checkpoint| checkpoint.block)
            .ok_or(ServiceError::NotMirrored)
    }

    pub(crate) async fn account(&self, id: AccountId) -> Result<AccountReply, ServiceError> {
        let found = self.store.account(&id).await?;
        let row = found.ok_or(ServiceError::UnknownAccount(id))?;
        Ok(AccountReply {
            account: row.id,
            controllers: row.account.controllers,
            kyc: row.account.kyc,
        })
    }

    pub(crate) async fn balances(&self, id: AccountId) -> Result<Vec<Balance>, ServiceError> {
        if self.store.account(&id).await?.is_none() {
            return Err(ServiceError::UnknownAccount(id));
        }
        Ok(self.store.balances(&id).await?)
    }

    pub(crate) async fn token(&self, id: TokenId) -> Result<TokenReply, ServiceError> {
        let key = format!("selvedge:{}:token:{id}", self.store.schema());
        if let Some(cached) = self.cache.get::<TokenReply>(&key).await {
            return Ok(cached);
        }
        let found = self.store.token(&id).await?;
        let row = found.ok_or(ServiceError::UnknownToken(id))?;
        let token = TokenReply {
            token: row.id,
            name: row.token.name,
            symbol: row.token.symbol,
            decimals: row.token.decimals,
            cap: row.token.cap,
            issuer: row.token.issuer,
            kyc_class: row.token.kyc_class,
        };
        self.cache.put(&key, &token, TOKEN_TTL_S).await;
        Ok(token)
    }

    pub(crate) async fn supply(&self, id: TokenId) -> Result<Supply, ServiceError> {
        let found = self.store.supply(&id).await?;
        found.ok_or(ServiceError::UnknownToken(id))
    }

    pub(crate) fn verdict(&self, credential: &str) -> Result<Verdict, ServiceError> {
        let policy = self.policy.as_ref().ok_or(ServiceError::NobodyTrusted)?;
        verify(credential, policy, OffsetDateTime::now_utc()).map_err(ServiceError::CannotCheck)
    }
}
