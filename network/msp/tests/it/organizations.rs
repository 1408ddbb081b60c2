//! Generated organisations: their tree, their certificates, and that they load again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fabric_msp::{
    Msp, MspManager, NodeSpec, Organization, OrganizationError, OrganizationSpec, Role,
    SigningIdentity, layout,
};
use fabric_protos::msp::FabricMspConfig;
use prost::Message;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What `cryptogen generate` of Fabric 3.1.5 makes for one peer and one user, folders included
/// where they are empty.
const PEER_TREE: &str = include_str!("cryptogen_peer_tree.txt");
/// The same for the orderer's organisation.
const ORDERER_TREE: &str = include_str!("cryptogen_orderer_tree.txt");

fn tree(dir: &Path) -> Vec<String> {
    let mut open = vec![dir.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        if entries.is_empty() {
            found.push(folder);
        }
        let (folders, files) = entries
            .into_iter()
            .partition::<Vec<_>, _>(|path| path.is_dir());
        open.extend(folders);
        found.extend(files);
    }
    let mut names: Vec<_> = found
        .iter()
        .map(|path| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn generated(spec: &OrganizationSpec) -> (tempfile::TempDir, Organization) {
    let organizations = tempfile::tempdir().unwrap();
    let organization = Organization::generate(spec).unwrap();
    organization.write_to(organizations.path()).unwrap();
    (organizations, organization)
}

#[test]
fn trees_are_those_of_cryptogen() {
    for (spec, expected) in [
        (OrganizationSpec::peer(1), PEER_TREE),
        (OrganizationSpec::orderer(), ORDERER_TREE),
    ] {
        let (organizations, _) = generated(&spec);
        let expected: Vec<_> = expected.lines().collect();
        assert_eq!(tree(organizations.path()), expected);
    }
}

#[test]
fn config_file_is_that_of_cryptogen() {
    let (organizations, _) = generated(&OrganizationSpec::peer(1));
    let ours =
        fs::read(layout::user_msp(organizations.path(), 1, "User1").join("config.yaml")).unwrap();
    let theirs = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cryptogen/User1@org1.example.com/msp/config.yaml");
    assert_eq!(ours, fs::read(theirs).unwrap());
}

#[test]
fn every_folder_loads_with_its_role() {
    let (organizations, _) = generated(&OrganizationSpec::peer(2).with_peers(2).with_users(3));
    let dir = organizations.path();
    let manager =
        MspManager::new([Msp::from_dir(layout::organization_msp(dir, 2), "Org2MSP").unwrap()]);
    let cases = [
        (layout::peer_msp(dir, 2, 0), Role::Peer),
        (layout::peer_msp(dir, 2, 1), Role::Peer),
        (layout::user_msp(dir, 2, "Admin"), Role::Admin),
        (layout::user_msp(dir, 2, "User1"), Role::Client),
        (layout::user_msp(dir, 2, "User3"), Role::Client),
    ];
    for (folder, role) in cases {
        let signer = SigningIdentity::from_msp_dir(&folder, "Org2MSP").unwrap();
        let identity = manager.identity(signer.serialized()).unwrap();
        assert!(identity.roles().contains(role), "{}", folder.display());
        assert_eq!(identity.expires_at(), signer.expires_at());
        identity
            .verify(b"a message", &signer.sign(b"a message").unwrap())
            .unwrap();
    }
}

#[test]
fn orderer_folder_loads_with_its_role() {
    let (organizations, _) = generated(&OrganizationSpec::orderer());
    let dir = organizations.path();
    let msp = Msp::from_dir(layout::orderer_organization_msp(dir), "OrdererMSP").unwrap();
    let orderer = SigningIdentity::from_msp_dir(layout::orderer_msp(dir), "OrdererMSP").unwrap();
    let admin = SigningIdentity::from_msp_dir(layout::orderer_user_msp(dir, "Admin"), "OrdererMSP")
        .unwrap();
    assert!(
        msp.identity(orderer.serialized())
            .unwrap()
            .roles()
            .contains(Role::Orderer)
    );
    assert!(
        msp.identity(admin.serialized())
            .unwrap()
            .roles()
            .contains(Role::Admin)
    );
}

#[test]
fn definition_is_the_same_from_memory_folder_and_bytes() {
    let (organizations, organization) = generated(&OrganizationSpec::peer(1));
    let from_memory = organization.msp().unwrap();
    let from_dir = Msp::from_dir(layout::peer_msp(organizations.path(), 1, 0), "Org1MSP").unwrap();
    assert_eq!(from_memory.to_config(), from_dir.to_config());
    let bytes = from_dir.to_msp_config().config;
    let decoded = FabricMspConfig::decode(bytes).unwrap();
    assert_eq!(
        Msp::from_config(&decoded).unwrap().to_config(),
        from_dir.to_config()
    );
    assert_eq!(from_dir.tls_authorities().count(), 1);
}

#[test]
fn server_certificate_serves_this_machine() {
    let (organizations, _) = generated(&OrganizationSpec::peer(1));
    let text = fs::read(layout::peer_tls(organizations.path(), 1, 0).join("server.crt")).unwrap();
    let block = pem::parse(text).unwrap();
    let (_, certificate) = X509Certificate::from_der(block.contents()).unwrap();
    let names = certificate.subject_alternative_name().unwrap().unwrap();
    let names: Vec<_> = names
        .value
        .general_names
        .iter()
        .map(|name| match name {
            GeneralName::DNSName(name) => (*name).to_owned(),
            GeneralName::IPAddress(address) => hex::encode(address),
            other => panic!("{other:?}"),
        })
        .collect();
    let loopback_6 = "00000000000000000000000000000001";
    assert_eq!(
        names,
        [
            "peer0.org1.example.com",
            "peer0",
            "localhost",
            "7f000001",
            loopback_6
        ]
    );
    let usage = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.server_auth && usage.client_auth);
    let key_usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(key_usage.digital_signature() && key_usage.key_encipherment());
}

#[test]
fn certificates_are_those_of_cryptogen_but_for_keys_and_dates() {
    let (organizations, _) = generated(&OrganizationSpec::peer(1));
    let ours = layout::user_msp(organizations.path(), 1, "User1");
    let theirs =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cryptogen/User1@org1.example.com/msp");
    for file in [
        "cacerts/ca.org1.example.com-cert.pem",
        "tlscacerts/tlsca.org1.example.com-cert.pem",
        "signcerts/User1@org1.example.com-cert.pem",
    ] {
        assert_eq!(shape(&ours.join(file)), shape(&theirs.join(file)), "{file}");
    }
}

/// A certificate without what differs between keys.
#[derive(Debug, PartialEq)]
struct Shape {
    subject: String,
    issuer: String,
    lifetime_seconds: i64,
    /// Object identifier, whether critical, content.
    extensions: Vec<(String, bool, Vec<u8>)>,
}

fn shape(path: &Path) -> Shape {
    let block = pem::parse(fs::read(path).unwrap()).unwrap();
    let (_, certificate) = X509Certificate::from_der(block.contents()).unwrap();
    let lifetime_seconds = certificate.validity().not_after.timestamp()
        - certificate.validity().not_before.timestamp();
    let mut extensions: Vec<_> = certificate
        .extensions()
        .iter()
        .map(|extension| {
            let is_key_id =
                ["2.5.29.14", "2.5.29.35"].contains(&extension.oid.to_id_string().as_str());
            let value = if is_key_id {
                vec![0; extension.value.len()]
            } else {
                extension.value.to_vec()
            };
            (extension.oid.to_id_string(), extension.critical, value)
        })
        .collect();
    extensions.sort();
    Shape {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        lifetime_seconds,
        extensions,
    }
}

#[cfg(unix)]
#[test]
fn private_keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (organizations, _) = generated(&OrganizationSpec::peer(1));
    let files = tree(organizations.path());
    let keys = files
        .iter()
        .filter(|name| name.ends_with("_sk") || name.ends_with(".key"));
    let modes: Vec<_> = keys
        .map(|name| {
            organizations
                .path()
                .join(name)
                .metadata()
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        })
        .collect();
    assert_eq!(modes, [0o600; 8]);
}

