//! Identities: names, attributes, keys.

use base64::Engine;
use fabric_contract_api_rust::{ClientIdentity, Creator, Failure, cid::IdentityError};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, Issuer, KeyPair};

const ATTRIBUTES_OID: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 1];

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

fn minter() -> DistinguishedName {
    name(&[
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "North Carolina"),
        (DnType::OrganizationName, "Hyperledger"),
        (DnType::OrganizationalUnitName, "client"),
        (DnType::CommonName, "minter"),
    ])
}

/// A certificate of a CA named as in Fabric's test network.
fn creator(subject: DistinguishedName, attributes: Option<&[u8]>) -> (Creator, KeyPair) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name = name(&[
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "North Carolina"),
        (DnType::LocalityName, "Durham"),
        (DnType::OrganizationName, "org1.example.com"),
        (DnType::CommonName, "ca.org1.example.com"),
    ]);
    let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    if let Some(json) = attributes {
        let extension = CustomExtension::from_oid_content(&ATTRIBUTES_OID, json.to_vec());
        params.custom_extensions.push(extension);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let creator = Creator {
        msp_id: "Org1MSP".to_owned(),
        certificate_pem: certificate.pem().into_bytes(),
    };
    (creator, key)
}

#[test]
fn the_client_id_has_three_spellings() {
    let (creator, _) = creator(minter(), None);
    let identity = ClientIdentity::of(&creator).unwrap();
    // As Fabric's ERC-20 sample prints it.
    let go = "eDUwOTo6Q049bWludGVyLE9VPWNsaWVudCxPPUh5cGVybGVkZ2VyLFNUPU5vcnRoIENhcm9saW5hLEM9VVM6OkNOPWNhLm9yZzEuZXhhbXBsZS5jb20sTz1vcmcxLmV4YW1wbGUuY29tLEw9RHVyaGFtLFNUPU5vcnRoIENhcm9saW5hLEM9VVM=";
    assert_eq!(identity.id_go(), go);
    let node = "x509::/C=US/ST=North Carolina/O=Hyperledger/OU=client/CN=minter::/C=US/ST=North Carolina/L=Durham/O=org1.example.com/CN=ca.org1.example.com";
    assert_eq!(identity.id_node(), node);
    let java = "x509::CN=minter, OU=client, O=Hyperledger, ST=North Carolina, C=US::CN=ca.org1.example.com, O=org1.example.com, L=Durham, ST=North Carolina, C=US";
    assert_eq!(identity.id_java(), java);
}

#[test]
fn special_characters_are_escaped_as_each_language_does() {
    let (creator, _) = creator(name(&[(DnType::CommonName, "#a, \"b\"/c/d ")]), None);
    let identity = ClientIdentity::of(&creator).unwrap();
    let go = base64::engine::general_purpose::STANDARD
        .decode(identity.id_go())
        .unwrap();
    let go = String::from_utf8(go).unwrap();
    assert!(
        go.starts_with("x509::CN=\\#a\\, \\\"b\\\"/c/d\\ ::"),
        "{go}"
    );
    assert!(
        identity
            .id_node()
            .starts_with("x509::/CN=#a, \"b\"\\/c/d ::")
    );
    assert!(
        identity
            .id_java()
            .starts_with("x509::CN=\"#a, \\\"b\\\"/c/d \"::")
    );
}

#[test]
fn attributes_and_units_are_read() {
    let json = br#"{"attrs":{"hf.Affiliation":"org1","role":"trader"}}"#;
    let (creator, _) = creator(minter(), Some(json));
    let identity = ClientIdentity::of(&creator).unwrap();
    assert_eq!(identity.msp_id(), "Org1MSP");
    assert_eq!(identity.attribute("role"), Some("trader"));
    assert_eq!(identity.attribute("absent"), None);
    assert_eq!(identity.require_attribute("role", "trader"), Ok(()));
    for (name, value) in [("role", "judge"), ("absent", "")] {
        let refused = identity.require_attribute(name, value).unwrap_err();
        let failure = Failure::from(refused);
        assert_eq!(
            (failure.status(), failure.code()),
            (403, "ATTRIBUTE_REQUIRED")
        );
    }
    assert_eq!(identity.certificate_der()[0], 0x30);
    assert_eq!(identity.attributes().len(), 2);
    assert!(identity.has_organizational_unit("client"));
    assert!(!identity.has_organizational_unit("admin"));
}

#[test]
fn the_key_hash_is_of_the_public_key_info() {
    use sha2::Digest;
    let (creator, key) = creator(minter(), None);
    let identity = ClientIdentity::of(&creator).unwrap();
    let expected: [u8; 32] =
        sha2::Sha256::digest(rcgen::PublicKeyData::subject_public_key_info(&key)).into();
    assert_eq!(identity.public_key_sha256(), expected);
    assert_eq!(identity.public_key_hash(), hex::encode(expected));
}

#[test]
fn attributes_of_another_shape_are_refused() {
    for json in [&b"not json"[..], b"{\"attrs\":[]}", b"\xff"] {
        let (creator, _) = creator(minter(), Some(json));
        let refused = ClientIdentity::of(&creator);
        assert!(
            matches!(refused, Err(IdentityError::Attributes { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    let pem =
        |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    for bytes in [
        String::new(),
        "x".to_owned(),
        pem(""),
        pem("AAAA"),
        pem("MIIB"),
    ] {
        let creator = Creator {
            msp_id: String::new(),
            certificate_pem: bytes.into_bytes(),
        };
        let refused = ClientIdentity::of(&creator);
        assert!(
            matches!(refused, Err(IdentityError::Certificate { .. })),
            "{refused:?}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_an_identity_or_refused(
        der in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
    ) {
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        let creator = Creator { msp_id: String::new(), certificate_pem: pem.into_bytes() };
        let _ = ClientIdentity::of(&creator);
    }
}
