//! What is issued verifies, and keys survive being written down.

use asset_did::{Did, DidKey, Draft, IssueError, Policy, verify};
use time::{Duration, OffsetDateTime};

#[test]
fn a_credential_of_either_key_kind_verifies() {
    let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    let holder = DidKey::generate_ed25519().unwrap();
    for issuer in [
        DidKey::generate_ed25519().unwrap(),
        DidKey::generate_p256().unwrap(),
    ] {
        let credential = Draft::new("KycCredential", holder.did())
            .claim("kycClass", "basic")
            .valid(now, now + Duration::days(1))
            .issue(&issuer)
            .unwrap();
        let policy = Policy::for_type("KycCredential")
            .trust_issuer(issuer.did())
            .held_by(holder.did());
        let verdict = verify(&credential, &policy, now).unwrap();
        assert!(verdict.verified(), "{:?}", verdict.failure());
        let content = verdict.credential().unwrap();
        assert_eq!(content.claim("kycClass").unwrap(), "basic");
        assert_eq!(content.issuer(), issuer.did().as_str());
        assert_eq!(content.holder(), Some(holder.did().as_str()));
        assert_eq!(content.valid_until(), Some(now + Duration::days(1)));
    }
}

#[test]
fn a_key_that_was_written_down_is_the_same_key() {
    let key = DidKey::generate_p256().unwrap();
    let again = DidKey::from_secret_json(&key.to_secret_json()).unwrap();
    assert_eq!(key.did(), again.did());
    assert!(
        !format!("{key:?}").contains("\"d\""),
        "a secret is never printed"
    );
}

#[test]
fn a_public_key_is_no_secret() {
    let public =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert!(DidKey::from_secret_json(public).is_err());
}

#[test]
fn a_draft_with_nonsense_is_refused() {
    let key = DidKey::generate_ed25519().unwrap();
    let now = OffsetDateTime::UNIX_EPOCH;
    let reserved = Draft::new("T", key.did())
        .claim("id", "did:key:zOther")
        .issue(&key);
    assert!(matches!(reserved, Err(IssueError::ReservedClaim)));
    let empty = Draft::new("T", key.did()).valid(now, now).issue(&key);
    assert!(matches!(empty, Err(IssueError::EndsBeforeItBegins)));
}

/// From the did:key specification's own test vectors.
#[test]
fn published_identifiers_are_read() {
    for did in [
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
    ] {
        assert_eq!(Did::parse(did).unwrap().as_str(), did);
    }
    for did in [
        "",
        "did:key:",
        "did:key:z",
        "did:web:example.com",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp#z6Mk",
        "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW",
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    ] {
        assert!(Did::parse(did).is_err(), "{did}");
    }
}
