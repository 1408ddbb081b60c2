//! The peer's own organisation, which calls without a channel are checked by.
//!
//! Source: `core/policy/policy.go`, `CheckPolicyNoChannel`.

use fabric_msp::{Identity, IdentityError, Role};
use fabric_protos::msp::SerializedIdentity;
use prost::Message as _;

use crate::peer::Peer;

/// A policy of the peer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalRole {
    /// Administrators of the organisation.
    Admins,
    /// Everybody of the organisation.
    Members,
}

impl LocalRole {
    fn name(self) -> &'static str {
        match self {
            Self::Admins => "Admins",
            Self::Members => "Members",
        }
    }
}

/// Whether the signer of `data` has a role in the peer's organisation.
pub(super) fn check(
    peer: &Peer,
    role: LocalRole,
    creator: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<(), String> {
    let policy = role.name();
    let msp_id = peer.msp_id();
    let identity = peer.local().identity(creator).map_err(|error| {
        let reason = stranger(msp_id, creator, &error);
        format!(
            "Failed deserializing proposal creator during channelless check policy with policy [{policy}]: [{reason}]"
        )
    })?;
    check_role(msp_id, role, &identity).map_err(|reason| {
        format!(
            "Failed verifying that proposal's creator satisfies local MSP principal during channelless check policy with policy [{policy}]: [{reason}]"
        )
    })?;
    identity
        .verify(data, signature)
        .map_err(|_| "The signature is invalid".to_owned())
}

fn check_role(msp_id: &str, role: LocalRole, identity: &Identity) -> Result<(), String> {
    match role {
        LocalRole::Admins if !identity.roles().contains(Role::Admin) => Err(format!(
            "The identity is not an admin under this MSP [{msp_id}]: The identity does not contain OU [ADMIN], MSP: [{msp_id}]"
        )),
        LocalRole::Admins | LocalRole::Members => Ok(()),
    }
}

fn stranger(msp_id: &str, creator: &[u8], error: &IdentityError) -> String {
    match (error, SerializedIdentity::decode(creator)) {
        (IdentityError::UnknownMsp(_), Ok(identity)) => {
            format!("expected MSP ID {msp_id}, received {}", identity.mspid)
        }
        _ => error.to_string(),
    }
}
