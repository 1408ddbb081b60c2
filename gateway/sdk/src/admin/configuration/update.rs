//! A change of a configuration with the signatures that approve it, here and on its way between
//! administrators.

use aws_lc_rs::rand;
use bytes::Bytes;
use fabric_protos::common::{
    ChannelHeader, ConfigSignature, ConfigUpdate, ConfigUpdateEnvelope, Envelope, Header,
    HeaderType, Payload, SignatureHeader,
};
use prost::Message;

use crate::block::{BlockError, decode};
use crate::identity::{Identity, SignError};
use crate::proposal::sha256;

/// As long as the nonces of Fabric's own clients.
const NONCE_LENGTH: usize = 24;

/// A change of a configuration, and who approves it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationUpdate {
    channel: String,
    update: Bytes,
    signatures: Vec<ConfigurationSignature>,
}

/// An administrator's approval of one update: the bytes of a `common.ConfigSignature`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationSignature(ConfigSignature);

/// What an administrator has to sign, for keys that are elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationToSign {
    header: Bytes,
    bytes: Bytes,
}

/// An approval cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The identity has no key; see [`ConfigurationUpdate::to_sign`].
    #[error("the identity has no key: have the bytes of `to_sign` signed where the key is")]
    NoKey,
    /// The key does not sign.
    #[error("the update cannot be signed")]
    Sign(#[source] SignError),
}

impl ConfigurationUpdate {
    pub(super) fn new(channel: &str, update: Bytes) -> Self {
        Self {
            channel: channel.to_owned(),
            update,
            signatures: Vec::new(),
        }
    }

    /// The channel that it changes.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The change itself: the bytes of a `common.ConfigUpdate`, which every signature is for.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.update
    }

    /// Who has approved it so far.
    #[must_use]
    pub fn signatures(&self) -> &[ConfigurationSignature] {
        &self.signatures
    }

    /// Approves it.
    ///
    /// # Errors
    ///
    /// [`ApprovalError`].
    pub async fn sign(&self, identity: &Identity) -> Result<ConfigurationSignature, ApprovalError> {
        let to_sign = self.to_sign(identity)?;
        match identity.sign(to_sign.bytes()).await {
            Some(Ok(signature)) => Ok(to_sign.with_signature(signature)),
            Some(Err(source)) => Err(ApprovalError::Sign(source)),
            None => Err(ApprovalError::NoKey),
        }
    }

    /// What this identity has to sign to approve it.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::Sign`] where the system gives no randomness.
    pub fn to_sign(&self, identity: &Identity) -> Result<ConfigurationToSign, ApprovalError> {
        let mut nonce = [0; NONCE_LENGTH];
        rand::fill(&mut nonce).map_err(|error| ApprovalError::Sign(SignError::new(error)))?;
        let header: Bytes = SignatureHeader {
            creator: identity.creator().clone(),
            nonce: Bytes::copy_from_slice(&nonce),
        }
        .encode_to_vec()
        .into();
        Ok(ConfigurationToSign {
            bytes: [&*header, &*self.update].concat().into(),
            header,
        })
    }

    /// Adds an approval. Whether it is one of this update and of use, the ordering service says.
    #[must_use]
    pub fn with_signature(mut self, signature: ConfigurationSignature) -> Self {
        self.signatures.push(signature);
        self
    }

    /// The update with its approvals, to be kept or sent on: the file that Fabric's
    /// `peer channel signconfigtx` and `peer channel update` take.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let header = ChannelHeader {
            r#type: HeaderType::ConfigUpdate.into(),
            channel_id: self.channel.clone(),
            ..Default::default()
        };
        self.envelope(&header, &SignatureHeader::default())
            .encode_to_vec()
            .into()
    }

    /// Reads such a file; who sends it on, if anybody signed for that, is left out.
    ///
    /// # Errors
    ///
    /// [`BlockError`] if it is none.
    pub fn from_bytes(bytes: &Bytes) -> Result<Self, BlockError> {
        let envelope: Envelope = decode("envelope", bytes)?;
        let payload: Payload = decode("payload", &envelope.payload)?;
        let found: ConfigUpdateEnvelope = decode("configuration update", &payload.data)?;
        let update: ConfigUpdate = decode("configuration update", &found.config_update)?;
        let signatures = found.signatures.into_iter().map(ConfigurationSignature);
        Ok(Self {
            channel: update.channel_id,
            update: found.config_update,
            signatures: signatures.collect(),
        })
    }

    /// The envelope that is broadcast, not signed yet.
    pub(in crate::admin) fn envelope(
        &self,
        header: &ChannelHeader,
        sender: &SignatureHeader,
    ) -> Envelope {
        let signatures = self.signatures.iter().map(|signature| signature.0.clone());
        let update = ConfigUpdateEnvelope {
            config_update: self.update.clone(),
            signatures: signatures.collect(),
        };
        let payload = Payload {
            header: Some(Header {
                channel_header: header.encode_to_vec().into(),
                signature_header: sender.encode_to_vec().into(),
            }),
            data: update.encode_to_vec().into(),
        };
        Envelope {
            payload: payload.encode_to_vec().into(),
            signature: Bytes::new(),
        }
    }
}

impl ConfigurationToSign {
    /// What is to be signed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of what is to be signed, for keys that sign digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.bytes)
    }

    /// The approval with a signature made elsewhere.
    #[must_use]
    pub fn with_signature(self, signature: impl Into<Bytes>) -> ConfigurationSignature {
        ConfigurationSignature(ConfigSignature {
            signature_header: self.header,
            signature: signature.into(),
        })
    }
}

impl ConfigurationSignature {
    /// To be sent to whoever collects approvals: a `common.ConfigSignature`.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.0.encode_to_vec().into()
    }

    /// Reads what [`ConfigurationSignature::to_bytes`] gives.
    ///
    /// # Errors
    ///
    /// [`BlockError`] if it is something else.
    pub fn from_bytes(bytes: &Bytes) -> Result<Self, BlockError> {
        decode("configuration signature", bytes).map(Self)
    }
}
