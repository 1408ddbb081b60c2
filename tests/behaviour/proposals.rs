//! Proposals that a peer refuses, and how.

use bytes::Bytes;
use e2e::wire::{Call, Client, Draft};
use fabric_msp::{Organization, OrganizationSpec, SigningIdentity};
use fabric_protos::common::HeaderType;
use fabric_protos::peer::{ChaincodeHeaderExtension, ChaincodeId, SignedProposal};
use prost::Message as _;

use crate::case::{Case, Ready, call, observe};
use crate::describe;
use crate::ops::*;

/// Something wrong with a proposal.
type Change = fn(&mut Draft);

/// Hands a signed proposal to a peer's endorser and to its gateway, and notes what they say.
async fn hand_in(case: &mut Case, client: &Client, what: &str, proposed: &e2e::wire::Proposed) {
    case.probe("probe").await;
    case.process(client, what, proposed, &[1]).await;
    let evaluated = client.evaluate(proposed, &[]).await;
    let text = evaluated.map_or_else(|s| describe::failure(&s), |r| describe::response(&r));
    case.note(&format!("{what} evaluated"), text);
    let endorsed = client.endorse(proposed, &[]).await;
    case.note_result(&format!("{what} endorsed"), &endorsed);
}

fn get_call(case: &Case) -> Call {
    call("probe", &[get(&case.key("a"))])
}

