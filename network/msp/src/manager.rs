//! The organisations of a channel: from the bytes of an identity to a validated identity.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use fabric_protos::msp::SerializedIdentity;
use prost::Message;

use crate::IdentityError;
use crate::certificate::Certificate;
use crate::identity::{Identity, moment};
use crate::msp::Msp;
use crate::pem_text::PEM_LENGTH_MAX;

/// Identities remembered in one generation; two are kept. A channel sees a few hundred creators
/// and endorsers at a time, and a thousand take about five megabytes.
const GENERATION_SIZE_MAX: usize = 1024;

/// A name of an organisation on top of the certificate.
const SERIALIZED_LENGTH_MAX: usize = PEM_LENGTH_MAX + 1024;

/// The organisations of one channel configuration. A new configuration gets a new manager.
#[derive(Debug)]
pub struct MspManager {
    msps: HashMap<String, Msp>,
    known: RwLock<Known>,
}

/// Validated identities by their serialized bytes, in two generations: when the young one is
/// full it becomes the old one, and what nobody asked for meanwhile is forgotten.
#[derive(Debug, Default)]
struct Known {
    young: HashMap<Box<[u8]>, Arc<Identity>>,
    old: HashMap<Box<[u8]>, Arc<Identity>>,
}

impl MspManager {
    /// A manager of these organisations; of two with the same name the last one counts.
    pub fn new(msps: impl IntoIterator<Item = Msp>) -> Self {
        let msps = msps
            .into_iter()
            .map(|msp| (msp.id().to_owned(), msp))
            .collect();
        Self {
            msps,
            known: RwLock::default(),
        }
    }

    /// The organisation of this name.
    #[must_use]
    pub fn msp(&self, msp_id: &str) -> Option<&Msp> {
        self.msps.get(msp_id)
    }

    /// All organisations, in no particular order.
    pub fn msps(&self) -> impl Iterator<Item = &Msp> {
        self.msps.values()
    }

    /// Validates the bytes of a `SerializedIdentity`: its organisation, chain, revocation and
    /// units. Identities seen lately are not validated again.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] says why it is refused.
    pub fn identity(&self, serialized: &[u8]) -> Result<Arc<Identity>, IdentityError> {
        if let Some(identity) = self.known(serialized) {
            return Ok(identity);
        }
        let SerializedIdentity { mspid, id_bytes } = decode(serialized)?;
        let msp = self
            .msps
            .get(&mspid)
            .ok_or(IdentityError::UnknownMsp(mspid))?;
        let identity = Arc::new(msp.identity_from_pem(&id_bytes)?);
        self.remember(serialized, &identity);
        Ok(identity)
    }

    /// When the certificate of an identity expires, whether or not an organisation here issued it.
    /// None where there is no certificate to be read.
    #[must_use]
    pub fn expires_at(&self, serialized: &[u8]) -> Option<SystemTime> {
        if let Some(identity) = self.known(serialized) {
            return Some(identity.expires_at());
        }
        let identity = decode(serialized).ok()?;
        let certificate = Certificate::from_pem(&identity.id_bytes).ok()?;
        Some(moment(certificate.not_after))
    }

    fn known(&self, serialized: &[u8]) -> Option<Arc<Identity>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = known.young.get(serialized) {
            return Some(Arc::clone(identity));
        }
        let identity = Arc::clone(known.old.get(serialized)?);
        drop(known);
        self.remember(serialized, &identity);
        Some(identity)
    }

    fn remember(&self, serialized: &[u8], identity: &Arc<Identity>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.young.len() >= GENERATION_SIZE_MAX {
            known.old = mem::take(&mut known.young);
        }
        known.young.insert(serialized.into(), Arc::clone(identity));
    }
}

/// Reads a `SerializedIdentity` of bounded size.
pub(crate) fn decode(serialized: &[u8]) -> Result<SerializedIdentity, IdentityError> {
    if serialized.len() > SERIALIZED_LENGTH_MAX {
        return Err(IdentityError::TooLong {
            length: serialized.len(),
            length_max: SERIALIZED_LENGTH_MAX,
        });
    }
    SerializedIdentity::decode(serialized).map_err(IdentityError::NotSerializedIdentity)
}
