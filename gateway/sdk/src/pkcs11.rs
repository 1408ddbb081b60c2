//! Keys in a hardware module, by PKCS#11. The key never leaves the module; it sees digests alone.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::identity::{SignError, Signer};
use crate::proposal::sha256;

/// Signatures that a key makes at once, unless told otherwise: modules have few sessions.
const SESSIONS: usize = 8;

/// How a key is found in its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyName {
    /// By its label (`CKA_LABEL`).
    Label(String),
    /// By its id (`CKA_ID`).
    Id(Vec<u8>),
}

/// Where a key is. The PIN shows in no log.
#[derive(Clone)]
pub struct Pkcs11Settings {
    library: PathBuf,
    token_label: String,
    pin: AuthPin,
    key: KeyName,
    sessions: usize,
}

/// An ECDSA key on P-256 or P-384 in a hardware module. Cheap to clone.
#[derive(Clone)]
pub struct Pkcs11Key(Arc<Key>);

struct Key {
    module: Pkcs11,
    slot: Slot,
    settings: Pkcs11Settings,
    idle: Mutex<Vec<Opened>>,
    places: Arc<Semaphore>,
    /// The login lasts as long as any session; this one is never given away.
    _login: Mutex<Opened>,
}

struct Opened {
    session: Session,
    key: ObjectHandle,
}

/// A key in a hardware module cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// The module refused or cannot be loaded.
    #[error("the PKCS#11 module {} refused", library.display())]
    Module {
        /// Its library.
        library: PathBuf,
        /// Its reason.
        #[source]
        source: ModuleError,
    },
    /// No token has the label.
    #[error("no token is labelled {label}; `pkcs11-tool --list-slots` shows those that are there")]
    NoToken {
        /// The label.
        label: String,
    },
    /// No private key has the name, or several have.
    #[error("{found} private keys of the token are named {key:?}; there must be one")]
    NoKey {
        /// What was looked for.
        key: KeyName,
        /// How many there are.
        found: usize,
    },
    /// What the module returned is no signature.
    #[error("the module returned {length} bytes, which are no ECDSA signature on P-256 or P-384")]
    NoSignature {
        /// Their number.
        length: usize,
    },
}

impl Pkcs11Settings {
    /// A key by the module's library, the token's label, the user's PIN, and its name.
    pub fn new(
        library: impl Into<PathBuf>,
        token_label: impl Into<String>,
        pin: impl Into<String>,
        key: KeyName,
    ) -> Self {
        Self {
            library: library.into(),
            token_label: token_label.into(),
            pin: AuthPin::new(pin.into().into()),
            key,
            sessions: SESSIONS,
        }
    }

    /// Makes up to so many signatures at once; 8 without this.
    #[must_use]
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions.max(1);
        self
    }

    fn refused(&self, source: ModuleError) -> Pkcs11Error {
        Pkcs11Error::Module {
            library: self.library.clone(),
            source,
        }
    }
}

impl fmt::Debug for Pkcs11Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pkcs11Settings")
            .field("library", &self.library)
            .field("token_label", &self.token_label)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Pkcs11Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(formatter)
    }
}

impl Pkcs11Key {
    /// Loads the module, logs in and finds the key. It blocks as long as the module does.
    ///
    /// # Errors
    ///
    /// [`Pkcs11Error`] for whatever is not there or not allowed.
    pub fn open(settings: Pkcs11Settings) -> Result<Self, Pkcs11Error> {
        let refused = |source| settings.refused(source);
        let module = Pkcs11::new(&settings.library).map_err(refused)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another key of the same module is in use here.
            Ok(()) | Err(ModuleError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(source) => return Err(settings.refused(source)),
        }
        let slot = slot(&module, &settings)?;
        let login = Mutex::new(open(&module, slot, &settings)?);
        Ok(Self(Arc::new(Key {
            module,
            slot,
            places: Arc::new(Semaphore::new(settings.sessions)),
            settings,
            idle: Mutex::default(),
            _login: login,
        })))
    }

    /// Signs a SHA-256 digest: low S, in DER. It blocks as long as the module does.
    ///
    /// # Errors
    ///
    /// [`Pkcs11Error`] if the module does not sign. A session that the module has closed is opened again.
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Result<Bytes, Pkcs11Error> {
        let idle = self.idle().pop();
        let halves = match idle.map(|opened| self.sign_with(opened, digest)) {
            Some(Ok(halves)) => halves,
            // The session may have been closed since: once more, with a new one.
            Some(Err(_)) | None => {
                let opened = open(&self.0.module, self.0.slot, &self.0.settings)?;
                self.sign_with(opened, digest)?
            }
        };
        fabric_msp::low_s_signature(&halves).ok_or(Pkcs11Error::NoSignature {
            length: halves.len(),
        })
    }

    fn sign_with(&self, opened: Opened, digest: &[u8; 32]) -> Result<Vec<u8>, Pkcs11Error> {
        let signed = opened.session.sign(&Mechanism::Ecdsa, opened.key, digest);
        let halves = signed.map_err(|source| self.0.settings.refused(source))?;
        self.idle().push(opened);
        Ok(halves)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Opened>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signer for Pkcs11Key {
    fn sign<'a>(&'a self, message: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SignError>> {
        let digest = sha256(message);
        Box::pin(async move {
            let place = Arc::clone(&self.0.places).acquire_owned().await;
            let place = place.map_err(SignError::new)?;
            let key = self.clone();
            // The module may take its time: not on a thread that serves others. If nobody waits for
            // the signature any more, the session goes back all the same.
            let signing = tokio::task::spawn_blocking(move || {
                let signature = key.sign_digest(&digest);
                drop(place);
                signature
            });
            signing
                .await
                .map_err(SignError::new)?
                .map_err(SignError::new)
        })
    }
}

fn slot(module: &Pkcs11, settings: &Pkcs11Settings) -> Result<Slot, Pkcs11Error> {
    let slots = module
        .get_slots_with_token()
        .map_err(|source| settings.refused(source))?;
    let named = slots.into_iter().find(|slot| {
        let token = module.get_token_info(*slot);
        token.is_ok_and(|token| token.label().trim_end() == settings.token_label)
    });
    named.ok_or_else(|| Pkcs11Error::NoToken {
        label: settings.token_label.clone(),
    })
}

fn open(module: &Pkcs11, slot: Slot, settings: &Pkcs11Settings) -> Result<Opened, Pkcs11Error> {
    let refused = |source| settings.refused(source);
    let session = module.open_ro_session(slot).map_err(refused)?;
    match session.login(UserType::User, Some(&settings.pin)) {
        Ok(()) | Err(ModuleError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(source) => return Err(settings.refused(source)),
    }
    let name = match &settings.key {
        KeyName::Label(label) => Attribute::Label(label.clone().into_bytes()),
        KeyName::Id(id) => Attribute::Id(id.clone()),
    };
    let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), name];
    let keys = session.find_objects(&template).map_err(refused)?;
    match keys.as_slice() {
        [key] => Ok(Opened { key: *key, session }),
        _ => Err(Pkcs11Error::NoKey {
            key: settings.key.clone(),
            found: keys.len(),
        }),
    }
}
