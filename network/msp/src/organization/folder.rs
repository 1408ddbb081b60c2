//! Writing of a generated organisation, file for file as `cryptogen` does.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::authority::Authority;
use super::{Member, Organization, OrganizationError};
use crate::layout::OrganizationLayout;
use crate::msp_folder::{ADMINCERTS, CACERTS, CONFIG_FILE, KEYSTORE, SIGNCERTS, TLSCACERTS};

/// Name of every private key of an identity.
const KEY_FILE: &str = "priv_sk";

pub(super) fn write(
    organization: &Organization,
    layout: &OrganizationLayout,
) -> Result<(), OrganizationError> {
    let dir = layout.dir();
    if dir.exists() {
        return Err(OrganizationError::AlreadyExists {
            path: dir.to_owned(),
        });
    }
    write_authority(&layout.ca(), &organization.authority)?;
    write_authority(&layout.tls_ca(), &organization.tls_authority)?;
    write_definition(&layout.msp(), organization)?;
    for member in &organization.members {
        let member_dir = if member.is_node {
            layout.node(&member.short_name)
        } else {
            layout.user(&member.short_name)
        };
        write_member(&member_dir, member, organization)?;
    }
    Ok(())
}

fn write_authority(dir: &Path, authority: &Authority) -> Result<(), OrganizationError> {
    create_dir(dir)?;
    write_file(
        &dir.join(certificate_file(&authority.name)),
        &authority.certificate_pem,
    )?;
    write_private(&dir.join(KEY_FILE), authority.private_key.expose())
}

/// What every MSP folder of the organisation has.
fn write_definition(msp: &Path, organization: &Organization) -> Result<(), OrganizationError> {
    let Organization {
        authority,
        tls_authority,
        ..
    } = organization;
    // Empty, but Fabric 1.x tools expect the folder.
    create_dir(&msp.join(ADMINCERTS))?;
    for (folder, authority) in [(CACERTS, authority), (TLSCACERTS, tls_authority)] {
        create_dir(&msp.join(folder))?;
        let file = msp.join(folder).join(certificate_file(&authority.name));
        write_file(&file, &authority.certificate_pem)?;
    }
    write_file(&msp.join(CONFIG_FILE), &config_file(&authority.name))
}

fn write_member(
    dir: &Path,
    member: &Member,
    organization: &Organization,
) -> Result<(), OrganizationError> {
    let msp = dir.join("msp");
    write_definition(&msp, organization)?;
    create_dir(&msp.join(SIGNCERTS))?;
    create_dir(&msp.join(KEYSTORE))?;
    let certificate = msp.join(SIGNCERTS).join(certificate_file(&member.name));
    write_file(&certificate, member.identity.certificate_pem())?;
    write_private(
        &msp.join(KEYSTORE).join(KEY_FILE),
        member.private_key.expose(),
    )?;

    let tls = dir.join("tls");
    create_dir(&tls)?;
    let side = if member.is_node { "server" } else { "client" };
    write_file(&tls.join("ca.crt"), &member.tls.authority_pem)?;
    write_file(
        &tls.join(format!("{side}.crt")),
        &member.tls.certificate_pem,
    )?;
    write_private(
        &tls.join(format!("{side}.key")),
        member.tls.private_key.expose(),
    )
}

fn config_file(authority_name: &str) -> String {
    let mut text = "NodeOUs:\n    Enable: true\n".to_owned();
    for (role, unit) in [
        ("Client", "client"),
        ("Peer", "peer"),
        ("Admin", "admin"),
        ("Orderer", "orderer"),
    ] {
        text += &format!("    {role}OUIdentifier:\n");
        text += &format!(
            "        Certificate: {CACERTS}/{}\n",
            certificate_file(authority_name)
        );
        text += &format!("        OrganizationalUnitIdentifier: {unit}\n");
    }
    text
}

fn certificate_file(name: &str) -> String {
    format!("{name}-cert.pem")
}

fn create_dir(path: &Path) -> Result<(), OrganizationError> {
    fs::create_dir_all(path).map_err(unwritable(path))
}

fn write_file(path: &Path, text: &str) -> Result<(), OrganizationError> {
    fs::write(path, text).map_err(unwritable(path))
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str) -> Result<(), OrganizationError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(unwritable(path))?;
    file.write_all(text.as_bytes()).map_err(unwritable(path))
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> OrganizationError {
    let path = PathBuf::from(path);
    move |source| OrganizationError::Unwritable {
        path: path.clone(),
        source,
    }
}
