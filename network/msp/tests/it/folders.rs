//! MSP folders in the variants that real networks have.

use std::fs;
use std::path::{Path, PathBuf};

use fabric_msp::{
    IdentityError, Msp, MspError, MspManager, Organization, OrganizationSpec, Role, SigningIdentity,
};
use tempfile::TempDir;

const MESSAGE: &[u8] = b"a message";

/// An MSP folder to put files into.
struct Folder {
    dir: TempDir,
}

impl Folder {
    fn new(certificate_pem: &str) -> Self {
        let folder = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        folder.put("signcerts/cert.pem", certificate_pem);
        folder
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(&self) -> Result<SigningIdentity, IdentityError> {
        SigningIdentity::from_msp_dir(self.dir.path(), "Org1MSP")
    }
}

fn organization() -> Organization {
    Organization::generate(&OrganizationSpec::peer(1)).unwrap()
}

fn cryptogen_user() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cryptogen/User1@org1.example.com/msp")
}

#[test]
fn folder_made_by_cryptogen_loads_signs_and_validates() {
    let signer = SigningIdentity::from_msp_dir(cryptogen_user(), "Org1MSP").unwrap();
    let signature = signer.sign(MESSAGE).unwrap();

    let manager = MspManager::new([Msp::from_dir(cryptogen_user(), "Org1MSP").unwrap()]);
    let identity = manager.identity(signer.serialized()).unwrap();
    identity.verify(MESSAGE, &signature).unwrap();
    assert!(identity.roles().contains(Role::Client));
    assert_eq!(identity.common_name(), "User1@org1.example.com");

    // The file's own bytes are what Fabric's other clients send.
    let file =
        fs::read_to_string(cryptogen_user().join("signcerts/User1@org1.example.com-cert.pem"));
    assert_eq!(signer.certificate_pem(), file.unwrap());
}

#[test]
fn key_of_any_name_is_found_among_others() {
    let (organization, other) = (organization(), organization());
    let user = organization.member("User1").unwrap();
    let folder = Folder::new(user.identity().certificate_pem());
    folder.put(
        "keystore/0123abcd_sk",
        other.member("User1").unwrap().private_key().expose(),
    );
    folder.put("keystore/README", "not a key");
    folder.put("keystore/server.pem", user.private_key().expose());
    folder.put(
        "keystore/..data/ignored",
        "a folder, as mounted secrets have",
    );
    assert_eq!(
        folder.load().unwrap().serialized(),
        user.identity().serialized()
    );
}

#[test]
fn sec1_key_after_its_parameters_loads() {
    // Written by OpenSSL 3 (`ecparam -genkey`), with a certificate issued for it here.
    let key = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIKR9ddfaT694NDa34XvdUeSRrjTDu+K3MJDujdZ0wwKMoAoGCCqGSM49\nAwEHoUQDQgAER0a+q1jpRvf9lPef1h5NCXkI6a6XHRJbyGHdkm2vkF8EZE4yfxKS\nN9cL+ZSdpY4ZGGRARLp7J0KnXh7ELnjPtg==\n-----END EC PRIVATE KEY-----\n";
    let root = crate::certificates::Authority::root("ca");
    let params = crate::certificates::member_params(&["client"]);
    let certificate = root.issue_for(&params, &OpensslP256).pem();
    let folder = Folder::new(&certificate);
    folder.put("keystore/key.pem", key);

    let signature = folder.load().unwrap().sign(MESSAGE).unwrap();

    let msp = crate::certificates::msp(&root);
    msp.identity_from_pem(certificate.as_bytes())
        .unwrap()
        .verify(MESSAGE, &signature)
        .unwrap();
}

struct OpensslP256;

impl rcgen::PublicKeyData for OpensslP256 {
    fn der_bytes(&self) -> &[u8] {
        static KEY: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            hex::decode("044746beab58e946f7fd94f79fd61e4d097908e9ae971d125bc861dd926daf905f04644e327f129237d70bf9949da58e1918644044ba7b2742a75e1ec42e78cfb6").unwrap()
        });
        &KEY
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

#[test]
fn key_of_another_certificate_is_refused() {
    let organization = organization();
    let (user, admin) = (
        organization.member("User1").unwrap(),
        organization.member("Admin").unwrap(),
    );
    let folder = Folder::new(user.identity().certificate_pem());
    folder.put("keystore/priv_sk", admin.private_key().expose());
    let error = folder.load().unwrap_err();
    assert!(
        matches!(error, IdentityError::KeyMismatch { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("User1@org1.example.com"),
        "{error}"
    );

    let error = SigningIdentity::from_pem(
        "Org1MSP",
        user.identity().certificate_pem(),
        admin.private_key().expose(),
    );
    assert!(matches!(error, Err(IdentityError::KeyMismatch { .. })));
}

#[test]
fn what_is_missing_in_a_folder_is_named() {
    let user = organization();
    let folder = Folder::new(user.member("User1").unwrap().identity().certificate_pem());
    assert!(
        matches!(folder.load(), Err(IdentityError::Unreadable { path, .. }) if path.ends_with("keystore"))
    );

    fs::create_dir(folder.dir.path().join("keystore")).unwrap();
    assert!(matches!(
        folder.load(),
        Err(IdentityError::Missing {
            expected: "private key",
            ..
        })
    ));

    folder.put("signcerts/cert.pem", "no certificate");
    assert!(matches!(
        folder.load(),
        Err(IdentityError::Missing {
            expected: "certificate",
            ..
        })
    ));

    let absent = Msp::from_dir(folder.dir.path(), "Org1MSP");
    assert!(matches!(absent, Err(MspError::Unreadable { path, .. }) if path.ends_with("cacerts")));
}

#[test]
fn encrypted_key_is_refused_with_advice() {
    let organization = organization();
    let folder = Folder::new(
        organization
            .member("User1")
            .unwrap()
            .identity()
            .certificate_pem(),
    );
    folder.put(
        "keystore/key.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let error = folder.load().unwrap_err().to_string();
    assert!(error.contains("decrypt it"), "{error}");
}

#[test]
fn debug_output_shows_no_key() {
    let organization = organization();
    let text = format!("{organization:?}");
    let key = organization.member("User1").unwrap().private_key().expose();
    let secret = key.lines().nth(1).unwrap();
    assert!(!text.contains(secret) && !text.contains("PRIVATE KEY-----"));
}
