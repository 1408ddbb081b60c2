//! Endorsement policies of chaincodes, and what endorsements are worth.

use e2e::wire::Client;
use fabric_protos::peer::ProposalResponse;

use crate::case::{Case, Ready, call, observe};
use crate::ops::*;

#[test]
fn policies_decide_which_endorsements_are_enough() {
    observe("policies", async |case| {
        let key = case.key("a");
        let combinations: [&[usize]; 7] = [&[1], &[2], &[3], &[1, 2], &[1, 3], &[2, 3], &[1, 2, 3]];
        for chaincode in ["probe", "both", "nested", "majority"] {
            for organizations in combinations {
                let what = format!("{chaincode} endorsed by {organizations:?}");
                let script = [put(&key, "1")];
                case.submit_with(&what, chaincode, &script, organizations)
                    .await?;
            }
        }
        Ok(())
    });
}

#[test]
fn endorsements_count_once_and_only_for_what_they_sign() {
    observe("endorsements", async |case| {
        let client = case.client(1);
        let (proposed, answers) = endorsed(case, &client, &[1, 2]).await;
        let [one, two] = [answers[0].clone(), answers[1].clone()];
        let broken = broken(&two);
        let (_, others) = endorsed(case, &client, &[1, 2]).await;
        let foreign = ProposalResponse {
            endorsement: others[1].endorsement.clone(),
            ..two.clone()
        };
        let nameless = changed(&two, Vec::clear);
        let none: [ProposalResponse; 0] = [];
        let ready = |responses: &[ProposalResponse]| {
            let endorsements = responses.iter().filter_map(|one| one.endorsement.clone());
            let payload = proposed.payload(one.payload.clone(), endorsements.collect());
            Ready {
                id: proposed.id.clone(),
                envelope: client.sign_payload(&payload),
            }
        };
        for (what, responses) in [
            ("one twice", &[one.clone(), one.clone()][..]),
            ("broken signature", &[one.clone(), broken.clone()]),
            ("signature of another", &[one.clone(), foreign]),
            ("endorser without a certificate", &[one.clone(), nameless]),
            ("none", &none),
            ("reversed", &[two.clone(), one.clone()]),
        ] {
            case.commit(&[(what, &ready(responses))]).await?;
        }
        let (again, answers) = endorsed(case, &client, &[1, 2]).await;
        let enough = [
            broken,
            answers[0].clone(),
            answers[1].clone(),
            answers[1].clone(),
        ];
        let endorsements = enough.iter().filter_map(|one| one.endorsement.clone());
        let payload = again.payload(answers[0].payload.clone(), endorsements.collect());
        let envelope = client.sign_payload(&payload);
        let ready = Ready {
            id: again.id.clone(),
            envelope,
        };
        case.commit(&[("enough beside a broken one and a double", &ready)])
            .await
            .map(drop)
    });
}

async fn endorsed(
    case: &mut Case,
    client: &Client,
    organizations: &[usize],
) -> (e2e::wire::Proposed, Vec<ProposalResponse>) {
    case.probe("both").await;
    let proposed = case.propose(client, &call("both", &[put(&case.key("e"), "1")]));
    let answers = case
        .process(client, "endorsed", &proposed, organizations)
        .await;
    (proposed, answers)
}

fn broken(response: &ProposalResponse) -> ProposalResponse {
    let mut response = response.clone();
    if let Some(endorsement) = &mut response.endorsement {
        let mut signature = endorsement.signature.to_vec();
        if let Some(last) = signature.last_mut() {
            *last ^= 1;
        }
        endorsement.signature = signature.into();
    }
    response
}

fn changed(response: &ProposalResponse, change: impl FnOnce(&mut Vec<u8>)) -> ProposalResponse {
    let mut response = response.clone();
    if let Some(endorsement) = &mut response.endorsement {
        let mut endorser = endorsement.endorser.to_vec();
        change(&mut endorser);
        endorsement.endorser = endorser.into();
    }
    response
}

#[test]
fn client_is_no_peer() {
    observe("endorsement_by_a_client", async |case| {
        let client = case.client(1);
        let (proposed, answers) = endorsed(case, &client, &[1]).await;
        let payload = answers[0].payload.clone();
        let mut forged = answers[0].clone();
        let other = case.client(2);
        if let Some(endorsement) = &mut forged.endorsement {
            endorsement.endorser = other.identity.serialized().clone();
            let signed = [&payload[..], &endorsement.endorser[..]].concat();
            endorsement.signature = other.sign(&signed);
        }
        let ready = Ready {
            id: proposed.id.clone(),
            envelope: client.assemble(&proposed, &[answers[0].clone(), forged]),
        };
        case.commit(&[("peer and client", &ready)]).await.map(drop)
    });
}
