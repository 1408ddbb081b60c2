//! Certificates of every kind for the other tests, made without the crate under test.

use fabric_msp::{Msp, MspError};
use fabric_protos::msp::{FabricMspConfig, FabricNodeOUs, FabricOuIdentifier, SerializedIdentity};
use prost::Message;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use time::{Duration, OffsetDateTime};

/// A certificate authority. Its signatures have a high S half of the time.
pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::root_of(name, key())
    }

    pub(crate) fn root_of(name: &str, key: KeyPair) -> Self {
        let params = authority_params(name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn intermediate(&self, name: &str) -> Self {
        self.intermediate_with(authority_params(name))
    }

    pub(crate) fn intermediate_with(&self, params: CertificateParams) -> Self {
        let key = key();
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Certificate {
        params.signed_by(&key(), &self.issuer).unwrap()
    }

    pub(crate) fn issue_for(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Certificate {
        params.signed_by(key, &self.issuer).unwrap()
    }
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

pub(crate) fn authority_params(name: &str) -> CertificateParams {
    let mut params = dated(CertificateParams::default());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A member with these organisational units.
pub(crate) fn member_params(units: &[&str]) -> CertificateParams {
    let mut params = dated(CertificateParams::default());
    params.distinguished_name.push(DnType::CommonName, "member");
    // rcgen keeps one value per attribute type; a second unit takes the type's own number.
    for (index, unit) in units.iter().enumerate() {
        let unit_type = match index {
            0 => DnType::OrganizationalUnitName,
            _ => DnType::CustomDnType(vec![2, 5, 4, 11]),
        };
        params.distinguished_name.push(unit_type, *unit);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.serial_number = Some(SerialNumber::from_slice(&[0x42, 0x17]));
    params.use_authority_key_identifier_extension = true;
    params
}

pub(crate) fn member_for_usage(usage: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = member_params(&["client"]);
    params.extended_key_usages = vec![usage];
    params
}

fn dated(mut params: CertificateParams) -> CertificateParams {
    params.not_before = now() - Duration::hours(1);
    params.not_after = now() + Duration::days(365);
    params
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc().truncate_to_second()
}

/// An organisation that tells its members apart by unit.
pub(crate) fn config(roots: &[&Authority], intermediates: &[&Authority]) -> FabricMspConfig {
    let unit = |name: &str| {
        Some(FabricOuIdentifier {
            certificate: Vec::new().into(),
            organizational_unit_identifier: name.to_owned(),
        })
    };
    FabricMspConfig {
        name: "TestMSP".to_owned(),
        root_certs: roots.iter().map(|root| root.pem.clone().into()).collect(),
        intermediate_certs: intermediates
            .iter()
            .map(|one| one.pem.clone().into())
            .collect(),
        fabric_node_ous: Some(FabricNodeOUs {
            enable: true,
            client_ou_identifier: unit("client"),
            peer_ou_identifier: unit("peer"),
            admin_ou_identifier: unit("admin"),
            orderer_ou_identifier: unit("orderer"),
        }),
        ..FabricMspConfig::default()
    }
}

pub(crate) fn msp(root: &Authority) -> Msp {
    Msp::from_config(&config(&[root], &[])).unwrap()
}

#[track_caller]
pub(crate) fn msp_error(config: &FabricMspConfig) -> MspError {
    Msp::from_config(config).unwrap_err()
}

pub(crate) fn serialized(msp_id: &str, certificate_pem: &str) -> Vec<u8> {
    let id_bytes = certificate_pem.as_bytes().to_vec().into();
    SerializedIdentity {
        mspid: msp_id.to_owned(),
        id_bytes,
    }
    .encode_to_vec()
}
