//! The peer's own organisation, which calls without a channel are checked by.
//!
//! Source: `core/policy/policy.go`, `CheckPolicyNoChannel`.

use fabric_msp::{Identity, IdentityError, Msp, MspError, MspManager, Role};
use fabric_protos::msp::SerializedIdentity;
use prost::Message as _;

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

/// A peer's organisation as the peer knows it without any channel.
#[derive(Debug)]
pub(crate) struct LocalMsp {
    msp_id: String,
    msps: MspManager,
}

impl LocalMsp {
    /// The organisation of a channel's configuration, or of a folder.
    pub(crate) fn new(msp: &Msp) -> Result<Self, MspError> {
        Ok(Self {
            msp_id: msp.id().to_owned(),
            msps: MspManager::new([Msp::from_config(&msp.to_config())?]),
        })
    }

    /// The organisation alone, for whoever looks identities up.
    pub(crate) fn msps(&self) -> &MspManager {
        &self.msps
    }

    /// Whether the signer of `data` has a role in the organisation.
    pub(super) fn check(
        &self,
        role: LocalRole,
        creator: &[u8],
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), String> {
        let policy = role.name();
        let identity = self.msps.identity(creator).map_err(|error| {
            let reason = self.stranger(creator, &error);
            format!(
                "Failed deserializing proposal creator during channelless check policy with policy [{policy}]: [{reason}]"
            )
        })?;
        self.check_role(role, &identity).map_err(|reason| {
            format!(
                "Failed verifying that proposal's creator satisfies local MSP principal during channelless check policy with policy [{policy}]: [{reason}]"
            )
        })?;
        identity
            .verify(data, signature)
            .map_err(|_| "The signature is invalid".to_owned())
    }

    fn check_role(&self, role: LocalRole, identity: &Identity) -> Result<(), String> {
        match role {
            LocalRole::Admins if !identity.roles().contains(Role::Admin) => Err(format!(
                "The identity is not an admin under this MSP [{msp}]: The identity does not contain OU [ADMIN], MSP: [{msp}]",
                msp = self.msp_id
            )),
            LocalRole::Admins | LocalRole::Members => Ok(()),
        }
    }

    fn stranger(&self, creator: &[u8], error: &IdentityError) -> String {
        match (error, SerializedIdentity::decode(creator)) {
            (IdentityError::UnknownMsp(_), Ok(identity)) => format!(
                "expected MSP ID {}, received {}",
                self.msp_id, identity.mspid
            ),
            _ => error.to_string(),
        }
    }
}
