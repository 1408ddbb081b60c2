//! How the gateway fails: code, text and details of each refusal; and what it waits for.

use bytes::Bytes;
use e2e::wire::{Call, Client, named_position};
use fabric_protos::gateway::{
    ChaincodeEventsRequest, CommitStatusRequest, EndorseRequest, EvaluateRequest,
    SignedChaincodeEventsRequest, SignedCommitStatusRequest, SubmitRequest,
};
use fabric_testnet::probe::Op;
use fabric_testnet::wait_until;
use prost::Message as _;
use tonic::Streaming;

use crate::case::{Case, DEADLINE, call, observe, within};
use crate::describe;
use crate::ops::*;

#[test]
fn empty_requests_are_refused() {
    observe("gateway_empty_requests", async |case| {
        let client = case.client(1);
        let mut gateway = client.gateway();
        let result = gateway.evaluate(EvaluateRequest::default()).await;
        case.note_result("evaluate", &result);
        let result = gateway.endorse(EndorseRequest::default()).await;
        case.note_result("endorse", &result);
        let result = gateway.submit(SubmitRequest::default()).await;
        case.note_result("submit", &result);
        let result = gateway
            .commit_status(SignedCommitStatusRequest::default())
            .await;
        case.note_result("commit status", &result);
        let result = gateway
            .chaincode_events(SignedChaincodeEventsRequest::default())
            .await;
        case.note_result("chaincode events", &result);
        let garbage = Bytes::from_static(&[0xff; 9]);
        let status = SignedCommitStatusRequest {
            request: garbage.clone(),
            signature: garbage.clone(),
        };
        let result = gateway.commit_status(status).await;
        case.note_result("garbage for commit status", &result);
        let events = SignedChaincodeEventsRequest {
            request: garbage.clone(),
            signature: garbage,
        };
        let result = gateway.chaincode_events(events).await;
        case.note_result("garbage for chaincode events", &result);
        Ok(())
    });
}

#[test]
fn policies_choose_the_endorsers() {
    observe("gateway_endorsers", async |case| {
        let client = case.client(1);
        let key = case.key("a");
        for chaincode in ["probe", "both", "nested", "majority", "nobody"] {
            case.probe(chaincode).await;
            let proposed = case.propose(&client, &call(chaincode, &[put(&key, "1")]));
            let endorsed = client.endorse(&proposed, &[]).await;
            case.note_result(&format!("{chaincode} by policy"), &endorsed);
            let Ok(envelope) = endorsed else { continue };
            let submitted = client.submit(&proposed.id, &envelope).await;
            case.note_result(&format!("{chaincode} submitted"), &submitted);
            let status = within("a status", client.status(1, &proposed.id)).await;
            let status = status.map(|status| status.result().as_str_name().to_owned());
            case.note(
                &format!("{chaincode} status"),
                status.unwrap_or_else(|failure| describe::failure(&failure)),
            );
        }
        let inner = [invoke("both", "", &[put(&key, "2")])];
        let proposed = case.propose(&client, &call("probe", &inner));
        let endorsed = client.endorse(&proposed, &[]).await;
        let count = endorsed.as_ref().map(endorsements);
        case.note(
            "endorsements for two policies",
            format!("{}", count.unwrap_or_default()),
        );
        let proposed = case.propose(&client, &call("both", &[put(&key, "3")]));
        let endorsed = client.endorse(&proposed, &["Org1MSP"]).await;
        let count = endorsed.as_ref().map(endorsements);
        case.note(
            "endorsements of one named organisation",
            format!("{}", count.unwrap_or_default()),
        );
        Ok(())
    });
}

/// How many endorsements a transaction has.
fn endorsements(envelope: &fabric_protos::common::Envelope) -> usize {
    use fabric_protos::{common::Payload, peer};
    let payload = Payload::decode(envelope.payload.clone()).unwrap_or_default();
    let transaction = peer::Transaction::decode(payload.data).unwrap_or_default();
    let action = transaction
        .actions
        .first()
        .map(|action| action.payload.clone());
    let action =
        peer::ChaincodeActionPayload::decode(action.unwrap_or_default()).unwrap_or_default();
    action.action.unwrap_or_default().endorsements.len()
}

