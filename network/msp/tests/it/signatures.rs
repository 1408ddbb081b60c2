//! Signing and checking of messages.

use fabric_msp::{Identity, IdentityError, SigningIdentity};
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use sha2::{Digest, Sha256};

use crate::certificates::{Authority, member_params, msp};

const MESSAGE: &[u8] = b"a message";
const ORDER_P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

struct Pair {
    signer: SigningIdentity,
    checker: Identity,
}

fn pair() -> Pair {
    let (root, key) = (Authority::root("ca"), KeyPair::generate().unwrap());
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    Pair {
        signer: SigningIdentity::from_pem("TestMSP", &certificate, key.serialize_pem()).unwrap(),
        checker: msp(&root)
            .identity_from_pem(certificate.as_bytes())
            .unwrap(),
    }
}

/// The same signature with the other S: `order - s`.
fn with_other_s(signature: &[u8]) -> Vec<u8> {
    let order = hex::decode(ORDER_P256).unwrap();
    let r_length = usize::from(signature[3]);
    let s = &signature[6 + r_length..];
    let mut other = vec![0; 32];
    let mut borrow = 0;
    for index in (0..32).rev() {
        let digit = (index + s.len())
            .checked_sub(32)
            .map_or(0, |at| i32::from(s[at]));
        let difference = i32::from(order[index]) - digit - borrow;
        borrow = i32::from(difference < 0);
        other[index] = difference.rem_euclid(256).to_le_bytes()[0];
    }
    let mut content = signature[2..4 + r_length].to_vec();
    content.extend([0x02, 33, 0]);
    content.extend(other);
    let mut whole = vec![0x30, u8::try_from(content.len()).unwrap()];
    whole.extend(content);
    whole
}

#[test]
fn signature_of_a_message_verifies() {
    let Pair { signer, checker } = pair();
    for _ in 0..32 {
        let signature = signer.sign(MESSAGE).unwrap();
        checker.verify(MESSAGE, &signature).unwrap();
    }
}

#[test]
fn signature_of_a_digest_is_a_signature_of_the_message() {
    let Pair { signer, checker } = pair();
    let signature = signer.sign_digest(&Sha256::digest(MESSAGE).into()).unwrap();
    checker.verify(MESSAGE, &signature).unwrap();
}

#[test]
fn signature_of_another_message_is_refused() {
    let Pair { signer, checker } = pair();
    let signature = signer.sign(b"another message").unwrap();
    assert!(matches!(
        checker.verify(MESSAGE, &signature),
        Err(IdentityError::InvalidSignature)
    ));
}

#[test]
fn signature_of_another_key_is_refused() {
    let signature = pair().signer.sign(MESSAGE).unwrap();
    let verdict = pair().checker.verify(MESSAGE, &signature);
    assert!(matches!(verdict, Err(IdentityError::InvalidSignature)));
}

#[test]
fn signature_with_any_flipped_bit_is_refused() {
    let Pair { signer, checker } = pair();
    let signature = signer.sign(MESSAGE).unwrap();
    for position in 0..signature.len() {
        let mut tampered = signature.to_vec();
        tampered[position] ^= 1;
        assert!(
            checker.verify(MESSAGE, &tampered).is_err(),
            "byte {position}"
        );
    }
}

#[test]
fn high_s_is_refused_although_it_verifies() {
    let Pair { signer, checker } = pair();
    for _ in 0..16 {
        let high = with_other_s(&signer.sign(MESSAGE).unwrap());
        assert!(matches!(
            checker.verify(MESSAGE, &high),
            Err(IdentityError::HighS)
        ));
    }
}

#[test]
fn bytes_after_a_signature_are_ignored_as_peers_ignore_them() {
    let Pair { signer, checker } = pair();
    let mut signature = signer.sign(MESSAGE).unwrap().to_vec();
    signature.extend(b"more");
    checker.verify(MESSAGE, &signature).unwrap();
}

