//! `config.yaml` in the notations that real folders have.

use std::fs;
use std::path::Path;

use fabric_msp::{Msp, MspError, Organization, OrganizationSpec, layout};
use fabric_protos::msp::{FabricMspConfig, FabricNodeOUs};

const CERTIFICATE: &str = "cacerts/ca.org1.example.com-cert.pem";

fn read(config_file: &str) -> Result<FabricMspConfig, MspError> {
    let organizations = tempfile::tempdir().unwrap();
    let organization = Organization::generate(&OrganizationSpec::peer(1)).unwrap();
    organization.write_to(organizations.path()).unwrap();
    let msp = layout::organization_msp(organizations.path(), 1);
    write(&msp, config_file);
    // Whoever turns node units off names administrators.
    let admin = layout::user_msp(organizations.path(), 1, "Admin").join("signcerts");
    fs::remove_dir_all(msp.join("admincerts")).unwrap();
    fs::rename(admin, msp.join("admincerts")).unwrap();
    Msp::from_dir(&msp, "Org1MSP").map(|msp| msp.to_config())
}

fn write(msp: &Path, config_file: &str) {
    fs::write(msp.join("config.yaml"), config_file).unwrap();
}

fn units(config_file: &str) -> Option<FabricNodeOUs> {
    read(config_file).unwrap().fabric_node_ous
}

#[track_caller]
fn check_refused(config_file: &str, line_expected: usize) {
    match read(config_file) {
        Err(MspError::MalformedConfigFile { line, .. }) => assert_eq!(line, line_expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn comments_quotes_and_other_indents_are_read() {
    let text = format!(
        "# made by hand\n---\nNodeOUs:\n  Enable: True # always\n  ClientOUIdentifier:\n    \
         Certificate: \"{CERTIFICATE}\"\n    OrganizationalUnitIdentifier: 'client'\n\n  \
         AdminOUIdentifier:\n      OrganizationalUnitIdentifier: admin\n"
    );
    let units = units(&text).unwrap();
    let client = units.client_ou_identifier.unwrap();
    assert_eq!(client.organizational_unit_identifier, "client");
    assert!(
        client
            .certificate
            .starts_with(b"-----BEGIN CERTIFICATE-----")
    );
    let admin = units.admin_ou_identifier.unwrap();
    assert_eq!(
        (
            &*admin.organizational_unit_identifier,
            admin.certificate.len()
        ),
        ("admin", 0)
    );
    assert!(units.peer_ou_identifier.is_none());
}

#[test]
fn windows_line_ends_are_read() {
    let text = "NodeOUs:\r\n  Enable: true\r\n  PeerOUIdentifier:\r\n    OrganizationalUnitIdentifier: peer\r\n  \
                AdminOUIdentifier:\r\n    OrganizationalUnitIdentifier: admin\r\n  \
                ClientOUIdentifier:\r\n    OrganizationalUnitIdentifier: client\r\n";
    assert_eq!(
        units(text)
            .unwrap()
            .peer_ou_identifier
            .unwrap()
            .organizational_unit_identifier,
        "peer"
    );
}

#[test]
fn units_that_are_off_or_absent_are_no_units() {
    assert_eq!(units(""), None);
    assert_eq!(units("NodeOUs:\n  Enable: false\n"), None);
}

#[test]
fn list_of_recognized_units_is_read_in_both_indents() {
    for indent in ["", "  "] {
        let text = format!(
            "OrganizationalUnitIdentifiers:\n{indent}- Certificate: {CERTIFICATE}\n{indent}  \
             OrganizationalUnitIdentifier: admin\n{indent}- OrganizationalUnitIdentifier: sales\n{indent}  \
             Certificate: {CERTIFICATE}\n"
        );
        let config = read(&text).unwrap();
        let names = config.organizational_unit_identifiers.iter();
        let names: Vec<_> = names
            .map(|unit| unit.organizational_unit_identifier.as_str())
            .collect();
        assert_eq!(names, ["admin", "sales"]);
    }
}

#[test]
fn certificate_of_a_role_that_is_missing_ties_it_to_none() {
    let text = "NodeOUs:\n  Enable: true\n  AdminOUIdentifier:\n    Certificate: cacerts/absent.pem\n    \
                OrganizationalUnitIdentifier: admin\n";
    let admin = units(text).unwrap().admin_ou_identifier.unwrap();
    assert!(admin.certificate.is_empty());
}

#[test]
fn what_is_not_understood_is_refused_by_line() {
    check_refused("NodeOUs:\n  Enable: perhaps\n", 2);
    check_refused("NodeOUs: {Enable: true}\n", 1);
    check_refused("NodeOUs:\n\tEnable: true\n", 2);
    check_refused("NodeOUs:\n    Enable: true\n  ClientOUIdentifier:\n", 3);
    check_refused("NodeOUs\n", 1);
    check_refused("OrganizationalUnitIdentifiers:\n  Certificate: x\n", 2);
}
