//! Cache-aside over Redis. The cache is never the truth: when it fails, the database answers.

use std::time::Duration;

use redis::AsyncCommands as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Tokens never change once they are created; an hour bounds what a restored database could hide.
pub(crate) const TOKEN_TTL_S: u64 = 3600;

/// A read must not wait for a cache longer than the database would take.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(200);

/// A connection to Redis that reconnects by itself, or no cache at all.
#[derive(Clone, Default)]
pub struct Cache {
    connection: Option<ConnectionManager>,
}

impl Cache {
    /// No cache: every read goes to the database.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Connects to Redis.
    ///
    /// # Errors
    /// Redis' own, when the address is no `redis://` URL or nothing answers there.
    pub async fn connect(url: &str) -> Result<Self, redis::RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1);
        let client = redis::Client::open(url)?;
        let connection = ConnectionManager::new_with_config(client, config).await?;
        Ok(Self {
            connection: Some(connection),
        })
    }

    /// A value under `key`; none when it is absent, unreadable, or Redis is away.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let mut connection = self.connection.clone()?;
        match connection.get::<_, Option<Vec<u8>>>(key).await {
            Ok(bytes) => serde_json::from_slice(&bytes?).ok(),
            Err(error) => {
                tracing::warn!(%error, "the cache did not answer; reading the database");
                None
            }
        }
    }

    /// Keeps a value for a while. A failure is logged and changes nothing.
    pub(crate) async fn put<T: Serialize>(&self, key: &str, value: &T, ttl_s: u64) {
        let (Some(mut connection), Ok(bytes)) =
            (self.connection.clone(), serde_json::to_vec(value))
        else {
            return;
        };
        if let Err(error) = connection.set_ex::<_, _, ()>(key, bytes, ttl_s).await {
            tracing::warn!(%error, "the cache did not take a value");
        }
    }
}