#[test]
fn existing_organisation_is_not_overwritten() {
    let (organizations, organization) = generated(&OrganizationSpec::peer(1));
    let error = organization.write_to(organizations.path()).unwrap_err();
    assert!(matches!(error, OrganizationError::AlreadyExists { .. }));
}

#[test]
fn dates_of_the_specification_are_those_of_the_certificates() {
    let not_before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_020);
    let spec = OrganizationSpec {
        not_before,
        not_after: not_before + Duration::from_secs(600),
        ..OrganizationSpec::peer(1)
    };
    let organization = Organization::generate(&spec).unwrap();
    let user = organization.member("User1").unwrap().identity();
    assert_eq!(user.expires_at(), spec.not_after);
    organization
        .msp()
        .unwrap()
        .identity(user.serialized())
        .unwrap();
}

#[test]
fn names_that_lead_out_of_their_folder_are_refused() {
    let domain = |domain: &str| OrganizationSpec {
        domain: domain.to_owned(),
        ..OrganizationSpec::peer(1)
    };
    let host = OrganizationSpec {
        nodes: vec![NodeSpec::local("../peer0")],
        ..OrganizationSpec::peer(1)
    };
    let backwards = OrganizationSpec {
        not_after: SystemTime::UNIX_EPOCH,
        ..OrganizationSpec::peer(1)
    };
    for spec in [
        domain("../x"),
        domain(""),
        domain("a..b"),
        domain("a/b"),
        domain(&"a".repeat(51)),
        host,
        backwards,
    ] {
        let error = Organization::generate(&spec).unwrap_err();
        assert!(
            matches!(error, OrganizationError::InvalidSpec { .. }),
            "{spec:?}"
        );
    }
}

