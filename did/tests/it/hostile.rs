//! Arbitrary and mutated input ends in a verdict or an error, never in a panic or a pass.

use asset_did::{Did, DidKey, Draft, Policy, verify};
use proptest::prelude::*;
use time::OffsetDateTime;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn policy_and_credential() -> (Policy, String) {
    let issuer = DidKey::generate_ed25519().unwrap();
    let credential = Draft::new("KycCredential", issuer.did())
        .issue(&issuer)
        .unwrap();
    (
        Policy::for_type("KycCredential").trust_issuer(issuer.did()),
        credential,
    )
}

#[test]
fn an_oversized_credential_is_refused_by_its_size() {
    let (policy, _) = policy_and_credential();
    let verdict = verify(&"a".repeat(65_537), &policy, NOW).unwrap();
    assert_eq!(verdict.failure().unwrap().name(), "size");
}

#[test]
fn private_keys_of_another_length_are_refused() {
    // Codec 0x1306 (P-256, private) with 35 bytes.
    let id = "did:key:z5VmmamaJmmAmmPaAJm1mPm11aAJmAaP1maJmAJPaJJ1AP1PmPa1";
    assert!(Did::parse(id).is_err());
}

#[test]
fn a_deep_document_is_refused_by_its_format() {
    use base64::Engine as _;
    let (policy, credential) = policy_and_credential();
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20), "]".repeat(20));
    let deep = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(deep);
    let header = credential.split('.').next().unwrap();
    let verdict = verify(&format!("{header}.{deep}.AAAA"), &policy, NOW).unwrap();
    assert_eq!(verdict.failure().unwrap().name(), "format");
}

proptest! {
    #[test]
    fn arbitrary_text_never_verifies(text in ".{0,300}") {
        let (policy, _) = policy_and_credential();
        prop_assert!(!verify(&text, &policy, NOW).unwrap().verified());
        let _ = Did::parse(&text);
        let _ = DidKey::from_secret_json(&text);
    }

    #[test]
    fn a_changed_character_never_verifies(position in 0_usize..400, byte in 33_u8..127) {
        let (policy, credential) = policy_and_credential();
        let mut bytes = credential.clone().into_bytes();
        let position = position % bytes.len();
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(!verify(&changed, &policy, NOW).unwrap().verified());
    }

    #[test]
    fn arbitrary_identifiers_are_refused(id in "[1-9A-HJ-NP-Za-km-z]{0,60}") {
        let _ = Did::parse(&format!("did:key:z{id}"));
    }
}
