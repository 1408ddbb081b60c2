//! What a chaincode responds, and what becomes of it: statuses, events, messages out of turn.

use e2e::wire::chaincode_action;
use fabric_protos::peer::ChaincodeEvent;
use fabric_testnet::probe::Op;
use prost::Message as _;

use crate::case::{call, observe};
use crate::describe;
use crate::ops::*;

#[test]
fn status_decides_whether_a_response_is_endorsed() {
    observe("statuses", async |case| {
        let key = case.key("a");
        for status in [
            0, -1, 1, 199, 200, 201, 299, 300, 399, 400, 401, 499, 500, 501, 700,
        ] {
            for payload in [None, Some("")] {
                let what = match payload {
                    Some(_) => format!("{status} without a payload"),
                    None => format!("{status}"),
                };
                let script = [
                    put(&key, "1"),
                    event("e", "1"),
                    respond(status, "text", payload),
                ];
                let client = case.client(1);
                case.probe("probe").await;
                let proposed = case.propose(&client, &call("probe", &script));
                case.process(&client, &what, &proposed, &[1]).await;
                let evaluated = client.evaluate(&proposed, &["Org1MSP"]).await;
                let text =
                    evaluated.map_or_else(|s| describe::failure(&s), |r| describe::response(&r));
                case.note(&format!("{what} evaluated"), text);
                let endorsed = client.endorse(&proposed, &["Org1MSP"]).await;
                case.note_result(&format!("{what} endorsed"), &endorsed);
            }
        }
        Ok(())
    });
}

#[test]
fn endorsed_response_with_any_status_below_400_commits() {
    observe("statuses_committed", async |case| {
        let key = case.key("a");
        for status in [0, 201, 399] {
            let script = [
                put(&key, &status.to_string()),
                respond(status, "text", None),
            ];
            case.submit(&status.to_string(), "probe", &script).await?;
        }
        case.evaluate("in the end", "probe", &[get(&key)]).await;
        Ok(())
    });
}

#[test]
fn event_of_a_chaincode_is_named_by_the_peer() {
    observe("events_in_results", async |case| {
        let client = case.client(1);
        for (what, script) in [
            ("one", vec![event("name", "payload")]),
            (
                "two, the last counts",
                vec![event("first", "1"), event("second", "2")],
            ),
            ("without a name", vec![event("", "payload")]),
            ("without a payload", vec![event("name", "")]),
            (
                "in a refusal",
                vec![event("name", "1"), respond(400, "no", None)],
            ),
            ("none", vec![]),
        ] {
            case.probe("probe").await;
            let proposed = case.propose(&client, &call("probe", &script));
            let answers = case.process(&client, what, &proposed, &[1]).await;
            let action = answers
                .first()
                .and_then(|answer| chaincode_action(&answer.payload));
            let text = action.map_or("no action".to_owned(), |action| {
                let event = ChaincodeEvent::decode(action.events).expect("an event");
                let id = action.chaincode_id.unwrap_or_default();
                let ChaincodeEvent {
                    chaincode_id,
                    tx_id,
                    event_name,
                    payload,
                } = event;
                format!(
                    "{}:{} says {chaincode_id:?} {tx_id:?} {event_name:?} {payload:?}",
                    id.name, id.version
                )
            });
            case.note(&format!("{what} event"), text);
        }
        Ok(())
    });
}

#[test]
fn messages_out_of_turn_end_the_transaction_or_the_stream() {
    observe("messages_out_of_turn", async |case| {
        let tell = |r#type, payload: &str| Op::Tell {
            r#type,
            payload: payload.into(),
        };
        // Types of `ChaincodeMessage`.
        for (what, script) in [
            ("ERROR", vec![tell(7, "cannot serve now")]),
            ("ERROR after a write", vec![put("a", "1"), tell(7, "")]),
            (
                "COMPLETED that does not decode",
                vec![tell(6, "\u{7f}\u{7f}")],
            ),
            ("COMPLETED without anything", vec![tell(6, "")]),
            ("KEEPALIVE", vec![tell(18, ""), get("a")]),
            ("REGISTER", vec![tell(1, "")]),
            ("RESPONSE", vec![tell(13, "")]),
            ("TRANSACTION", vec![tell(5, "")]),
            ("unknown type", vec![tell(99, "")]),
            ("end of the stream", vec![Op::CloseStream]),
        ] {
            let mut script = script;
            script.push(Op::Silence);
            case.evaluate(what, "broken", &script).await;
            case.evaluate(&format!("after {what}"), "broken", &[get("a")])
                .await;
        }
        case.evaluate("no script", "broken", &[]).await;
        Ok(())
    });
}

#[test]
fn results_that_differ_are_not_put_together() {
    observe("differing_results", async |case| {
        case.probe("both").await;
        let client = case.client(1);
        let proposed = case.propose(&client, &call("both", &[Op::Count]));
        let endorsed = client.endorse(&proposed, &[]).await;
        case.note_result("differing answers", &endorsed);
        Ok(())
    });
}