#[test]
fn zero_negative_and_padded_integers_are_refused() {
    let Pair { signer, checker } = pair();
    let signature = signer.sign(MESSAGE).unwrap();
    let zero = hex::decode("3006020100020100").unwrap();
    let negative = hex::decode("3006020181020181").unwrap();
    let mut padded = vec![0x30, signature[1] + 1, 0x02, signature[3] + 1, 0];
    padded.extend(&signature[4..]);
    for refused in [zero, negative, padded, Vec::new(), vec![0x30]] {
        let verdict = checker.verify(MESSAGE, &refused);
        assert!(
            matches!(verdict, Err(IdentityError::InvalidSignature)),
            "{refused:02x?}"
        );
    }
}

/// A P-384 key and its signature of [`MESSAGE`] over SHA-256, by OpenSSL 3.
struct OpensslP384;

const P384_KEY: &str = "04aa1efbbddc5d564f294212df14c045041028eb924bf7621b877f32c788d6f3feac44d8faee27a6111abf277746a5d69d0bdd058379011481d9a95403b47efe0ea31900c8e89d82adfa645405e879ffe21129c91d7b6e2704e0881387fcbf0672";
const P384_SIGNATURE_LOW_S: &str = "3065023100dd9c89925d1c3e696a8689bc7c4f1fcccf628c6f860813827e6ec3f36d8bf846342a75fe357addd9b1a6627d88c219360230524fa7e62e41020b99ec05e48a41d038cff81ae730ec4afb2463249fc33676efa2b0bbc3c7a9ea81d5012b384e2b6b3d";
const P384_SIGNATURE_HIGH_S: &str = "3066023100dd9c89925d1c3e696a8689bc7c4f1fcccf628c6f860813827e6ec3f36d8bf846342a75fe357addd9b1a6627d88c21936023100adb05819d1befdf46613fa1b75be2fc73007e518cf13b504a30028e23100b6efb56951ee8106bcf917eaee327e99be36";

impl PublicKeyData for OpensslP384 {
    fn der_bytes(&self) -> &[u8] {
        static KEY: std::sync::LazyLock<Vec<u8>> =
            std::sync::LazyLock::new(|| hex::decode(P384_KEY).unwrap());
        &KEY
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P384_SHA384
    }
}

#[test]
fn p384_signature_by_openssl_verifies() {
    let root = Authority::root("ca");
    let certificate = root
        .issue_for(&member_params(&["client"]), &OpensslP384)
        .pem();
    let checker = msp(&root)
        .identity_from_pem(certificate.as_bytes())
        .unwrap();

    checker
        .verify(MESSAGE, &hex::decode(P384_SIGNATURE_LOW_S).unwrap())
        .unwrap();
    let high = checker.verify(MESSAGE, &hex::decode(P384_SIGNATURE_HIGH_S).unwrap());
    assert!(matches!(high, Err(IdentityError::HighS)));
}

#[test]
fn p384_signs_digests_of_sha_256_with_low_s() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let root = Authority::root("ca");
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    let signer = SigningIdentity::from_pem("TestMSP", &certificate, key.serialize_pem()).unwrap();
    let checker = msp(&root)
        .identity_from_pem(certificate.as_bytes())
        .unwrap();
    for turn in 0..16_u8 {
        let message = [turn; 100];
        let signature = match turn % 2 {
            0 => signer.sign(&message).unwrap(),
            _ => signer.sign_digest(&Sha256::digest(message).into()).unwrap(),
        };
        // Checks the form; what was signed in this process is not computed again.
        checker.verify(&message, &signature).unwrap();
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ECDSA_P384_SHA256_ASN1,
            key.der_bytes(),
        );
        public.verify(&message, &signature).unwrap();
        let s = &signature[4 + usize::from(signature[3])..];
        assert!(s[1] <= 48 && (s[1] < 48 || s[2] < 0x80), "high S: {s:02x?}");
    }
}

