//! Two channels of the same peers: what they share, and what not.

use e2e::wire::{Call, Client};
use fabric_protos::peer::ChannelQueryResponse;
use prost::Message as _;

use crate::case::{Case, call, observe};
use crate::describe;
use crate::ops::*;
use crate::suite::SECOND_CHANNEL;

async fn evaluate(case: &mut Case, client: &Client, what: &str, call: &Call) {
    let proposed = case.propose(client, call);
    let answer = client.evaluate(&proposed, &["Org1MSP"]).await;
    let text = answer.map_or_else(|s| describe::failure(&s), |r| describe::response(&r));
    case.note(what, text);
}

#[test]
fn channels_have_chaincodes_and_states_of_their_own() {
    observe("channels", async |case| {
        let first = case.client(1);
        let second = first.on_channel(SECOND_CHANNEL);
        let key = case.key("a");
        case.submit("write on the first", "here", &[put(&key, "first")])
            .await?;
        evaluate(case, &second, "not deployed there", &call("here", &[])).await;
        let write = call("there", &[put(&key, "second")]);
        let ready = case
            .simulate_for(&second, "write on the second", &write, &[1])
            .await;
        let placed = case
            .commit_for(&second, &[("write on the second code", &ready)])
            .await?;
        let newest = second.newest(1).await;
        case.note(
            "a chain of its own",
            (placed[0].block <= newest).to_string(),
        );
        evaluate(
            case,
            &second,
            "read on the second",
            &call("there", &[get(&key)]),
        )
        .await;
        evaluate(
            case,
            &first,
            "read on the first",
            &call("here", &[get(&key)]),
        )
        .await;
        evaluate(case, &first, "not deployed here", &call("there", &[])).await;
        let foreign = first.broadcast(vec![ready.envelope.clone()]).await;
        let foreign = foreign.expect("the orderer answers");
        case.note("sent again", foreign[0].status.to_string());

        let asked = case.propose(&first, &Call::new("cscc", [&b"GetChannels"[..]]));
        let answer = first
            .process(1, &asked.signed)
            .await
            .expect("the peer answers");
        let payload = answer.response.unwrap_or_default().payload;
        let channels = ChannelQueryResponse::decode(payload).expect("a list of channels");
        let mut names: Vec<_> = channels
            .channels
            .into_iter()
            .map(|one| one.channel_id)
            .collect();
        names.sort();
        case.note("channels of the peer", names.join(" "));
        Ok(())
    });
}

#[test]
fn chaincode_of_another_channel_can_be_asked_and_not_told() {
    observe("calls_to_another_channel", async |case| {
        let first = case.client(1);
        let second = first.on_channel(SECOND_CHANNEL);
        let (key, own) = (case.key("a"), case.key("b"));
        let write = call("there", &[put(&key, "second")]);
        let ready = case.simulate_for(&second, "before", &write, &[1]).await;
        case.commit_for(&second, &[("before code", &ready)]).await?;
        let there = |script: &[fabric_testnet::probe::Op]| invoke("there", SECOND_CHANNEL, script);
        case.submit("asks", "here", &[there(&[get(&key)]), put(&own, "1")])
            .await?;
        let tells = [
            there(&[get(&key), put(&key, "changed"), get(&key)]),
            get(&key),
        ];
        case.submit("tells", "here", &tells).await?;
        case.submit(
            "an event and a refusal",
            "here",
            &[
                there(&[event("e", "p")]),
                there(&[respond(400, "no", None)]),
            ],
        )
        .await?;
        let back = invoke("here", &first.channel, &[get(&own)]);
        case.submit("there and back", "here", &[there(&[back])])
            .await?;
        case.submit(
            "not deployed there",
            "here",
            &[invoke("here", SECOND_CHANNEL, &[])],
        )
        .await?;
        let own = call("there", &[get(&key)]);
        evaluate(case, &second, "in the end", &own).await;
        Ok(())
    });
}
