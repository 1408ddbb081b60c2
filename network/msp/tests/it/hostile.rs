//! Input that nobody honest sends: refused, never a panic.

use std::sync::LazyLock;

use fabric_msp::{IdentityError, Msp, MspManager, Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::common::MspPrincipal;
use fabric_protos::msp::FabricMspConfig;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use prost::Message;

use crate::certificates::serialized;
use crate::entries::ENTRIES;

static ORGANIZATION: LazyLock<Organization> =
    LazyLock::new(|| Organization::generate(&OrganizationSpec::peer(1)).unwrap());
static MSP: LazyLock<Msp> = LazyLock::new(|| ORGANIZATION.msp().unwrap());

fn user() -> &'static SigningIdentity {
    ORGANIZATION.member("User1").unwrap().identity()
}

fn pem(label: &str, content: Vec<u8>) -> String {
    pem::encode(&pem::Pem::new(label, content))
}

/// Replaces, removes and inserts bytes.
fn damaged(original: &[u8], changes: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for (index, kind, value) in changes {
        let position = index.index(bytes.len());
        match kind % 3 {
            0 => bytes[position] = *value,
            1 => bytes.insert(position, *value),
            _ if bytes.len() > 1 => drop(bytes.remove(position)),
            _ => {}
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    vec((any::<Index>(), any::<u8>(), any::<u8>()), 1..6)
}

/// Runs every entry on arbitrary bytes and on damaged examples.
#[test]
fn no_entry_panics_or_lets_in_what_nobody_signed() {
    let input = (any::<Index>(), changes(), vec(any::<u8>(), 0..600));
    for entry in &ENTRIES {
        let seeds = (entry.seeds)();
        assert!(!seeds.is_empty(), "{}", entry.name);
        seeds.iter().for_each(|seed| (entry.run)(seed));
        let mut runner = TestRunner::new(Config::with_cases(64));
        let outcome = runner.run(&input, |(seed, changes, arbitrary)| {
            (entry.run)(&arbitrary);
            (entry.run)(&damaged(&seeds[seed.index(seeds.len())], &changes));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", entry.name));
    }
}

proptest! {
    #[test]
    fn arbitrary_identities_are_refused(bytes in vec(any::<u8>(), 0..512)) {
        let manager = MspManager::new([]);
        prop_assert!(manager.identity(&bytes).is_err());
        prop_assert!(MSP.identity(&bytes).is_err());
        prop_assert!(MSP.identity_from_pem(&bytes).is_err());
    }

    #[test]
    fn arbitrary_der_in_good_pem_is_refused(der in vec(any::<u8>(), 0..512)) {
        let text = pem("CERTIFICATE", der.clone());
        prop_assert!(MSP.identity(&serialized("Org1MSP", &text)).is_err());
        prop_assert!(SigningIdentity::from_pem("Org1MSP", &text, pem("PRIVATE KEY", der)).is_err());
    }

    #[test]
    fn damaged_certificates_do_not_panic(changes in changes()) {
        let der = damaged(user().certificate(), &changes);
        let verdict = MSP.identity_from_pem(pem("CERTIFICATE", der.clone()).as_bytes());
        // Only the very same bytes may pass.
        prop_assert!(verdict.is_err() || der == *user().certificate());
    }

    #[test]
    fn damaged_keys_do_not_panic(changes in changes()) {
        let key = ORGANIZATION.member("User1").unwrap().private_key().expose();
        let key = damaged(pem::parse(key).unwrap().contents(), &changes);
        let text = pem("PRIVATE KEY", key);
        let _ = SigningIdentity::from_pem("Org1MSP", user().certificate_pem(), text);
    }

    #[test]
    fn damaged_definitions_do_not_panic(changes in changes()) {
        let bytes = damaged(&MSP.to_config().encode_to_vec(), &changes);
        if let Ok(config) = FabricMspConfig::decode(&*bytes) {
            let _ = Msp::from_config(&config);
        }
    }

    #[test]
    fn arbitrary_signatures_are_refused(signature in vec(any::<u8>(), 0..128)) {
        let identity = MSP.identity(user().serialized()).unwrap();
        prop_assert!(identity.verify(b"a message", &signature).is_err());
    }

    #[test]
    fn arbitrary_principals_do_not_panic(kind in -1..6, content in vec(any::<u8>(), 0..256)) {
        let identity = MSP.identity(user().serialized()).unwrap();
        let _ = identity.satisfies(&MspPrincipal { principal_classification: kind, principal: content.into() });
    }

    #[test]
    fn arbitrary_config_files_do_not_panic(text in "(NodeOUs|Enable|- |:| |\n|\t|#|\"|'|true|é|OrganizationalUnitIdentifiers){0,40}") {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("cacerts")).unwrap();
        std::fs::write(dir.path().join("cacerts/ca.pem"), ORGANIZATION.authority_pem()).unwrap();
        std::fs::write(dir.path().join("config.yaml"), text).unwrap();
        let _ = Msp::from_dir(dir.path(), "Org1MSP");
    }
}

#[test]
fn oversized_identity_is_refused_before_it_is_read() {
    let padding = " ".repeat(1 << 20);
    let bytes = serialized("Org1MSP", &format!("{padding}{}", user().certificate_pem()));
    let error = MspManager::new([]).identity(&bytes).unwrap_err();
    assert!(matches!(error, IdentityError::TooLong { .. }));
}