#[test]
fn headers_that_make_no_sense_are_refused() {
    observe("proposal_headers", async |case| {
        let client = case.client(1);
        let changes: [(&str, Change); 16] = [
            ("untouched", |_| {}),
            ("wrong transaction id", |draft| {
                draft.channel_header.tx_id = "wrong".to_owned();
            }),
            ("no transaction id", |draft| {
                draft.channel_header.tx_id.clear();
            }),
            ("wrong type", |draft| {
                draft.channel_header.r#type = HeaderType::Message.into();
            }),
            ("configuration", |draft| {
                draft.channel_header.r#type = HeaderType::Config.into();
            }),
            ("unknown type", |draft| draft.channel_header.r#type = 99),
            ("epoch", |draft| draft.channel_header.epoch = 1),
            ("no nonce", |draft| draft.signature_header.nonce.clear()),
            ("no creator", |draft| draft.signature_header.creator.clear()),
            ("no channel", |draft| {
                draft.channel_header.channel_id.clear();
            }),
            ("unknown channel", |draft| {
                draft.channel_header.channel_id = "nowhere".to_owned();
            }),
            ("no time", |draft| draft.channel_header.timestamp = None),
            ("long ago", |draft| {
                let time = draft.channel_header.timestamp.as_mut();
                time.expect("a draft has a time").seconds -= 3600;
            }),
            ("no extension", |draft| {
                draft.channel_header.extension.clear();
            }),
            ("no chaincode", |draft| {
                let id = ChaincodeId::default();
                let extension = ChaincodeHeaderExtension {
                    chaincode_id: Some(id),
                };
                draft.channel_header.extension = extension.encode_to_vec().into();
            }),
            ("no input", |draft| draft.payload.input.clear()),
        ];
        for (what, change) in changes {
            let proposed = client.propose_with(&get_call(case), change);
            if proposed.id.len() == 64 {
                case.name_transaction(&proposed.id);
            }
            let nonce_and_creator = [
                &proposed.draft.signature_header.nonce[..],
                &proposed.draft.signature_header.creator[..],
            ];
            let expected = <sha2::Sha256 as sha2::Digest>::digest(nonce_and_creator.concat());
            case.mask(&hex::encode(expected), "<expected>");
            hand_in(case, &client, what, &proposed).await;
        }
        Ok(())
    });
}

#[test]
fn bytes_that_are_no_proposal_are_refused() {
    observe("proposal_bytes", async |case| {
        let client = case.client(1);
        let good = case.propose(&client, &get_call(case));
        let bytes = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
        for (what, proposal_bytes, signature) in [
            ("nothing", bytes(b""), bytes(b"")),
            ("no proposal", bytes(b""), good.signed.signature.clone()),
            (
                "no signature",
                good.signed.proposal_bytes.clone(),
                bytes(b""),
            ),
            ("garbage", bytes(&[0xff; 20]), good.signed.signature.clone()),
            (
                "empty header",
                bytes(&[0x12, 0x00]),
                good.signed.signature.clone(),
            ),
            (
                "signature of something else",
                good.signed.proposal_bytes.clone(),
                client.sign(b"x"),
            ),
            (
                "no DER",
                good.signed.proposal_bytes.clone(),
                bytes(b"signature"),
            ),
        ] {
            let mut proposed = good.clone();
            proposed.signed = SignedProposal {
                proposal_bytes,
                signature,
            };
            hand_in(case, &client, what, &proposed).await;
        }
        Ok(())
    });
}

#[test]
fn creators_that_nobody_knows_are_refused() {
    observe("proposal_creators", async |case| {
        let client = case.client(1);
        for (what, identity) in [
            ("of an organisation that is not there", stranger(9)),
            ("of a known name and another authority", stranger(1)),
        ] {
            let stranger = client.signing_as(identity);
            case.mask(&hex::encode(stranger.identity.serialized()), "<creator>");
            let proposed = case.propose(&stranger, &get_call(case));
            hand_in(case, &stranger, what, &proposed).await;
        }
        for (what, organization, user) in [("administrator", 1, "Admin"), ("of Org2", 2, "User1")] {
            let other = case.suite.client(organization, user);
            let other = Client { home: 1, ..other };
            let proposed = case.propose(&other, &get_call(case));
            hand_in(case, &other, what, &proposed).await;
        }
        Ok(())
    });
}

/// A user whose organisation this network does not know, whatever it is called.
fn stranger(number: usize) -> SigningIdentity {
    let organization = Organization::generate(&OrganizationSpec::peer(number));
    let organization = organization.expect("an organisation can be made");
    organization
        .member("User1")
        .expect("it has a user")
        .identity()
        .clone()
}

#[test]
fn chaincodes_that_are_not_there_are_named() {
    observe("unknown_chaincodes", async |case| {
        let client = case.client(1);
        for name in ["nothing", "", "../x", "probe:1.0", "escc"] {
            let call = Call {
                chaincode: name.to_owned(),
                ..get_call(case)
            };
            let proposed = case.propose(&client, &call);
            hand_in(case, &client, &format!("{name:?}"), &proposed).await;
        }
        let proposed = case.propose(&client, &get_call(case));
        for organizations in [
            &["Org9MSP"][..],
            &["Org1MSP", "Org7MSP", "Org8MSP"],
            &["Org2MSP"],
            &["Org3MSP", "Org1MSP"],
        ] {
            let evaluated = client.evaluate(&proposed, organizations).await;
            case.note_result(&format!("evaluated by {organizations:?}"), &evaluated);
            let endorsed = client.endorse(&proposed, organizations).await;
            case.note_result(&format!("endorsed by {organizations:?}"), &endorsed);
        }
        Ok(())
    });
}

// A transaction that does not decode, or has no action, stops every peer of a real channel: none is sent.
/// Another transaction id than this one, whatever its last digit.
fn with_other_last_digit(id: &str) -> String {
    let (start, last) = id.split_at(id.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

#[test]
fn transactions_that_no_peer_would_make_are_marked() {
    observe("malformed_transactions", async |case| {
        let client = case.client(1);
        let call = call("probe", &[put(&case.key("a"), "1")]);
        for what in [
            "untouched",
            "wrong id",
            "other creator",
            "other signature",
            "other channel header",
        ] {
            case.probe("probe").await;
            let proposed = case.propose(&client, &call);
            let responses = case.process(&client, what, &proposed, &[1]).await;
            let endorsement = responses[0].endorsement.clone();
            let mut payload = proposed.payload(
                responses[0].payload.clone(),
                endorsement.into_iter().collect(),
            );
            let header = payload.header.as_mut().expect("a payload has a header");
            match what {
                "wrong id" => {
                    let mut changed = proposed.draft.channel_header.clone();
                    changed.tx_id = with_other_last_digit(&proposed.id);
                    case.mask(&changed.tx_id, "<wrong id>");
                    header.channel_header = changed.encode_to_vec().into();
                }
                "other creator" => {
                    let mut changed = proposed.draft.signature_header.clone();
                    changed.creator = case.client(2).identity.serialized().clone();
                    header.signature_header = changed.encode_to_vec().into();
                }
                "other channel header" => {
                    let mut changed = proposed.draft.channel_header.clone();
                    changed.version = 7;
                    header.channel_header = changed.encode_to_vec().into();
                }
                _ => {}
            }
            let mut envelope = client.sign_payload(&payload);
            if what == "other signature" {
                envelope.signature = client.sign(b"x");
            }
            let submitted = client.submit(&proposed.id, &envelope).await;
            case.note_result(&format!("{what} submitted"), &submitted);
            if submitted.is_err() {
                continue;
            }
            let ready = Ready {
                id: proposed.id.clone(),
                envelope,
            };
            let placed = crate::case::within(
                "its block",
                client.find(1, 0, std::slice::from_ref(&ready.envelope)),
            )
            .await;
            case.note(&format!("{what} code"), describe::code(placed[0].code));
            let status = client.status(1, &proposed.id);
            if what == "untouched" {
                let status = status.await.map(|status| format!("{}", status.result));
                case.note(
                    "untouched status",
                    status.unwrap_or_else(|s| describe::failure(&s)),
                );
            }
        }
        Ok(())
    });
}
