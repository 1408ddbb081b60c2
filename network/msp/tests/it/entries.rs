//! Where bytes that nobody vouches for enter this crate, each entry with examples of what it is
//! meant for. The property tests of `hostile.rs` and the fuzz targets of `fuzz/` run the same ones.
//! An entry panics where something that nobody signed is let in.

use std::sync::LazyLock;

use fabric_msp::{Msp, MspManager, Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::common::MspPrincipal;
use fabric_protos::msp::{FabricMspConfig, SerializedIdentity};
use prost::Message;

/// An entry.
pub(crate) struct Entry {
    /// The name of its fuzz target.
    pub(crate) name: &'static str,
    /// Takes any bytes.
    pub(crate) run: fn(&[u8]),
    /// Bytes of the kind that it is meant for.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All entries of this crate.
pub(crate) const ENTRIES: [Entry; 5] = [
    entry("identity", identity, identity_seeds),
    entry("certificate", certificate, certificate_seeds),
    entry("msp_config", msp_config, msp_config_seeds),
    entry("private_key", private_key, private_key_seeds),
    entry("signature", signature, signature_seeds),
];

const fn entry(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Entry {
    Entry { name, run, seeds }
}

static ORGANIZATION: LazyLock<Organization> =
    LazyLock::new(|| Organization::generate(&OrganizationSpec::peer(1)).unwrap());
static MSP: LazyLock<Msp> = LazyLock::new(|| ORGANIZATION.msp().unwrap());
static MANAGER: LazyLock<MspManager> =
    LazyLock::new(|| MspManager::new([ORGANIZATION.msp().unwrap()]));

fn user() -> &'static SigningIdentity {
    ORGANIZATION.member("User1").unwrap().identity()
}

fn pem(label: &str, content: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, content))
}

/// Bytes of a `SerializedIdentity`.
fn identity(data: &[u8]) {
    if let Ok(identity) = MANAGER.identity(data) {
        assert_eq!(identity.msp_id(), MSP.id());
        let _ = identity.expires_at();
        let _ = identity.certificate_pem();
    }
}

fn identity_seeds() -> Vec<Vec<u8>> {
    let of_another = SerializedIdentity {
        mspid: "Org2MSP".to_owned(),
        id_bytes: user().certificate_pem().as_bytes().to_vec().into(),
    };
    vec![user().serialized().to_vec(), of_another.encode_to_vec()]
}

/// A certificate in DER: only those that the organisation signed pass.
fn certificate(data: &[u8]) {
    let known = || {
        ORGANIZATION
            .members()
            .iter()
            .any(|member| member.identity().certificate() == data)
    };
    let verdict = MSP.identity_from_pem(pem("CERTIFICATE", data).as_bytes());
    assert!(verdict.is_err() || known());
    let _ = MSP.identity_from_pem(data);
}

fn certificate_seeds() -> Vec<Vec<u8>> {
    let members = ORGANIZATION.members().iter();
    members
        .map(|member| member.identity().certificate().to_vec())
        .collect()
}

/// The definition of an organisation.
fn msp_config(data: &[u8]) {
    let Ok(config) = FabricMspConfig::decode(data) else {
        return;
    };
    if let Ok(msp) = Msp::from_config(&config) {
        let _ = msp.identity(user().serialized());
        Msp::from_config(&msp.to_config()).unwrap();
    }
}

fn msp_config_seeds() -> Vec<Vec<u8>> {
    vec![MSP.to_config().encode_to_vec()]
}

/// A private key in DER.
fn private_key(data: &[u8]) {
    for label in ["PRIVATE KEY", "EC PRIVATE KEY"] {
        let key = pem(label, data);
        let _ = SigningIdentity::from_pem("Org1MSP", user().certificate_pem(), key);
    }
}

fn private_key_seeds() -> Vec<Vec<u8>> {
    let key = ORGANIZATION.member("User1").unwrap().private_key().expose();
    vec![pem::parse(key).unwrap().contents().to_vec()]
}

/// A signature of a message that nobody signs, and a principal.
fn signature(data: &[u8]) {
    let identity = MSP.identity(user().serialized()).unwrap();
    assert!(identity.verify(b"what nobody signs", data).is_err());
    if let Ok(principal) = MspPrincipal::decode(data) {
        let _ = identity.satisfies(&principal);
    }
}

fn signature_seeds() -> Vec<Vec<u8>> {
    let signature = user().sign(b"another message").unwrap();
    let principal = MspPrincipal {
        principal_classification: 0,
        principal: vec![0x0a, 7, b'O', b'r', b'g', b'1', b'M', b'S', b'P', 0x10, 3].into(),
    };
    vec![signature.to_vec(), principal.encode_to_vec()]
}