#[test]
fn paths_are_those_of_the_samples() {
    let cases = [
        (
            layout::user_msp("o", 1, "User1"),
            "o/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp",
        ),
        (
            layout::user_tls("o", 1, "Admin"),
            "o/peerOrganizations/org1.example.com/users/Admin@org1.example.com/tls",
        ),
        (
            layout::peer_msp("o", 2, 1),
            "o/peerOrganizations/org2.example.com/peers/peer1.org2.example.com/msp",
        ),
        (
            layout::peer_tls_ca("o", 1, 0),
            "o/peerOrganizations/org1.example.com/peers/peer0.org1.example.com/tls/ca.crt",
        ),
        (
            layout::organization_msp("o", 1),
            "o/peerOrganizations/org1.example.com/msp",
        ),
        (
            layout::orderer_msp("o"),
            "o/ordererOrganizations/example.com/orderers/orderer.example.com/msp",
        ),
        (
            layout::orderer_tls_ca("o"),
            "o/ordererOrganizations/example.com/orderers/orderer.example.com/tls/ca.crt",
        ),
        (
            layout::orderer_user_msp("o", "Admin"),
            "o/ordererOrganizations/example.com/users/Admin@example.com/msp",
        ),
        (
            layout::orderer_user_tls("o", "Admin"),
            "o/ordererOrganizations/example.com/users/Admin@example.com/tls",
        ),
        (
            layout::orderer_organization_msp("o"),
            "o/ordererOrganizations/example.com/msp",
        ),
        (
            layout::OrganizationLayout::peer("o", 1).tls_ca_certificate(),
            "o/peerOrganizations/org1.example.com/tlsca/tlsca.org1.example.com-cert.pem",
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(path, Path::new(expected));
    }
}

#[test]
fn hosts_are_those_of_the_samples() {
    assert_eq!(layout::peer_host(1, 0), "peer0.org1.example.com");
    assert_eq!(layout::orderer_host(), "orderer.example.com");
}

#[test]
fn client_enrolled_later_is_known_even_when_its_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let spec = OrganizationSpec::peer(1);
    let organization = Organization::generate(&spec).unwrap();
    let layout = organization.write_to(dir.path()).unwrap();
    let key = std::fs::read_to_string(layout.ca().join("priv_sk")).unwrap();
    let dates = OrganizationSpec {
        not_before: spec.not_before,
        not_after: spec.not_before + Duration::from_secs(60),
        ..spec
    };

    let late = Organization::enroll(&key, &dates, "Late").unwrap();

    let msps = MspManager::new([organization.msp().unwrap()]);
    let known = msps.identity(late.serialized()).unwrap();
    let message = b"message";
    known.verify(message, &late.sign(message).unwrap()).unwrap();
    assert!(known.expires_at() < SystemTime::now());
    assert!(Organization::enroll("no key", &dates, "Late").is_err());
}
