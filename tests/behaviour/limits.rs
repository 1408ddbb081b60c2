//! How many calls a gateway serves at once.

use fabric_protos::gateway::ChaincodeEventsRequest;
use fabric_testnet::probe::Op;
use futures::future::join_all;

use crate::case::{call, observe_alone, within};
use crate::describe;
use crate::ops::*;
use crate::suite::GATEWAY_CALLS;

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
        let all = probe.arrived(&gate, usize::from(GATEWAY_CALLS));
        within("the calls that fill the gateway", all).await;

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
            let response = outcome.expect("a call ends").expect("it is answered");
            assert_eq!(response.status, 200, "{}", describe::response(&response));
        }
        let again = client.evaluate(&proposed, &["Org1MSP"]).await;
        case.note_result("evaluate when they have ended", &again);
        Ok(())
    });
}
