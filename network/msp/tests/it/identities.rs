//! Which certificates are members, and with which roles.

use std::time::SystemTime;

use fabric_msp::{IdentityError, Msp, MspError, Role};
use fabric_protos::msp::{FabricCryptoConfig, FabricOuIdentifier};
use rcgen::{
    CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, KeyIdMethod,
    RevocationReason, RevokedCertParams, SerialNumber,
};
use time::Duration;

use crate::certificates::{
    Authority, authority_params, config, member_for_usage, member_params, msp, msp_error, now,
};

fn refused(msp: &Msp, certificate_pem: &str) -> IdentityError {
    msp.identity_from_pem(certificate_pem.as_bytes())
        .unwrap_err()
}

fn roles(msp: &Msp, certificate_pem: &str) -> Vec<Role> {
    let roles = msp
        .identity_from_pem(certificate_pem.as_bytes())
        .unwrap()
        .roles();
    [
        Role::Member,
        Role::Client,
        Role::Peer,
        Role::Admin,
        Role::Orderer,
    ]
    .into_iter()
    .filter(|role| roles.contains(*role))
    .collect()
}

#[test]
fn unit_gives_the_role() {
    let root = Authority::root("ca");
    let msp = msp(&root);
    let cases = [
        ("client", Role::Client),
        ("peer", Role::Peer),
        ("admin", Role::Admin),
        ("orderer", Role::Orderer),
    ];
    for (unit, role) in cases {
        let certificate = root.issue(&member_params(&[unit, "sales"]));
        assert_eq!(roles(&msp, &certificate.pem()), [Role::Member, role]);
    }
}

#[test]
fn certificate_without_a_role_or_with_two_is_refused() {
    let root = Authority::root("ca");
    for units in [
        &["sales"][..],
        &[],
        &["client", "peer"],
        &["admin", "client"],
    ] {
        let certificate = root.issue(&member_params(units));
        let error = refused(&msp(&root), &certificate.pem());
        assert!(
            matches!(error, IdentityError::InvalidUnits { .. }),
            "{units:?}: {error}"
        );
    }
}

#[test]
fn without_node_units_every_certificate_is_a_member_and_admins_are_named() {
    let root = Authority::root("ca");
    let (admin, other) = (
        root.issue(&member_params(&["sales"])),
        root.issue(&member_params(&[])),
    );
    let mut config = config(&[&root], &[]);
    config.fabric_node_ous = None;
    config.admins = vec![admin.pem().into()];
    let msp = Msp::from_config(&config).unwrap();
    assert_eq!(roles(&msp, &admin.pem()), [Role::Member, Role::Admin]);
    assert_eq!(roles(&msp, &other.pem()), [Role::Member]);

    config.admins.clear();
    assert!(matches!(
        msp_error(&config),
        MspError::NoAdministrators { .. }
    ));
}

#[test]
fn certificate_of_another_authority_is_refused() {
    let (root, foreign) = (Authority::root("ca"), Authority::root("ca"));
    let certificate = foreign.issue(&member_params(&["client"]));
    let error = refused(&msp(&root), &certificate.pem());
    assert!(matches!(error, IdentityError::UnknownAuthority));
}

#[test]
fn certificate_with_a_changed_byte_is_refused() {
    let root = Authority::root("ca");
    let msp = msp(&root);
    let certificate = root.issue(&member_params(&["client"]));
    for position in 0..certificate.der().len() {
        let mut der = certificate.der().to_vec();
        der[position] ^= 1;
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", der));
        assert!(
            msp.identity_from_pem(pem.as_bytes()).is_err(),
            "byte {position}"
        );
    }
}

#[test]
fn authority_is_no_member() {
    let root = Authority::root("ca");
    let intermediate = root.intermediate("intermediate");
    for pem in [&root.pem, &intermediate.pem] {
        assert!(matches!(
            refused(&msp(&root), pem),
            IdentityError::NotMember { .. }
        ));
    }
}

