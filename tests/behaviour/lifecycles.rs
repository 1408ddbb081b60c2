//! Definitions, from the first approval to an upgrade.

use bytes::Bytes;
use e2e::wire::{Call, Client, Placed};
use fabric_protos::lifecycle::{
    ChaincodeSource, CheckCommitReadinessResult, QueryApprovedChaincodeDefinitionArgs,
    QueryApprovedChaincodeDefinitionResult, QueryApprovedChaincodeDefinitionsArgs,
    QueryApprovedChaincodeDefinitionsResult, QueryChaincodeDefinitionArgs,
    QueryChaincodeDefinitionResult, chaincode_source::Type,
};
use prost::Message;

use crate::agreements::{Definition, FIRST, NAME};
use crate::case::{Case, Outcome, Ready, Split, observe};
use crate::describe;

fn lifecycle(function: &str, argument: Vec<u8>) -> Call {
    Call::new(
        "_lifecycle",
        [Bytes::from(function.to_owned()), argument.into()],
    )
}

fn approve(definition: &Definition, package: Option<&str>) -> Call {
    let argument = definition.approval(package);
    lifecycle("ApproveChaincodeDefinitionForMyOrg", argument)
}

fn commit(definition: &Definition) -> Call {
    lifecycle("CommitChaincodeDefinition", definition.commitment())
}

/// A transaction of `_lifecycle`, endorsed by the peers of these organisations: status and message of
/// every answer, and the code where all endorse. Values name packages, so they are not noted.
async fn change(
    case: &mut Case,
    administrator: &Client,
    what: &str,
    call: &Call,
    organizations: &[usize],
) -> Result<Option<Placed>, Split> {
    let proposed = case.propose(administrator, call);
    let mut endorsed = Vec::new();
    for &organization in organizations {
        let answer = administrator.process(organization, &proposed.signed).await;
        let text = match &answer {
            Err(status) => describe::failure(status),
            Ok(answer) => {
                let response = answer.response.clone().unwrap_or_default();
                format!("{} {}", response.status, response.message)
            }
        };
        case.note(&format!("{what} at Org{organization}"), text);
        endorsed.extend(answer.ok().filter(|answer| answer.endorsement.is_some()));
    }
    if endorsed.len() != organizations.len() {
        return Ok(None);
    }
    let ready = Ready {
        id: proposed.id.clone(),
        envelope: administrator.assemble(&proposed, &endorsed),
    };
    let placed = case.commit_for(administrator, &[(what, &ready)]).await?;
    Ok(placed.first().copied())
}

/// Asks Org's peer; notes what it answers, read as a `M`.
async fn ask<M: Message + Default>(
    case: &mut Case,
    administrator: &Client,
    what: &str,
    call: &Call,
    text: impl Fn(M) -> String,
) {
    let proposed = case.propose(administrator, call);
    let answer = administrator
        .process(administrator.home, &proposed.signed)
        .await;
    let text = match answer {
        Err(status) => describe::failure(&status),
        Ok(answer) => {
            let response = answer.response.unwrap_or_default();
            match response.status {
                200 => text(M::decode(response.payload).expect("a result")),
                status => format!("{status} {}", response.message),
            }
        }
    };
    case.note(what, text);
}

async fn readiness(case: &mut Case, administrator: &Client, what: &str, definition: &Definition) {
    let call = lifecycle("CheckCommitReadiness", definition.readiness());
    ask(
        case,
        administrator,
        what,
        &call,
        |found: CheckCommitReadinessResult| {
            let mismatches = found.mismatches.into_iter();
            let mismatches: Vec<_> = mismatches
                .map(|(msp_id, mismatch)| format!("{msp_id}: {}", mismatch.items.join(", ")))
                .collect();
            format!("{:?}\n{mismatches:?}", found.approvals)
        },
    )
    .await;
}

async fn committed(case: &mut Case, administrator: &Client, what: &str) {
    let arguments = QueryChaincodeDefinitionArgs {
        name: NAME.to_owned(),
    };
    let call = lifecycle("QueryChaincodeDefinition", arguments.encode_to_vec());
    ask(
        case,
        administrator,
        what,
        &call,
        |found: QueryChaincodeDefinitionResult| {
            format!(
                "sequence {} version {} init {} {} {} {:?}",
                found.sequence,
                found.version,
                found.init_required,
                found.endorsement_plugin,
                found.validation_plugin,
                found.approvals
            )
        },
    )
    .await;
}

async fn approved(case: &mut Case, administrator: &Client, what: &str, sequence: i64) {
    let arguments = QueryApprovedChaincodeDefinitionArgs {
        name: NAME.to_owned(),
        sequence,
    };
    let call = lifecycle(
        "QueryApprovedChaincodeDefinition",
        arguments.encode_to_vec(),
    );
    ask(
        case,
        administrator,
        what,
        &call,
        |found: QueryApprovedChaincodeDefinitionResult| {
            let (sequence, version) = (found.sequence, found.version);
            format!(
                "sequence {sequence} version {version} {}",
                source(found.source)
            )
        },
    )
    .await;
}

