//! Each check refuses what it is there for, under its own name.

use asset_did::{CheckError, DidKey, Draft, Outcome, Policy, verify};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

struct World {
    issuer: DidKey,
    holder: DidKey,
    now: OffsetDateTime,
}

impl World {
    fn new() -> Self {
        Self {
            issuer: DidKey::generate_ed25519().unwrap(),
            holder: DidKey::generate_ed25519().unwrap(),
            now: OffsetDateTime::UNIX_EPOCH + Duration::days(20_000),
        }
    }

    fn draft(&self) -> Draft {
        Draft::new("KycCredential", self.holder.did())
            .valid(self.now - Duration::days(1), self.now + Duration::days(1))
    }

    fn policy(&self) -> Policy {
        Policy::for_type("KycCredential")
            .trust_issuer(self.issuer.did())
            .held_by(self.holder.did())
    }

    #[track_caller]
    fn fails(&self, credential: &str, check: &str) {
        let verdict = verify(credential, &self.policy(), self.now).unwrap();
        assert_eq!(verdict.failure().map(asset_did::Check::name), Some(check));
        assert!(!verdict.verified());
        assert!(
            verdict.credential().is_none(),
            "nothing unverified can be read"
        );
        let after = verdict
            .checks()
            .iter()
            .skip_while(|one| one.name() != check)
            .skip(1);
        assert!(after.clone().all(|one| *one.outcome() == Outcome::Skipped));
    }

    /// The credential with its header or payload changed, signed anew by nobody.
    fn changed(&self, part: usize, change: impl Fn(&mut Value)) -> String {
        let credential = self.draft().issue(&self.issuer).unwrap();
        let mut parts: Vec<String> = credential.split('.').map(str::to_owned).collect();
        let mut value: Value =
            serde_json::from_slice(&BASE64.decode(&parts[part]).unwrap()).unwrap();
        change(&mut value);
        parts[part] = BASE64.encode(value.to_string());
        parts.join(".")
    }
}

#[test]
fn a_forged_issuer_is_refused() {
    let world = World::new();
    let mallory = DidKey::generate_ed25519().unwrap();
    world.fails(&world.draft().issue(&mallory).unwrap(), "issuer_trusted");
}

#[test]
fn a_signature_of_somebody_else_under_a_trusted_name_is_refused() {
    let world = World::new();
    let mallory = DidKey::generate_ed25519().unwrap();
    let honest = world.draft().issue(&world.issuer).unwrap();
    let forged = world.draft().issue(&mallory).unwrap();
    let (input, _) = honest.rsplit_once('.').unwrap();
    let (_, signature) = forged.rsplit_once('.').unwrap();
    world.fails(&format!("{input}.{signature}"), "signature");
}

#[test]
fn a_changed_claim_breaks_the_signature() {
    let world = World::new();
    let raised = world.changed(1, |claims| {
        claims["vc"]["credentialSubject"]["kycClass"] = json!("institutional");
    });
    world.fails(&raised, "signature");
}

#[test]
fn the_key_must_be_the_issuers_own() {
    let world = World::new();
    let mallory = DidKey::generate_ed25519().unwrap();
    let id = mallory
        .did()
        .as_str()
        .trim_start_matches("did:key:")
        .to_owned();
    let foreign = world.changed(0, |header| {
        header["kid"] = json!(format!("{}#{id}", mallory.did()));
    });
    world.fails(&foreign, "issuer_controls_key");
    let none = world.changed(0, |header| {
        header.as_object_mut().unwrap().remove("kid");
    });
    world.fails(&none, "issuer_controls_key");
    let other_algorithm = world.changed(0, |header| header["alg"] = json!("ES256"));
    world.fails(&other_algorithm, "issuer_controls_key");
}

#[test]
fn algorithms_without_a_public_key_are_refused() {
    let world = World::new();
    for algorithm in ["none", "None", "HS256", "RS256", "EdDSA ", ""] {
        let changed = world.changed(0, |header| header["alg"] = json!(algorithm));
        world.fails(&changed, "algorithm");
    }
}

#[test]
fn header_members_that_bring_their_own_key_are_refused() {
    let world = World::new();
    for member in ["jwk", "jku", "x5u", "x5c", "crit", "b64"] {
        let changed = world.changed(0, |header| header[member] = json!(["exp"]));
        world.fails(&changed, "format");
    }
    let changed = world.changed(0, |header| header["typ"] = json!("at+jwt"));
    world.fails(&changed, "format");
}

#[test]
fn another_type_is_refused() {
    let world = World::new();
    let other = Draft::new("LibraryCard", world.holder.did())
        .issue(&world.issuer)
        .unwrap();
    world.fails(&other, "type");
}

#[test]
fn dates_bound_a_credential_with_a_minute_of_leeway() {
    let world = World::new();
    let valid = |from: i64, until: i64| {
        let draft = Draft::new("KycCredential", world.holder.did());
        let at = |seconds| world.now + Duration::seconds(seconds);
        draft
            .valid(at(from), at(until))
            .issue(&world.issuer)
            .unwrap()
    };
    world.fails(&valid(61, 1_000), "valid_from");
    world.fails(&valid(-1_000, -60), "valid_until");
    for credential in [valid(60, 1_000), valid(-1_000, -59)] {
        assert!(
            verify(&credential, &world.policy(), world.now)
                .unwrap()
                .verified()
        );
    }
}

#[test]
fn a_credential_about_somebody_else_is_refused() {
    let world = World::new();
    let bob = DidKey::generate_ed25519().unwrap();
    let credential = Draft::new("KycCredential", bob.did())
        .issue(&world.issuer)
        .unwrap();
    world.fails(&credential, "holder");
}

#[test]
fn two_places_that_disagree_are_refused() {
    let world = World::new();
    for change in [
        |claims: &mut Value| claims["sub"] = json!("did:key:zElse"),
        |claims: &mut Value| claims["vc"]["issuer"] = json!("did:key:zElse"),
        |claims: &mut Value| claims["vc"]["type"] = json!(["KycCredential"]),
        |claims: &mut Value| claims["exp"] = json!("soon"),
        |claims: &mut Value| claims["exp"] = json!(i64::MAX),
        |claims: &mut Value| claims["vc"]["validUntil"] = json!("tomorrow"),
        |claims: &mut Value| claims["vc"]["credentialSubject"] = json!([]),
        |claims: &mut Value| claims["vc"] = json!("x"),
    ] {
        world.fails(&world.changed(1, change), "claims");
    }
}

#[test]
fn a_policy_that_trusts_nobody_checks_nothing() {
    let world = World::new();
    let credential = world.draft().issue(&world.issuer).unwrap();
    let outcome = verify(&credential, &Policy::for_type("KycCredential"), world.now);
    assert!(matches!(outcome, Err(CheckError::NobodyTrusted)));
}