#[test]
fn transient_data_stays_in_the_organisation() {
    observe("gateway_transient_data", async |case| {
        case.probe("probe").await;
        let call = Call {
            transient: vec![("secret".to_owned(), Bytes::from_static(b"value"))],
            ..call(
                "probe",
                &[
                    Op::Transient("secret".to_owned()),
                    Op::Transient("none".to_owned()),
                ],
            )
        };
        let client = case.client(1);
        for (what, organizations) in [
            ("by nobody named", &[][..]),
            ("by Org1", &["Org1MSP"]),
            ("by Org2", &["Org2MSP"]),
        ] {
            let proposed = case.propose(&client, &call);
            let evaluated = client.evaluate(&proposed, organizations).await;
            let text = evaluated.map_or_else(|s| describe::failure(&s), |r| describe::response(&r));
            case.note(&format!("evaluated {what}"), text);
            let endorsed = client.endorse(&proposed, organizations).await;
            case.note_result(&format!("endorsed {what}"), &endorsed);
        }
        let both = Call {
            chaincode: "both".to_owned(),
            ..call
        };
        case.probe("both").await;
        let proposed = case.propose(&client, &both);
        let endorsed = client.endorse(&proposed, &[]).await;
        case.note_result("endorsed under a policy of two", &endorsed);
        Ok(())
    });
}

#[test]
fn status_is_waited_for_and_belongs_to_readers() {
    observe("gateway_status", async |case| {
        let client = case.client(1);
        let ready = case
            .simulate("transaction", "probe", &[put(&case.key("a"), "1")], &[1])
            .await;
        let early = client.status(1, &ready.id);
        let (status, committed) = tokio::join!(early, client.submit(&ready.id, &ready.envelope));
        case.note_result("submitted", &committed);
        let text = status.map_or_else(
            |s| describe::failure(&s),
            |s| s.result().as_str_name().to_owned(),
        );
        case.note("asked before the commit", text);
        let again = client.status(1, &ready.id).await;
        case.note_result("asked again", &again);
        let other = case.suite.client(2, "User1");
        let other = Client { home: 1, ..other };
        case.note_result(
            "asked by another organisation",
            &other.status(1, &ready.id).await,
        );
        let nowhere = client.on_channel("nowhere");
        case.note_result("unknown channel", &nowhere.status(1, &ready.id).await);
        let request = CommitStatusRequest {
            transaction_id: ready.id.clone(),
            channel_id: client.channel.clone(),
            identity: client.identity.serialized().clone(),
        };
        let request: Bytes = request.encode_to_vec().into();
        let signature = client.sign(b"x");
        let forged = SignedCommitStatusRequest { request, signature };
        case.note_result(
            "wrong signature",
            &client.gateway().commit_status(forged).await,
        );
        let nobody = CommitStatusRequest {
            channel_id: client.channel.clone(),
            ..Default::default()
        };
        let request: Bytes = nobody.encode_to_vec().into();
        let nobody = SignedCommitStatusRequest {
            signature: client.sign(&request),
            request,
        };
        case.note_result("nobody's", &client.gateway().commit_status(nobody).await);
        Ok(())
    });
}

#[test]
fn events_start_where_the_client_says() {
    observe("gateway_events", async |case| {
        let client = case.client(1);
        let name = |name: &str| [event(name, "payload"), put("e", name)];
        let mut blocks = Vec::new();
        for number in ["first", "second", "third"] {
            let ready = case.simulate(number, "events", &name(number), &[1]).await;
            let placed = case.commit(&[(number, &ready)]).await?;
            blocks.push((placed[0].block, ready.id));
        }
        let start = |number: u64| Some(named_position(&number.to_string()));
        let request = |start_position, after: &str| ChaincodeEventsRequest {
            chaincode_id: "events".to_owned(),
            start_position,
            after_transaction_id: after.to_owned(),
            ..Default::default()
        };
        let (first, second) = (blocks[0].0, blocks[1].0);
        for (what, request, count) in [
            ("from the first", request(start(first), ""), 3),
            ("from the second", request(start(second), ""), 2),
            (
                "after the first transaction",
                request(start(first), &blocks[0].1),
                2,
            ),
            (
                "after the first transaction from the second block",
                request(start(second), &blocks[0].1),
                2,
            ),
        ] {
            let stream = client.events(request).await;
            let text = match stream {
                Ok(stream) => read_events(stream, count).await,
                Err(status) => describe::failure(&status),
            };
            case.note(what, text);
        }
        refused_events(case, &client).await;
        Ok(())
    });
}

