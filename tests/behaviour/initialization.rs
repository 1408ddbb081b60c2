//! Chaincodes that want to be initialised before anything else.

use e2e::wire::Call;

use crate::case::{call, observe};
use crate::ops::*;

#[test]
fn chaincode_that_wants_initialisation_gets_it_once() {
    observe("init", async |case| {
        let client = case.client(1);
        let key = case.key("a");
        let plain = call("prepared", &[put(&key, "1")]);
        let init = Call {
            init: true,
            ..plain.clone()
        };
        case.evaluate_on(&client, "evaluated before", &plain).await;
        case.simulate_for(&client, "called before", &plain, &[1])
            .await;
        let private = call(
            "prepared",
            &[put(("shared", key.as_str()), "1"), get(("shared", "x"))],
        );
        let private = Call {
            init: true,
            ..private
        };
        case.simulate_for(&client, "private data while it starts", &private, &[1])
            .await;
        let nested = call("probe", &[invoke("prepared", "", &[get(&key)])]);
        case.evaluate_on(&client, "called by another before", &nested)
            .await;
        let first = case.simulate_for(&client, "initialised", &init, &[1]).await;
        let second = case
            .simulate_for(&client, "and at the same time", &init, &[2])
            .await;
        case.commit(&[("first", &first), ("second", &second)])
            .await?;
        case.simulate_for(&client, "initialised again", &init, &[1])
            .await;
        case.evaluate_on(&client, "evaluated after", &call("prepared", &[get(&key)]))
            .await;
        let ready = case
            .simulate_for(&client, "called after", &plain, &[3])
            .await;
        case.commit(&[("called after code", &ready)]).await?;
        let unwanted = call("unprepared", &[get(&key)]);
        let unwanted = Call {
            init: true,
            ..unwanted
        };
        case.evaluate_on(&client, "initialised without need", &unwanted)
            .await;
        Ok(())
    });
}