async fn all_approved(case: &mut Case, administrator: &Client, what: &str) {
    let arguments = QueryApprovedChaincodeDefinitionsArgs::default();
    let call = lifecycle(
        "QueryApprovedChaincodeDefinitions",
        arguments.encode_to_vec(),
    );
    ask(
        case,
        administrator,
        what,
        &call,
        |found: QueryApprovedChaincodeDefinitionsResult| {
            let all = found.approved_chaincode_definitions.into_iter();
            let own = all.filter(|one| one.name == NAME);
            let mut own: Vec<_> = own
                .map(|one| format!("{} {} {}", one.sequence, one.version, source(one.source)))
                .collect();
            own.sort();
            own.join("\n")
        },
    )
    .await;
}

fn source(source: Option<ChaincodeSource>) -> String {
    match source.and_then(|source| source.r#type) {
        Some(Type::LocalPackage(local)) => format!("package {}", local.package_id),
        Some(Type::Unavailable(_)) => "no package".to_owned(),
        None => "nothing".to_owned(),
    }
}

#[test]
fn organisations_agree_on_a_definition_and_on_the_next_one() {
    observe("lifecycle_flow", async |case| {
        let [one, two, three] = [1, 2, 3].map(|number| case.suite.client(number, "Admin"));
        committed(case, &one, "before anything").await;
        readiness(case, &one, "readiness of nothing", &FIRST).await;
        approved(case, &one, "approved before anything", 0).await;
        change(case, &one, "Org1 approves", &approve(&FIRST, None), &[1]).await?;
        readiness(case, &one, "readiness with one approval", &FIRST).await;
        change(
            case,
            &one,
            "Org1 approves again",
            &approve(&FIRST, None),
            &[1],
        )
        .await?;
        let other = Definition {
            version: "1b",
            ..FIRST
        };
        change(
            case,
            &one,
            "Org1 approves another",
            &approve(&other, None),
            &[1],
        )
        .await?;
        readiness(case, &two, "readiness after that", &FIRST).await;
        change(
            case,
            &one,
            "commit of what it does not want",
            &commit(&FIRST),
            &[1],
        )
        .await?;
        let package = Some("flow:0123");
        change(
            case,
            &one,
            "Org1 approves with a package",
            &approve(&FIRST, package),
            &[1],
        )
        .await?;
        change(case, &one, "commit by a minority", &commit(&FIRST), &[1]).await?;
        change(
            case,
            &one,
            "commit without Org2's approval",
            &commit(&FIRST),
            &[1, 2],
        )
        .await?;
        change(case, &two, "Org2 approves", &approve(&FIRST, None), &[2]).await?;
        change(
            case,
            &one,
            "Org1 approves for Org2",
            &approve(&FIRST, None),
            &[2],
        )
        .await?;
        change(case, &one, "commit", &commit(&FIRST), &[1, 2]).await?;
        committed(case, &three, "after the commit").await;
        change(case, &one, "commit again", &commit(&FIRST), &[1]).await?;
        change(
            case,
            &three,
            "Org3 approves late",
            &approve(&FIRST, None),
            &[3],
        )
        .await?;
        change(
            case,
            &three,
            "Org3 approves again",
            &approve(&FIRST, None),
            &[3],
        )
        .await?;
        let other = Definition {
            init_required: true,
            ..FIRST
        };
        change(
            case,
            &two,
            "Org2 approves another",
            &approve(&other, None),
            &[2],
        )
        .await?;
        for sequence in [0, 3] {
            let skipped = Definition { sequence, ..FIRST };
            let what = format!("sequence {sequence}");
            change(case, &one, &what, &approve(&skipped, None), &[1]).await?;
            readiness(case, &one, &format!("readiness of {what}"), &skipped).await;
        }
        upgrade(case, [&one, &two, &three]).await?;
        Ok(())
    });
}

async fn upgrade(case: &mut Case, [one, two, three]: [&Client; 3]) -> Outcome {
    let next = Definition {
        sequence: 2,
        version: "2",
        policy: "AND('Org1MSP.peer','Org3MSP.peer')",
        init_required: true,
    };
    change(
        case,
        one,
        "Org1 approves the next",
        &approve(&next, None),
        &[1],
    )
    .await?;
    approved(case, one, "approved at Org1", 0).await;
    approved(case, two, "approved at Org2", 0).await;
    approved(case, two, "approved at Org2, the next", 2).await;
    approved(case, two, "approved at Org2, far away", 7).await;
    change(
        case,
        three,
        "Org3 approves the next",
        &approve(&next, None),
        &[3],
    )
    .await?;
    change(case, three, "commit of the next", &commit(&next), &[3, 1]).await?;
    committed(case, two, "after the upgrade").await;
    readiness(case, two, "readiness of what is in force", &next).await;
    all_approved(case, one, "all of Org1").await;
    let proposed = case.propose(one, &Call::new(NAME, [b"call".to_vec()]));
    case.process(one, "a call without a package", &proposed, &[1])
        .await;
    let endorsed = one.endorse(&proposed, &[]).await;
    case.note_result("endorsed without a package", &endorsed);
    Ok(())
}
