//! How many calls a gateway serves at once.

use std::time::Duration;

use fabric_protos::gateway::ChaincodeEventsRequest;
use fabric_testnet::probe::Op;
use fabric_testnet::wait_until;
use futures::future::join_all;
use tokio::time::timeout;

use crate::case::{DEADLINE, call, observe_alone, within};
use crate::ops::*;
use crate::suite::GATEWAY_CALLS;

/// How long one look at the calls takes.
const GLANCE: Duration = Duration::from_millis(100);

#[test]
fn calls_beyond_the_limit_of_a_gateway_are_refused_whatever_they_are() {
    observe_alone("gateway_limit", async |case| {
        let probe = case.probe("limited").await;
        let client = case.client(1);
        let gate = case.key("gate");
        let waits = call("limited", &[Op::Await(gate.clone()), get("a")]);
        let proposals = (0..GATEWAY_CALLS).map(|_| client.propose(&waits));
        let waiting = proposals.map(|proposed| {
            let client = client.clone();
            tokio::spawn(async move { client.evaluate(&proposed, &["Org1MSP"]).await })
        });
        let waiting: Vec<_> = waiting.collect();
        // A real gateway notices that a client has left a stream of events when the next event comes:
        // such streams of other cases count, too, and some calls here are refused for them.
        let full = wait_until(DEADLINE, || async {
            let refused = waiting.iter().filter(|one| one.is_finished()).count();
            let all = probe.arrived(&gate, usize::from(GATEWAY_CALLS) - refused);
            timeout(GLANCE, all).await.is_ok()
        });
        full.await.expect("the gateway is full");

        let proposed = case.propose(&client, &call("limited", &[get("a")]));
        let evaluated = client.evaluate(&proposed, &["Org1MSP"]).await;
        case.note_result("evaluate", &evaluated);
        let endorsed = client.endorse(&proposed, &[]).await;
        case.note_result("endorse", &endorsed);
        let submitted = client.submit(&proposed.id, &Default::default()).await;
        case.note_result("submit", &submitted);
        let status = client.status(1, &proposed.id).await;
        case.note_result("status", &status);
        let events = client.events(ChaincodeEventsRequest::default()).await;
        case.note_result("events", &events);
        let endorser = client.process(1, &proposed.signed).await;
        case.note_result("the endorser", &endorser);

        probe.open(&gate);
        let outcomes = within("the calls that waited", join_all(waiting)).await;
        for outcome in outcomes {
            match outcome.expect("a call ends") {
                Ok(response) => assert_eq!(response.status, 200, "{response:?}"),
                Err(status) => assert!(status.message().contains("limit"), "{status}"),
            }
        }
        let again = client.evaluate(&proposed, &["Org1MSP"]).await;
        case.note_result("evaluate when they have ended", &again);
        Ok(())
    });
}