async fn read_events(
    mut stream: Streaming<fabric_protos::gateway::ChaincodeEventsResponse>,
    count: usize,
) -> String {
    let mut seen = Vec::new();
    while seen.len() < count {
        match within("events", stream.message()).await {
            Ok(Some(response)) => seen.extend(response.events.iter().map(|event| {
                let payload = String::from_utf8_lossy(&event.payload);
                format!(
                    "{} {} {} {payload}",
                    event.chaincode_id, event.tx_id, event.event_name
                )
            })),
            other => {
                seen.push(format!("{other:?}"));
                break;
            }
        }
    }
    seen.join("\n")
}

async fn refused_events(case: &mut Case, client: &Client) {
    let nowhere = client.on_channel("nowhere");
    let events = nowhere.events(ChaincodeEventsRequest::default()).await;
    case.note("unknown channel", first_message(events).await);
    let request = ChaincodeEventsRequest {
        start_position: Some(named_position("oldest")),
        chaincode_id: "events".to_owned(),
        ..Default::default()
    };
    let events = client.events(request).await;
    case.note("from the oldest", first_message(events).await);
}

async fn first_message(
    events: Result<Streaming<fabric_protos::gateway::ChaincodeEventsResponse>, tonic::Status>,
) -> String {
    let mut stream = match events {
        Ok(stream) => stream,
        Err(status) => return describe::failure(&status),
    };
    match within("events", stream.message()).await {
        Ok(Some(response)) => format!("{} events", response.events.len()),
        Ok(None) => "end".to_owned(),
        Err(status) => describe::failure(&status),
    }
}

#[test]
fn chaincode_that_cannot_be_reached_is_told() {
    observe("gateway_unreachable_chaincode", async |case| {
        let client = case.client(1);
        let probe = case.probe("unreachable").await;
        probe.stop();
        // A peer that has dialled already has to notice that the stream has ended.
        let noticed = wait_until(DEADLINE, || async {
            let proposed = client.propose(&call("unreachable", &[get("a")]));
            let answer = client.process(1, &proposed.signed).await;
            let response = answer.ok().and_then(|answer| answer.response);
            response.is_some_and(|response| response.message.contains("could not launch"))
        });
        noticed.await.expect("the peer notices");
        let proposed = case.propose(&client, &call("unreachable", &[get("a")]));
        case.process(&client, "endorser", &proposed, &[1]).await;
        let evaluated = client.evaluate(&proposed, &["Org1MSP"]).await;
        case.note_result("evaluated", &evaluated);
        let endorsed = client.endorse(&proposed, &["Org1MSP"]).await;
        case.note_result("endorsed", &endorsed);
        let endorsed = client.endorse(&proposed, &[]).await;
        case.note_result("endorsed by policy", &endorsed);
        Ok(())
    });
}

#[test]
fn chaincode_that_takes_too_long_is_given_up() {
    observe("gateway_slow_chaincode", async |case| {
        let client = case.client(1);
        case.probe("slow").await;
        let proposed = case.propose(&client, &call("slow", &[Op::Silence]));
        let evaluated = client.evaluate(&proposed, &["Org1MSP"]).await;
        case.note_result("evaluated", &evaluated);
        let proposed = case.propose(&client, &call("slow", &[Op::Silence]));
        let endorsed = client.endorse(&proposed, &["Org1MSP"]).await;
        case.note_result("endorsed", &endorsed);
        Ok(())
    });
}

#[test]
fn messages_have_a_largest_size() {
    observe("message_sizes", async |case| {
        let client = case.client(1);
        case.probe("probe").await;
        let huge = Call::new("probe", [Bytes::from(vec![b'x'; 101 << 20])]);
        let proposed = client.propose(&huge);
        case.note_result(
            "proposal",
            &client
                .evaluate(&proposed, &["Org1MSP"])
                .await
                .map_err(|status| sizes_left_out(&status)),
        );
        let answer = client.process(1, &proposed.signed).await;
        case.note_result(
            "proposal to the endorser",
            &answer.map_err(|status| sizes_left_out(&status)),
        );
        Ok(())
    });
}

/// The exact size depends on signatures, whose lengths vary.
fn sizes_left_out(status: &tonic::Status) -> tonic::Status {
    let words = status.message().split('(').next().unwrap_or_default();
    tonic::Status::new(status.code(), words)
}