#[test]
fn ed25519_signs_and_verifies_where_the_channel_accepts_it() {
    let (root, key) = (
        Authority::root("ca"),
        KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap(),
    );
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    let signer = SigningIdentity::from_pem("TestMSP", &certificate, key.serialize_pem()).unwrap();
    let checker = msp(&root)
        .accepting_ed25519()
        .identity_from_pem(certificate.as_bytes())
        .unwrap();

    let signature = signer.sign(MESSAGE).unwrap();

    checker.verify(MESSAGE, &signature).unwrap();
    assert_eq!(signature, key.sign(MESSAGE).unwrap());
    assert!(checker.verify(b"another message", &signature).is_err());
    assert!(signer.sign_digest(&[0; 32]).is_err());
}

#[test]
fn ed25519_is_refused_elsewhere() {
    let (root, key) = (
        Authority::root("ca"),
        KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap(),
    );
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    let refused = msp(&root)
        .identity_from_pem(certificate.as_bytes())
        .unwrap_err();
    assert!(matches!(refused, IdentityError::UnsupportedAlgorithm(_)));
}

#[test]
fn a_signature_that_verified_before_verifies_again_and_no_other_does() {
    let Pair { signer, checker } = pair();
    let other = pair().checker;
    let signature = signer.sign(MESSAGE).unwrap();
    for _ in 0..2 {
        checker.verify(MESSAGE, &signature).unwrap();
        assert!(other.verify(MESSAGE, &signature).is_err());
        assert!(checker.verify(b"a messagf", &signature).is_err());
        let high = with_other_s(&signature);
        assert!(checker.verify(MESSAGE, &high).is_err());
    }
}

#[test]
fn a_refused_signature_is_refused_again() {
    let Pair { signer, checker } = pair();
    let mut signature = signer.sign(MESSAGE).unwrap().to_vec();
    signature[8] ^= 1;
    for _ in 0..3 {
        assert!(checker.verify(MESSAGE, &signature).is_err());
    }
}

#[test]
fn p521_signatures_verify_with_low_s_alone() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA256).unwrap();
    let root = Authority::root("ca");
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    let checker = msp(&root)
        .identity_from_pem(certificate.as_bytes())
        .unwrap();
    let (mut low, mut high) = (0, 0);
    for _ in 0..64 {
        match checker.verify(MESSAGE, &key.sign(MESSAGE).unwrap()) {
            Ok(()) => low += 1,
            Err(IdentityError::HighS) => high += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(low > 0 && high > 0, "{low} low, {high} high");
    let signature = key.sign(b"another message").unwrap();
    assert!(checker.verify(MESSAGE, &signature).is_err());
}

#[test]
fn authorities_of_every_algorithm_issue_members() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA256,
        &rcgen::PKCS_ECDSA_P521_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_RSA_SHA384,
        &rcgen::PKCS_RSA_SHA512,
    ] {
        let authority = || Authority::root_of("ca", KeyPair::generate_for(algorithm).unwrap());
        let (root, other, key) = (authority(), authority(), KeyPair::generate().unwrap());
        let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
        let msp = msp(&root);
        let member = msp.identity_from_pem(certificate.as_bytes()).unwrap();
        let signer = SigningIdentity::from_pem("TestMSP", &certificate, key.serialize_pem());
        let signature = signer.unwrap().sign(MESSAGE).unwrap();
        member.verify(MESSAGE, &signature).unwrap();

        let stranger = other.issue_for(&member_params(&["client"]), &key).pem();
        let refused = msp.identity_from_pem(stranger.as_bytes());
        assert!(refused.is_err(), "{algorithm:?}");
    }
}

#[test]
fn messages_that_are_signed_with_rsa_are_refused() {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let root = Authority::root("ca");
    let certificate = root.issue_for(&member_params(&["client"]), &key).pem();
    let checker = msp(&root)
        .identity_from_pem(certificate.as_bytes())
        .unwrap();
    let signature = key.sign(MESSAGE).unwrap();
    assert!(matches!(
        checker.verify(MESSAGE, &signature),
        Err(IdentityError::InvalidSignature)
    ));
}
