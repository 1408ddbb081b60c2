//! A client whose certificate was good once.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use e2e::wire::{Client, named_position};
use fabric_msp::layout::{self, OrganizationKind, OrganizationLayout};
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::common::{HeaderType, Status as Outcome};
use fabric_protos::gateway::ChaincodeEventsRequest;
use fabric_protos::orderer::{self, SeekInfo};
use fabric_protos::peer::deliver_response;
use tokio::time::timeout;

use crate::case::{Case, call, observe, within};
use crate::describe;
use crate::ops::*;

/// A refusal comes in far less.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client of Org1 whose certificate was good from so many minutes ago, for a minute.
fn late(case: &Case, minutes: u32) -> Client {
    let client = case.suite.client(1, "User1");
    let organizations = &case.suite.nodes.organizations;
    let domain = layout::organization_domain(1);
    let layout = OrganizationLayout::new(organizations, OrganizationKind::Peer, domain);
    let key = std::fs::read_to_string(layout.ca().join("priv_sk"));
    let key = key.expect("the network keeps its authorities");
    let minute = Duration::from_secs(60);
    let not_before = SystemTime::now() - minutes * minute;
    let dates = OrganizationSpec {
        not_before,
        not_after: not_before + minute,
        ..OrganizationSpec::peer(1)
    };
    let identity = Organization::enroll(&key, &dates, "Late").expect("a certificate");
    client.signing_as(identity)
}

#[test]
fn client_whose_certificate_has_expired_is_refused_everywhere() {
    observe("expired", async |case| {
        case.probe("probe").await;
        let client = late(case, 3);
        everywhere(case, "expired", &client).await;
        // Authorities are a few minutes older than the network.
        let client = late(case, 600);
        everywhere(case, "older than its authority", &client).await;
        Ok(())
    });
}

async fn everywhere(case: &mut Case, what: &str, late: &Client) {
    let get = call("probe", &[get(&case.key("a"))]);
    let proposed = case.propose(late, &get);
    case.process(late, &format!("{what}, process"), &proposed, &[1])
        .await;
    for organization in ["Org1MSP", "Org2MSP"] {
        let answer = late.evaluate(&proposed, &[organization]).await;
        let text = answer.map_or_else(|s| describe::failure(&s), |r| describe::response(&r));
        case.note(&format!("{what}, evaluate at {organization}"), text);
    }
    for organizations in [&["Org1MSP"][..], &["Org1MSP", "Org2MSP"]] {
        let endorsed = late.endorse(&proposed, organizations).await;
        let what = format!("{what}, endorse by {}", organizations.join(" and "));
        case.note_result(&what, &endorsed);
    }
    let envelope = late.envelope(HeaderType::EndorserTransaction, Bytes::new());
    let submitted = late.submit(&proposed.id, &envelope).await;
    case.note_result(&format!("{what}, submit"), &submitted);
    let answers = late.broadcast(vec![envelope]).await;
    for answer in answers.expect("the orderer answers") {
        let text = format!("{} {}", answer.status, answer.info);
        case.note(&format!("{what}, broadcast"), text);
    }
    // Whoever is let in waits for what never comes.
    let status = async {
        let status = late.status(1, &proposed.id).await;
        status.map_or_else(|s| describe::failure(&s), |_| "a status".to_owned())
    };
    let status = timeout(PATIENCE, status).await;
    case.note(
        &format!("{what}, status"),
        status.as_deref().unwrap_or("waits"),
    );
    let events = timeout(PATIENCE, events(late)).await;
    case.note(
        &format!("{what}, events"),
        events.as_deref().unwrap_or("waits"),
    );
    let seek = SeekInfo {
        start: Some(named_position("0")),
        stop: Some(named_position("0")),
        ..Default::default()
    };
    let (peer, orderer) = (delivered(late, &seek).await, ordered(late, &seek).await);
    case.note(&format!("{what}, deliver of the peer"), peer);
    case.note(&format!("{what}, deliver of the orderer"), orderer);
    let administration = e2e::wire::Call::new("cscc", [Bytes::from_static(b"GetChannels")]);
    let asked = case.propose(&late.on_channel(""), &administration);
    case.process(late, &format!("{what}, channels of the peer"), &asked, &[1])
        .await;
}

async fn events(client: &Client) -> String {
    let events = ChaincodeEventsRequest {
        chaincode_id: "probe".to_owned(),
        ..Default::default()
    };
    match client.events(events).await {
        Err(status) => describe::failure(&status),
        Ok(mut stream) => match within("an answer", stream.message()).await {
            Err(status) => describe::failure(&status),
            Ok(message) => format!("{:?}", message.map(|_| "a message")),
        },
    }
}

async fn delivered(client: &Client, seek: &SeekInfo) -> String {
    let request = client.seek(seek);
    let requests = futures::stream::once(async { request });
    let answer = client.deliver(1).deliver(requests).await;
    let mut stream = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return describe::failure(&status),
    };
    match within("an answer", stream.message()).await {
        Err(status) => describe::failure(&status),
        Ok(message) => match message.and_then(|message| message.r#type) {
            Some(deliver_response::Type::Status(number)) => name(number),
            other => format!("{:?}", other.map(|_| "a block")),
        },
    }
}

async fn ordered(client: &Client, seek: &SeekInfo) -> String {
    let request = client.seek(seek);
    let requests = futures::stream::once(async { request });
    let answer = client.orderer().deliver(requests).await;
    let mut stream = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return describe::failure(&status),
    };
    match within("an answer", stream.message()).await {
        Err(status) => describe::failure(&status),
        Ok(message) => match message.and_then(|message| message.r#type) {
            Some(orderer::deliver_response::Type::Status(number)) => name(number),
            other => format!("{:?}", other.map(|_| "a block")),
        },
    }
}

fn name(number: i32) -> String {
    Outcome::try_from(number).map_or(number.to_string(), |status| status.as_str_name().to_owned())
}
