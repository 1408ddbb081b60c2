//! Configurations out of blocks that real Fabric made.

use std::path::Path;

use bytes::Bytes;
use fabric_gateway_sdk::Block;
use fabric_gateway_sdk::admin::{ChannelConfiguration, ChannelPolicy, ConfigurationError};

fn recorded(chain: &str, file: &str) -> Block {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let bytes = std::fs::read(fixtures.join(chain).join(file)).unwrap();
    Block::from_bytes(Bytes::from(bytes)).unwrap()
}

fn genesis() -> ChannelConfiguration {
    ChannelConfiguration::from_block(&recorded("fabric-3.1", "block_00.pb")).unwrap()
}

#[test]
fn application_has_its_organisations_and_policies() {
    let configuration = genesis();
    assert_eq!(configuration.sequence(), 0);
    let application = configuration.application().unwrap();
    let ids = application.organizations.iter().map(|one| &*one.msp_id);
    assert_eq!(ids.collect::<Vec<_>>(), ["Org1MSP", "Org2MSP"]);
    let organization = &application.organizations[0];
    let endorsement = ChannelPolicy::Signature("OR('Org1MSP.peer')".parse().unwrap());
    assert_eq!(organization.policies["Endorsement"], endorsement);
    assert!(organization.has_node_units);
    assert!(organization.authorities[0].starts_with(b"-----BEGIN CERTIFICATE-----"));
    assert_eq!(organization.tls_authorities.len(), 1);
    assert_eq!(
        application.policies["LifecycleEndorsement"].to_string(),
        "MAJORITY Endorsement"
    );
    assert_eq!(
        configuration.policies().unwrap()["Readers"].to_string(),
        "ANY Readers"
    );
}

#[test]
fn ordering_has_its_consenters_and_blocks() {
    let ordering = genesis().ordering().unwrap();
    assert_eq!(ordering.consensus, "etcdraft");
    assert!(!ordering.is_in_maintenance);
    assert_eq!(ordering.consenters.len(), 1);
    let consenter = &ordering.consenters[0];
    assert!(consenter.address.port > 0);
    assert!(consenter.server_tls_certificate.starts_with(b"-----BEGIN"));
    assert!(ordering.batch.message_count_max > 0 && ordering.batch.absolute_bytes_max > 0);
    assert!(ordering.batch.timeout.ends_with('s'));
}

#[test]
fn configuration_of_the_other_version_is_read_too() {
    let block = recorded("fabric-2.5", "block_000.block");
    let configuration = ChannelConfiguration::from_block(&block).unwrap();
    let application = configuration.application().unwrap();
    assert_eq!(application.organizations.len(), 3);
    assert_eq!(configuration.ordering().unwrap().consenters.len(), 1);
}

#[test]
fn block_of_transactions_is_no_configuration() {
    let error = ChannelConfiguration::from_block(&recorded("fabric-3.1", "block_05.pb"));
    assert!(matches!(
        error.unwrap_err(),
        ConfigurationError::NotConfiguration { block_number: 5 }
    ));
}

#[test]
fn damaged_blocks_never_panic() {
    let whole = recorded("fabric-3.1", "block_00.pb").bytes().clone();
    for place in (0..whole.len()).step_by(37) {
        let mut damaged = whole.to_vec();
        damaged[place] ^= 0x1f;
        let Ok(block) = Block::from_bytes(damaged.into()) else {
            continue;
        };
        if let Ok(configuration) = ChannelConfiguration::from_block(&block) {
            // Well-formed by chance or an error: either is an answer.
            let _ = configuration.application();
            let _ = configuration.ordering();
        }
    }
}
