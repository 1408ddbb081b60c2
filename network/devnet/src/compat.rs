//! Which version of Fabric the network's peers are, where versions differ for clients and chaincodes.

use std::{fmt, str::FromStr};

use fabric_ledger::lifecycle::Repeated;
use fabric_protos::peer::chaincode_message::Type;
use serde::{Deserialize, Serialize};

/// A version of Fabric to behave as.
///
/// Parsed from and shown as `2.5` and `3.1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Compat {
    /// Fabric 3.1: peers take several writes or several keys in one message of a chaincode, and say
    /// so when it registers.
    #[default]
    V3_1,
    /// Fabric 2.5: peers take one key per message, and end the stream of a chaincode that sends more.
    V2_5,
}

/// A version that the network cannot behave as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version of Fabric that the network can behave as; give 2.5 or 3.1")]
pub struct UnknownVersion(String);

impl FromStr for Compat {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        match text {
            "3.1" => Ok(Self::V3_1),
            "2.5" => Ok(Self::V2_5),
            _ => Err(UnknownVersion(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Compat {
    type Error = UnknownVersion;

    fn try_from(text: String) -> Result<Self, UnknownVersion> {
        text.parse()
    }
}

impl From<Compat> for String {
    fn from(compat: Compat) -> Self {
        compat.to_string()
    }
}

impl fmt::Display for Compat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V3_1 => "3.1",
            Self::V2_5 => "2.5",
        })
    }
}

impl Compat {
    /// Whether a peer knows a message of a chaincode: 2.5 does not know batches
    /// (`core/chaincode/handler.go`, `handleMessageReadyState`).
    pub(crate) fn knows(self, message: Type) -> bool {
        self == Self::V3_1 || !matches!(message, Type::WriteBatchState | Type::GetStateMultiple)
    }

    /// Whether proposals far from the peer's time are refused; the filter came with 3.0
    /// (`core/handlers/auth/filter/timewindow.go`).
    pub(crate) fn checks_time_of_proposals(self) -> bool {
        self == Self::V3_1
    }

    /// Whether `_lifecycle` tells all approvals, and why organisations have not approved
    /// (`core/chaincode/lifecycle/scc.go`).
    pub(crate) fn tells_all_of_approvals(self) -> bool {
        self == Self::V3_1
    }

    /// Whether a gateway's own endorser looks at expiry and time, as it does for others: in 2.5 the
    /// gateway calls it behind the filters (`internal/peer/node/start.go`).
    pub(crate) fn filters_proposals_of_gateways(self) -> bool {
        self == Self::V3_1
    }

    /// What comes of an approval that repeats one of the definition in force
    /// (`core/chaincode/lifecycle/lifecycle.go`, `isAttemptToRedefine`).
    pub(crate) fn repeated_approval(self) -> Repeated {
        match self {
            Self::V3_1 => Repeated::Refused,
            Self::V2_5 => Repeated::Recorded,
        }
    }

    /// How an orderer refuses an envelope for a channel that it does not have
    /// (`orderer/common/multichannel/registrar.go`).
    pub(crate) fn no_such_channel(self) -> &'static str {
        match self {
            Self::V3_1 => "channel does not exist",
            Self::V2_5 => {
                "channel creation request not allowed because the orderer system channel is not defined"
            }
        }
    }

    /// How an orderer refuses what made channels on a system channel.
    pub(crate) fn refused_orderer_transaction(self) -> &'static str {
        match self {
            Self::V3_1 => "message is of type that is no longer supported",
            Self::V2_5 => "message is of type that cannot be processed directly",
        }
    }

    /// Whether CommitStatus names the part of a request that is missing
    /// (`internal/pkg/gateway/commitstatus.go`).
    pub(crate) fn names_missing_parts(self) -> bool {
        self == Self::V3_1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_as_it_is_shown() {
        for compat in [Compat::V2_5, Compat::V3_1] {
            assert_eq!(compat.to_string().parse(), Ok(compat));
        }
        let error = "2.4".parse::<Compat>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`2.4` is no version of Fabric that the network can behave as; give 2.5 or 3.1"
        );
    }
}
