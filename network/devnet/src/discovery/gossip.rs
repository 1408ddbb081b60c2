//! What peers tell each other of themselves, signed as they sign it, for clients that look into it.
//!
//! Source: `gossip/discovery`, `gossip/gossip/channel`, `internal/pkg/peer/gossip`.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_msp::SigningIdentity;
use fabric_protos::{
    discovery,
    gossip::{
        AliveMessage, Chaincode, Envelope, GossipMessage, Member as Endpoint, PeerTime, Properties,
        StateInfo,
        gossip_message::{Content, Tag},
    },
    msp::SerializedIdentity,
};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::member::Member;
use crate::{peer::Peer, storage::StorageError};

/// Why a peer cannot tell of itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GossipError {
    #[error("the ledger cannot be read")]
    Storage(#[from] StorageError),
    #[error("the peer cannot sign")]
    Signing(#[from] fabric_msp::IdentityError),
}

/// A peer of a channel, with its address, its height and its chaincodes.
pub(crate) fn member(member: &Member, channel: &str) -> Result<discovery::Peer, GossipError> {
    let signer = member.peer.signer();
    let info = state_info(member, channel)?;
    Ok(discovery::Peer {
        state_info: Some(seal(signer, Tag::ChanOrOrg, Content::StateInfo(info))?),
        ..peer(&member.peer)?
    })
}

/// A peer with its address.
pub(crate) fn peer(peer: &Peer) -> Result<discovery::Peer, GossipError> {
    let signer = peer.signer();
    let alive = AliveMessage {
        membership: Some(Endpoint {
            endpoint: peer.address().to_owned(),
            metadata: Bytes::new(),
            pki_id: pki_id(signer),
        }),
        timestamp: Some(now()),
        identity: Bytes::new(),
    };
    Ok(discovery::Peer {
        state_info: None,
        membership_info: Some(seal(signer, Tag::Empty, Content::AliveMsg(alive))?),
        identity: signer.serialized().clone(),
    })
}

fn state_info(member: &Member, channel: &str) -> Result<StateInfo, GossipError> {
    let id = pki_id(member.peer.signer());
    let chaincodes = member.chaincodes()?.into_iter();
    Ok(StateInfo {
        timestamp: Some(now()),
        channel_mac: sha256(&[&id, channel.as_bytes()]),
        pki_id: id,
        properties: Some(Properties {
            ledger_height: member.height,
            left_channel: false,
            chaincodes: chaincodes
                .map(|(name, sequence)| Chaincode {
                    name,
                    version: sequence.to_string(),
                    metadata: Bytes::new(),
                })
                .collect(),
        }),
    })
}

fn seal(
    signer: &SigningIdentity,
    tag: Tag,
    content: Content,
) -> Result<Envelope, fabric_msp::IdentityError> {
    let message = GossipMessage {
        nonce: 0,
        channel: Bytes::new(),
        tag: tag.into(),
        content: Some(content),
    };
    let payload: Bytes = message.encode_to_vec().into();
    Ok(Envelope {
        signature: signer.sign(&payload)?,
        payload,
        secret_envelope: None,
    })
}

/// The hash by which gossip knows a peer.
fn pki_id(signer: &SigningIdentity) -> Bytes {
    let identity = SerializedIdentity::decode(signer.serialized().clone()).unwrap_or_default();
    sha256(&[identity.mspid.as_bytes(), &identity.id_bytes])
}

fn sha256(parts: &[&[u8]]) -> Bytes {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec().into()
}

/// Fabric counts both from the start of the peer; clients look at neither.
fn now() -> PeerTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = since.unwrap_or_default().as_nanos();
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
    PeerTime {
        inc_num: nanoseconds,
        seq_num: nanoseconds,
    }
}
