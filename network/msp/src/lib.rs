//! Who may act on a Fabric network: X.509 identities, the organisations that vouch for them, and
//! the folders in which both are kept.
//!
//! - [`SigningIdentity`] loads an MSP folder and signs (ECDSA P-256 or P-384 over SHA-256
//!   with low S, or Ed25519).
//! - [`Msp`] is an organisation's definition, from a folder or from a channel's configuration.
//! - [`MspManager`] turns the bytes of a `SerializedIdentity` into a validated [`Identity`].
//! - [`Organization`] generates organisations; [`layout`] names the files they are kept in.
//!
//! The rules are those of Fabric's X.509 provider (`msp/mspimpl*.go`), as channels with the
//! capability `V1_4_3` or newer apply them. The crate never opens a connection. All that it keeps
//! beside what callers hold is a bounded memory of signatures that verified, one for the process.
//!
//! ```
//! use fabric_msp::{MspManager, Organization, OrganizationSpec};
//!
//! let organization = Organization::generate(&OrganizationSpec::peer(1))?;
//! let user = organization.member("User1").ok_or("no such member")?.identity();
//! let signature = user.sign(b"a message")?;
//!
//! let channel = MspManager::new([organization.msp()?]);
//! let signer = channel.identity(user.serialized())?;
//! signer.verify(b"a message", &signature)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod certificate;
mod certificate_der;
mod chain;
mod der;
mod ecdsa_signature;
mod error;
mod identity;
pub mod layout;
mod manager;
mod msp;
mod msp_config_file;
mod msp_folder;
mod node_units;
mod organization;
mod pem_text;
mod principal;
mod private_key;
mod public_key;
mod revocation;
mod role;
mod signature_memory;
mod signing_identity;

pub use ecdsa_signature::low_s_signature;
pub use error::{IdentityError, MspError, OrganizationError};
pub use identity::Identity;
pub use manager::MspManager;
pub use msp::Msp;
pub use organization::{
    Member, NodeSpec, Organization, OrganizationKind, OrganizationSpec, PrivateKeyPem, TlsMaterial,
};
pub use role::{Role, Roles};
pub use signing_identity::SigningIdentity;
