//! Which channels an ordering node serves: its channel participation API, REST over mutual TLS.
//!
//! Facts: Fabric's `orderer/common/channelparticipation/restapi.go` and `swagger/swagger-fabric.json`.

mod http_call;

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use http_call::{HttpCall, Tls};

/// All channels.
const CHANNELS: &str = "/participation/v1/channels";
/// A node answers at once; joining writes a ledger and starts consensus.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// An ordering node, seen by an administrator who has a TLS certificate for its admin endpoint.
/// Cheap to clone.
#[derive(Clone)]
pub struct OrdererAdmin {
    http: HttpCall,
}

/// A channel on an ordering node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrdererChannel {
    /// The channel's name.
    pub name: String,
    /// What the node is to the channel.
    pub relation: ConsensusRelation,
    /// How the node keeps up.
    pub status: ParticipationStatus,
    /// How many blocks it has.
    pub height: u64,
}

/// What an ordering node is to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsensusRelation {
    /// One of those that agree on blocks.
    Consenter,
    /// It copies blocks from consenters.
    Follower,
    /// It waits to become a consenter.
    ConfigTracker,
    /// Another, in Fabric's word.
    Other(String),
}

/// How an ordering node keeps up with a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParticipationStatus {
    /// It takes part.
    Active,
    /// It copies the blocks that it lacks.
    Onboarding,
    /// It stores no blocks of the channel.
    Inactive,
    /// The last operation on the channel failed.
    Failed,
    /// Another, in Fabric's word.
    Other(String),
}

/// An ordering node could not be asked, or says no.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParticipationError {
    /// The address is not one.
    #[error("{url} is no address of an admin endpoint; write it as https://host:port")]
    InvalidUrl {
        /// What was given.
        url: String,
    },
    /// A certificate or key for TLS cannot be used.
    #[error("the TLS settings for {url} are refused; check that certificates and key are in PEM")]
    InvalidTls {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The node could not be reached, or did not accept the certificate.
    #[error(
        "cannot talk to the ordering node at {url}; check that its admin endpoint listens there and trusts the client certificate"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The node did not answer in time. Ask for the channel before trying again.
    #[error("the ordering node at {url} did not answer within {limit:?}")]
    Late {
        /// The address.
        url: String,
        /// The time it had.
        limit: Duration,
    },
    /// The node says no.
    #[error("the ordering node at {url} refuses with status {status}: {message}")]
    Refused {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The node's words.
        message: String,
    },
    /// The answer is not what the operation gives.
    #[error("the ordering node at {url} answers with something that is not well-formed")]
    Malformed {
        /// The address.
        url: String,
        /// The parser's words.
        #[source]
        source: serde_json::Error,
    },
}

impl ParticipationError {
    /// Whether the node has joined the channel already; there is nothing left to do.
    #[must_use]
    pub fn is_already_joined(&self) -> bool {
        matches!(self, Self::Refused { status: 405, message, .. } if message.contains("already exists"))
    }

    /// Whether the node has no such channel.
    #[must_use]
    pub fn is_unknown_channel(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl OrdererAdmin {
    /// The node whose admin endpoint is `https://host:port`. Its certificate must come from an
    /// authority in `authority_pem` and name the host; the node must trust `certificate_pem`.
    ///
    /// # Errors
    ///
    /// [`ParticipationError::InvalidUrl`] or [`ParticipationError::InvalidTls`].
    pub fn new(
        url: impl Into<String>,
        authority_pem: impl AsRef<[u8]>,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Result<Self, ParticipationError> {
        let tls = Tls {
            authority: authority_pem.as_ref(),
            certificate: certificate_pem.as_ref(),
            key: key_pem.as_ref(),
        };
        let http = HttpCall::new(url.into(), &tls, CALL_TIMEOUT)?;
        Ok(Self { http })
    }

    /// Gives up on a call after this time; 30 s without this.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.http.limit = limit;
        self
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.http.url
    }

    /// Names of the channels that the node has joined.
    ///
    /// # Errors
    ///
    /// Any [`ParticipationError`].
    pub async fn channels(&self) -> Result<Vec<String>, ParticipationError> {
        #[derive(Deserialize)]
        struct List {
            channels: Option<Vec<Named>>,
        }
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let list: List = self.read(&self.http.get(CHANNELS).await?)?;
        let channels = list.channels.unwrap_or_default().into_iter();
        Ok(channels.map(|channel| channel.name).collect())
    }

    /// One channel.
    ///
    /// # Errors
    ///
    /// Any [`ParticipationError`]; [`ParticipationError::is_unknown_channel`] where it has not
    /// joined.
    pub async fn channel(&self, name: &str) -> Result<OrdererChannel, ParticipationError> {
        let answer = self.http.get(&path(name)).await?;
        self.read::<Written>(&answer).map(OrdererChannel::from)
    }

    /// Makes the node serve a channel: `config_block` is the channel's first block, or, to join one
    /// that runs, its latest configuration block.
    ///
    /// # Errors
    ///
    /// Any [`ParticipationError`]; [`ParticipationError::is_already_joined`] where nothing is left
    /// to do.
    pub async fn join(
        &self,
        config_block: impl AsRef<[u8]>,
    ) -> Result<OrdererChannel, ParticipationError> {
        let answer = self
            .http
            .post_file(CHANNELS, "config-block", config_block.as_ref())
            .await?;
        self.read::<Written>(&answer).map(OrdererChannel::from)
    }

    /// Makes the node leave a channel and delete its blocks.
    ///
    /// # Errors
    ///
    /// Any [`ParticipationError`].
    pub async fn remove(&self, name: &str) -> Result<(), ParticipationError> {
        self.http.delete(&path(name)).await.map(drop)
    }

    fn read<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, ParticipationError> {
        serde_json::from_slice(answer).map_err(|source| ParticipationError::Malformed {
            url: self.http.url.clone(),
            source,
        })
    }
}

/// A channel as the API writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    name: String,
    consensus_relation: String,
    status: String,
    height: u64,
}

impl From<Written> for OrdererChannel {
    fn from(written: Written) -> Self {
        let relation = match &*written.consensus_relation {
            "consenter" => ConsensusRelation::Consenter,
            "follower" => ConsensusRelation::Follower,
            "config-tracker" => ConsensusRelation::ConfigTracker,
            _ => ConsensusRelation::Other(written.consensus_relation),
        };
        let status = match &*written.status {
            "active" => ParticipationStatus::Active,
            "onboarding" => ParticipationStatus::Onboarding,
            "inactive" => ParticipationStatus::Inactive,
            "failed" => ParticipationStatus::Failed,
            _ => ParticipationStatus::Other(written.status),
        };
        Self {
            name: written.name,
            relation,
            status,
            height: written.height,
        }
    }
}

/// Names of channels are lower-case letters, digits, dots and hyphens; whatever else somebody
/// passes must not become another path.
fn path(channel: &str) -> String {
    let mut path = format!("{CHANNELS}/");
    for byte in channel.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}