#[test]
fn members_come_from_the_lowest_authority_only() {
    let root = Authority::root("ca");
    let intermediate = root.intermediate("intermediate");
    let msp = Msp::from_config(&config(&[&root], &[&intermediate])).unwrap();
    let params = member_params(&["client"]);

    assert_eq!(
        roles(&msp, &intermediate.issue(&params).pem()),
        [Role::Member, Role::Client]
    );
    let error = refused(&msp, &root.issue(&params).pem());
    assert!(matches!(error, IdentityError::NotMember { .. }));
}

#[test]
fn chain_longer_than_the_path_length_is_refused() {
    let root = Authority::root("ca");
    let mut params = authority_params("upper");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let upper = root.intermediate_with(params);
    let lower = upper.intermediate("lower");
    let msp = Msp::from_config(&config(&[&root], &[&upper, &lower])).unwrap();
    let certificate = lower.issue(&member_params(&["client"]));
    let error = refused(&msp, &certificate.pem());
    assert!(matches!(error, IdentityError::UnknownAuthority));
}

#[test]
fn two_chains_are_refused() {
    let (root, other) = (Authority::root("ca"), Authority::root("other"));
    let intermediate = root.intermediate("intermediate");
    let key = rcgen::KeyPair::from_pem(&intermediate.issuer.key().serialize_pem()).unwrap();
    let params = authority_params("intermediate");
    let crossed = params.signed_by(&key, &other.issuer).unwrap();
    let mut config = config(&[&root, &other], &[&intermediate]);
    config.intermediate_certs.push(crossed.pem().into());
    let msp = Msp::from_config(&config).unwrap();
    let error = refused(&msp, &intermediate.issue(&member_params(&["client"])).pem());
    assert!(
        matches!(error, IdentityError::InvalidChain { .. }),
        "{error}"
    );
}

#[test]
fn expired_certificate_is_valid_and_says_when_it_expired() {
    let root = Authority::root("ca");
    let mut params = member_params(&["client"]);
    params.not_before = now() - Duration::minutes(30);
    params.not_after = now() - Duration::minutes(10);
    let certificate = root.issue(&params);
    let identity = msp(&root)
        .identity_from_pem(certificate.pem().as_bytes())
        .unwrap();
    assert_eq!(identity.expires_at(), SystemTime::from(params.not_after));
    assert!(identity.expires_at() < SystemTime::now());
}

#[test]
fn certificate_from_before_its_authority_is_refused() {
    let root = Authority::root("ca");
    let mut params = member_params(&["client"]);
    params.not_before = now() - Duration::days(2);
    assert!(matches!(
        refused(&msp(&root), &root.issue(&params).pem()),
        IdentityError::UnknownAuthority
    ));
}

#[test]
fn revoked_certificate_is_refused() {
    let root = Authority::root("ca");
    let params = member_params(&["client"]);
    let certificate = root.issue(&params);
    let list = |authority: &Authority, serial_number: &[u8]| {
        let entry = RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial_number),
            revocation_time: now(),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: now(),
            next_update: now() + Duration::days(1),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: vec![entry],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&authority.issuer).unwrap()
    };
    let with_list = |list: &[u8]| {
        let mut config = config(&[&root], &[]);
        config.revocation_list = vec![list.to_vec().into()];
        Msp::from_config(&config).unwrap()
    };
    let revoking = list(&root, &[0x42, 0x17]);
    for msp in [
        with_list(revoking.pem().unwrap().as_bytes()),
        with_list(revoking.der()),
    ] {
        assert!(matches!(
            refused(&msp, &certificate.pem()),
            IdentityError::Revoked
        ));
    }
    let other_number = list(&root, &[0x42, 0x18]);
    let other_authority = list(&Authority::root("ca"), &[0x42, 0x17]);
    for msp in [
        with_list(other_number.der()),
        with_list(other_authority.der()),
    ] {
        msp.identity_from_pem(certificate.pem().as_bytes()).unwrap();
    }
}

#[test]
fn certificate_for_clients_only_is_refused_as_by_go() {
    let root = Authority::root("ca");
    let client_only = root.issue(&member_for_usage(ExtendedKeyUsagePurpose::ClientAuth));
    let server = root.issue(&member_for_usage(ExtendedKeyUsagePurpose::ServerAuth));
    assert!(matches!(
        refused(&msp(&root), &client_only.pem()),
        IdentityError::UnknownAuthority
    ));
    msp(&root)
        .identity_from_pem(server.pem().as_bytes())
        .unwrap();
}

