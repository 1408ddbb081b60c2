//! Organisations and signatures that a seed determines.

use std::collections::BTreeSet;

use fabric_msp::{MspManager, Organization, OrganizationSpec, SigningIdentity};
use x509_parser::prelude::{FromDer, X509Certificate};

fn organization(seed: &str) -> Organization {
    let spec = OrganizationSpec::peer(1).with_peers(2).seeded(seed);
    Organization::generate(&spec).unwrap()
}

fn files(organization: &Organization) -> Vec<String> {
    let mut files = vec![
        organization.authority_pem().to_owned(),
        organization.tls_authority_pem().to_owned(),
    ];
    for member in organization.members() {
        files.push(member.identity().certificate_pem().to_owned());
        files.push(member.private_key().expose().to_owned());
        files.push(member.tls().certificate_pem.clone());
        files.push(member.tls().private_key.expose().to_owned());
    }
    files
}

#[test]
fn one_seed_makes_one_organisation() {
    let (first, second) = (files(&organization("a")), files(&organization("a")));
    assert_eq!(first, second);
    let distinct: BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len(), "every key is used once");
}

#[test]
fn another_seed_or_name_makes_other_keys() {
    let second = OrganizationSpec::peer(2).with_peers(2).seeded("a");
    let others = [
        files(&organization("b")),
        files(&Organization::generate(&second).unwrap()),
    ];
    let first: BTreeSet<_> = files(&organization("a")).into_iter().collect();
    for other in others {
        assert!(other.iter().all(|file| !first.contains(file)));
    }
}

#[test]
fn seeded_members_are_valid_and_their_serial_numbers_differ() {
    let organization = organization("a");
    let manager = MspManager::new([organization.msp().unwrap()]);
    let mut serials = BTreeSet::new();
    for member in organization.members() {
        let identity = member.identity();
        let known = manager.identity(identity.serialized()).unwrap();
        let signature = identity.sign(b"message").unwrap();
        known.verify(b"message", &signature).unwrap();
        let (_, certificate) = X509Certificate::from_der(identity.certificate()).unwrap();
        serials.insert(certificate.raw_serial().to_vec());
    }
    assert_eq!(serials.len(), organization.members().len());
}

#[test]
fn repeatable_signatures_repeat_and_others_do_not() {
    let organization = Organization::generate(&OrganizationSpec::peer(1)).unwrap();
    let user = organization.member("User1").unwrap().identity().clone();
    let again = user.repeatable().unwrap();
    let digest = [7; 32];

    let sign = |identity: &SigningIdentity| identity.sign(b"message").unwrap();
    assert_ne!(sign(&user), sign(&user));
    assert_eq!(sign(&again), sign(&again));
    assert_eq!(
        again.sign_digest(&digest).unwrap(),
        again.sign_digest(&digest).unwrap()
    );
    assert_eq!(again.serialized(), user.serialized());
    let manager = MspManager::new([organization.msp().unwrap()]);
    let known = manager.identity(user.serialized()).unwrap();
    known.verify(b"message", &sign(&again)).unwrap();
    known.verify(b"another", &sign(&again)).unwrap_err();
}
