//! Every kind of principal, met and missed.

use fabric_msp::{Identity, IdentityError, Msp, Organization, OrganizationSpec};
use fabric_protos::common::msp_identity_anonymity::MspIdentityAnonymityType;
use fabric_protos::common::msp_principal::Classification;
use fabric_protos::common::msp_role::MspRoleType;
use fabric_protos::common::{
    CombinedPrincipal, MspIdentityAnonymity, MspPrincipal, MspRole, OrganizationUnit,
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::certificates::{Authority, config, member_params, serialized};

struct Setup {
    root: Authority,
    msp: Msp,
}

impl Setup {
    fn new() -> Self {
        let root = Authority::root("ca");
        let msp = Msp::from_config(&config(&[&root], &[])).unwrap();
        Self { root, msp }
    }

    fn member(&self, units: &[&str]) -> Identity {
        let certificate = self.root.issue(&member_params(units));
        self.msp
            .identity_from_pem(certificate.pem().as_bytes())
            .unwrap()
    }
}

fn principal(kind: Classification, content: Vec<u8>) -> MspPrincipal {
    MspPrincipal {
        principal_classification: kind.into(),
        principal: content.into(),
    }
}

fn role(msp_id: &str, role: MspRoleType) -> MspPrincipal {
    let content = MspRole {
        msp_identifier: msp_id.to_owned(),
        role: role.into(),
    };
    principal(Classification::Role, content.encode_to_vec())
}

fn combined(principals: Vec<MspPrincipal>) -> MspPrincipal {
    principal(
        Classification::Combined,
        CombinedPrincipal { principals }.encode_to_vec(),
    )
}

fn anonymity(kind: i32) -> MspPrincipal {
    let content = MspIdentityAnonymity {
        anonymity_type: kind,
    };
    principal(Classification::Anonymity, content.encode_to_vec())
}

#[track_caller]
fn check(identity: &Identity, principal: &MspPrincipal, expected: bool) {
    assert_eq!(identity.satisfies(principal).unwrap(), expected);
}

#[track_caller]
fn check_malformed(identity: &Identity, principal: &MspPrincipal) {
    let error = identity.satisfies(principal).unwrap_err();
    assert!(
        matches!(error, IdentityError::MalformedPrincipal { .. }),
        "{error}"
    );
}

#[test]
fn role_is_met_by_its_holders_only() {
    let setup = Setup::new();
    let units = [
        ("client", MspRoleType::Client),
        ("peer", MspRoleType::Peer),
        ("admin", MspRoleType::Admin),
        ("orderer", MspRoleType::Orderer),
    ];
    for (unit, own) in units {
        let member = setup.member(&[unit]);
        check(&member, &role("TestMSP", MspRoleType::Member), true);
        check(&member, &role("OtherMSP", MspRoleType::Member), false);
        for (_, asked) in units {
            check(&member, &role("TestMSP", asked), asked == own);
        }
    }
}

#[test]
fn unknown_role_is_malformed() {
    let content = MspRole {
        msp_identifier: "TestMSP".to_owned(),
        role: 99,
    };
    let unknown = principal(Classification::Role, content.encode_to_vec());
    check_malformed(&Setup::new().member(&["client"]), &unknown);
}

#[test]
fn organization_unit_is_met_with_its_certifier_only() {
    let organization = Organization::generate(&OrganizationSpec::peer(1)).unwrap();
    let user = organization.member("User1").unwrap().identity();
    let member = organization
        .msp()
        .unwrap()
        .identity(user.serialized())
        .unwrap();
    let unit = |msp_id: &str, name: &str, certifiers_id: &[u8]| {
        let content = OrganizationUnit {
            msp_identifier: msp_id.to_owned(),
            organizational_unit_identifier: name.to_owned(),
            certifiers_identifier: certifiers_id.to_vec().into(),
        };
        principal(Classification::OrganizationUnit, content.encode_to_vec())
    };
    let authority = pem::parse(organization.authority_pem()).unwrap();
    let certifiers_id = Sha256::digest(authority.contents());
    check(&member, &unit("Org1MSP", "client", &certifiers_id), true);
    check(&member, &unit("Org1MSP", "service", &certifiers_id), false);
    check(&member, &unit("OtherMSP", "client", &certifiers_id), false);
    check(&member, &unit("Org1MSP", "client", &[0; 32]), false);
}

#[test]
fn identity_is_met_by_the_same_certificate_only() {
    let setup = Setup::new();
    let (member, other) = (setup.member(&["client"]), setup.member(&["client"]));
    let identity =
        |msp_id: &str, pem: &str| principal(Classification::Identity, serialized(msp_id, pem));
    check(
        &member,
        &identity("TestMSP", &member.certificate_pem()),
        true,
    );
    check(
        &member,
        &identity("TestMSP", &other.certificate_pem()),
        false,
    );
    check(
        &member,
        &identity("OtherMSP", &member.certificate_pem()),
        false,
    );
    assert!(
        member
            .satisfies(&identity("TestMSP", "no certificate"))
            .is_err()
    );
}

#[test]
fn identity_is_met_in_either_form_of_the_issuers_signature() {
    let setup = Setup::new();
    for _ in 0..16 {
        let certificate = setup.root.issue(&member_params(&["client"])).pem();
        let member = setup.msp.identity_from_pem(certificate.as_bytes()).unwrap();
        let as_issued = principal(
            Classification::Identity,
            serialized("TestMSP", &certificate),
        );
        check(&member, &as_issued, true);
    }
}

#[test]
fn anonymity_is_met_when_none_is_asked() {
    let member = Setup::new().member(&["client"]);
    check(
        &member,
        &anonymity(MspIdentityAnonymityType::Nominal.into()),
        true,
    );
    check(
        &member,
        &anonymity(MspIdentityAnonymityType::Anonymous.into()),
        false,
    );
    check_malformed(&member, &anonymity(7));
}

#[test]
fn combination_is_met_when_all_parts_are() {
    let member = Setup::new().member(&["client"]);
    let (client, peer) = (
        role("TestMSP", MspRoleType::Client),
        role("TestMSP", MspRoleType::Peer),
    );
    check(&member, &combined(vec![client.clone(), anonymity(0)]), true);
    check(
        &member,
        &combined(vec![client.clone(), peer.clone()]),
        false,
    );
    check(
        &member,
        &combined(vec![combined(vec![client.clone()]), client]),
        true,
    );
    check(&member, &combined(vec![combined(vec![peer])]), false);
    check_malformed(&member, &combined(Vec::new()));
}

#[test]
fn deep_combination_costs_no_stack() {
    let member = Setup::new().member(&["client"]);
    let mut nested = role("TestMSP", MspRoleType::Client);
    for _ in 0..5_000 {
        nested = combined(vec![nested]);
    }
    check(&member, &nested, true);
}

#[test]
fn unknown_kind_and_garbage_are_malformed() {
    let member = Setup::new().member(&["client"]);
    check_malformed(
        &member,
        &MspPrincipal {
            principal_classification: 42,
            ..MspPrincipal::default()
        },
    );
    for kind in [
        Classification::Role,
        Classification::OrganizationUnit,
        Classification::Combined,
    ] {
        check_malformed(&member, &principal(kind, vec![0xff]));
    }
}