#[test]
fn unit_of_another_certifier_gives_no_role() {
    let root = Authority::root("ca");
    let (sales, service) = (root.intermediate("sales"), root.intermediate("service"));
    let mut config = config(&[&root], &[&sales, &service]);
    let units = config.fabric_node_ous.as_mut().unwrap();
    units.admin_ou_identifier.as_mut().unwrap().certificate = sales.pem.clone().into();
    let msp = Msp::from_config(&config).unwrap();
    let params = member_params(&["admin"]);
    assert_eq!(
        roles(&msp, &sales.issue(&params).pem()),
        [Role::Member, Role::Admin]
    );
    let error = refused(&msp, &service.issue(&params).pem());
    assert!(matches!(error, IdentityError::InvalidUnits { .. }));
}

#[test]
fn where_units_are_listed_one_of_them_is_needed() {
    let root = Authority::root("ca");
    let mut config = config(&[&root], &[]);
    config.organizational_unit_identifiers = vec![FabricOuIdentifier {
        certificate: root.pem.clone().into(),
        organizational_unit_identifier: "sales".to_owned(),
    }];
    let msp = Msp::from_config(&config).unwrap();
    assert_eq!(
        roles(
            &msp,
            &root.issue(&member_params(&["client", "sales"])).pem()
        ),
        [Role::Member, Role::Client]
    );
    let error = refused(&msp, &root.issue(&member_params(&["client"])).pem());
    assert!(matches!(error, IdentityError::InvalidUnits { .. }));
}

#[test]
fn definitions_that_a_peer_refuses_are_refused() {
    let root = Authority::root("ca");
    let valid = config(&[&root], &[]);
    let member = root.issue(&member_params(&["client"])).pem();

    let mut empty = valid.clone();
    empty.root_certs.clear();
    assert!(matches!(msp_error(&empty), MspError::NoAuthority { .. }));

    let mut member_as_root = valid.clone();
    member_as_root.root_certs = vec![member.clone().into()];
    assert!(matches!(
        msp_error(&member_as_root),
        MspError::InvalidCertificate { place: "root", .. }
    ));

    let mut member_as_tls_root = valid.clone();
    member_as_tls_root.tls_root_certs = vec![member.into()];
    assert!(matches!(
        msp_error(&member_as_tls_root),
        MspError::InvalidCertificate {
            place: "TLS root",
            ..
        }
    ));

    let mut other_hash = valid.clone();
    other_hash.crypto_config = Some(FabricCryptoConfig {
        signature_hash_family: "SHA3".to_owned(),
        ..FabricCryptoConfig::default()
    });
    assert!(matches!(
        msp_error(&other_hash),
        MspError::UnsupportedHash { .. }
    ));

    let mut broken_list = valid;
    broken_list.revocation_list = vec![vec![0x30].into()];
    assert!(matches!(
        msp_error(&broken_list),
        MspError::InvalidRevocationList { .. }
    ));
}

#[test]
fn definition_with_the_unit_of_a_foreign_certifier_is_refused() {
    let mut unknown_certifier = config(&[&Authority::root("ca")], &[]);
    let units = unknown_certifier.fabric_node_ous.as_mut().unwrap();
    let foreign = Authority::root("foreign").pem;
    units.peer_ou_identifier.as_mut().unwrap().certificate = foreign.into();
    assert!(matches!(
        msp_error(&unknown_certifier),
        MspError::UnknownCertifier { .. }
    ));
}

#[test]
fn high_s_of_the_issuer_does_not_make_another_identity() {
    let root = Authority::root("ca");
    let msp = msp(&root);
    let params: CertificateParams = member_params(&["admin"]);
    // rcgen's signatures have a high S half of the time, so both kinds occur.
    for _ in 0..16 {
        let certificate = root.issue(&params);
        let identity = msp.identity_from_pem(certificate.pem().as_bytes()).unwrap();
        let again = msp
            .identity_from_pem(identity.certificate_pem().as_bytes())
            .unwrap();
        assert_eq!(identity.certificate(), again.certificate());
    }
}
