//! Chaincode that calls chaincode.

use fabric_testnet::probe::Op;

use crate::case::observe;
use crate::ops::*;

#[test]
fn called_chaincode_works_in_its_own_namespace_and_in_the_same_transaction() {
    observe("calls", async |case| {
        case.probe("other").await;
        case.probe("both").await;
        let [a, b] = ["a", "b"].map(|key| case.key(key));
        let inner = [get(&a), put(&a, "inner"), get(&a), Op::Call];
        let script = [put(&a, "outer"), invoke("other", "", &inner), get(&a)];
        case.submit("writes of both", "probe", &script).await?;
        let inner = [get(&a), range(&a, &b)];
        let script = [get(&a), invoke("other", "", &inner)];
        case.submit("reads of both", "probe", &script).await?;
        let inner = [put(&b, "1"), respond(400, "no", Some("because"))];
        case.submit(
            "called one refuses",
            "probe",
            &[invoke("other", "", &inner)],
        )
        .await?;
        let inner = [put(&b, "2"), respond(500, "broken", None)];
        case.submit("called one fails", "probe", &[invoke("other", "", &inner)])
            .await?;
        let inner = [event("inner", "1")];
        case.submit(
            "event of the called one",
            "probe",
            &[invoke("other", "", &inner)],
        )
        .await?;
        let inner = [event("inner", "1")];
        let script = [invoke("other", "", &inner), event("outer", "2")];
        case.submit("events of both", "probe", &script).await?;
        case.submit(
            "policy of the called one",
            "probe",
            &[invoke("both", "", &[put(&b, "3")])],
        )
        .await?;
        let script = [invoke("both", "", &[put(&b, "4")])];
        case.submit_with("policy of the called one met", "probe", &script, &[1, 2])
            .await?;
        case.submit(
            "called one only reads",
            "probe",
            &[invoke("both", "", &[get(&b)])],
        )
        .await?;
        Ok(())
    });
}

#[test]
fn what_cannot_be_called_is_refused() {
    observe("calls_refused", async |case| {
        case.probe("other").await;
        let get = [get("a")];
        case.evaluate("unknown chaincode", "probe", &[invoke("nothing", "", &get)])
            .await;
        case.evaluate(
            "unknown channel",
            "probe",
            &[invoke("other", "nowhere", &get)],
        )
        .await;
        case.evaluate(
            "unknown channel of itself",
            "probe",
            &[invoke("probe", "nowhere", &get)],
        )
        .await;
        let channel = case.suite.channel.clone();
        case.evaluate(
            "own channel by name",
            "probe",
            &[invoke("other", &channel, &get)],
        )
        .await;
        case.evaluate("itself", "probe", &[invoke("probe", "", &get)])
            .await;
        case.evaluate("no name", "probe", &[invoke("", "", &get)])
            .await;
        case.evaluate("qscc", "probe", &[invoke("qscc", "", &get)])
            .await;
        case.evaluate("cscc", "probe", &[invoke("cscc", "", &get)])
            .await;
        case.evaluate("_lifecycle", "probe", &[invoke("_lifecycle", "", &get)])
            .await;
        case.evaluate("with a version", "probe", &[invoke("other:1.0", "", &get)])
            .await;
        let no_arguments = Op::Invoke {
            chaincode: "other".to_owned(),
            channel: String::new(),
            args: vec![],
        };
        case.evaluate("no arguments", "probe", &[no_arguments])
            .await;
        let deep = [invoke("other", "", &[invoke("probe", "", &get)])];
        case.evaluate("back to the first", "probe", &deep).await;
        Ok(())
    });
}
