//! Private data: who keeps it, who may ask for it, and what becomes of it.

use e2e::wire::Client;
use fabric_testnet::probe::Op;

use crate::case::{Case, call, observe, observe_alone};
use crate::ops::*;

/// Evaluates a script on the peer of each organisation, asked by that organisation's user.
async fn everywhere(case: &mut Case, what: &str, script: &[Op]) {
    for organization in 1..=3 {
        let client = case.client(organization);
        let what = format!("{what} at Org{organization}");
        case.evaluate_on(&client, &what, &call("private", script))
            .await;
    }
}

#[test]
fn members_keep_values_and_all_keep_hashes() {
    observe("private_members", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.private_key(key));
        let [shared, other] = [&a, &b].map(|key| ("shared", key.as_str()));
        everywhere(case, "absent", &[get(shared), hash(shared)]).await;
        let writes = [put(shared, "1"), put(other, "2"), get(shared), hash(shared)];
        case.submit("write", "private", &writes).await?;
        everywhere(case, "present", &[get(shared), hash(shared), hash(other)]).await;
        let many = [range_in("shared", &a, &format!("{b}0"))];
        everywhere(case, "many", &many).await;
        case.submit("update", "private", &[get(shared), put(shared, "3")])
            .await?;
        case.submit("delete", "private", &[delete(other)]).await?;
        everywhere(
            case,
            "after a delete",
            &[get(shared), get(other), hash(other)],
        )
        .await;
        case.submit("purge", "private", &[purge(shared)]).await?;
        everywhere(case, "after a purge", &[get(shared), hash(shared)]).await;
        case.submit(
            "purge of an absent key",
            "private",
            &[purge(("shared", case.key("z").as_str()))],
        )
        .await?;
        Ok(())
    });
}

/// Alone: peers that do not know such messages end the stream of all who call the chaincode.
#[test]
fn many_private_keys_in_one_message_are_read_and_written_like_one_by_one() {
    observe_alone("private_batches", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.private_key(key));
        let writes = vec![put(("shared", a.as_str()), "1"), put(("shared", &b), "2")];
        case.submit("batch", "private", &[Op::Batch(writes)])
            .await?;
        everywhere(case, "many", &[get_many_in("shared", &[&a, &b])]).await;
        for collection in ["own", "nothing"] {
            let many = [get_many_in(collection, &["k"])];
            everywhere(case, &format!("many of {collection}"), &many).await;
        }
        let batch = Op::Batch(vec![put(("shared", "x"), "1"), put(("nothing", "x"), "1")]);
        case.evaluate("batch that fails", "private", &[batch]).await;
        Ok(())
    });
}

#[test]
fn collections_that_are_not_there_are_refused() {
    observe("private_refusals", async |case| {
        let k = ("nothing", "k");
        let unknown = [
            get(k),
            put(k, "1"),
            delete(k),
            purge(k),
            hash(k),
            metadata(k),
            set_metadata(k, "n", b"m"),
            range_in("nothing", "a", "b"),
        ];
        case.evaluate("unknown collection", "private", &unknown)
            .await;
        case.evaluate("chaincode without collections", "probe", &unknown)
            .await;
        let odd = [
            put(("shared", ""), "1"),
            get(("shared", "")),
            hash(("shared", "")),
            purge("k"),
            hash("k"),
        ];
        case.evaluate("odd keys", "private", &odd).await;
        let odd = [
            put(("_implicit_org_Org1MSP", "k"), "1"),
            get(("_implicit_org_Org1MSP", "k")),
        ];
        everywhere(case, "implicit collection", &odd).await;
        let unknown = [put(("_implicit_org_Org9MSP", "k"), "1")];
        case.evaluate("implicit collection of nobody", "private", &unknown)
            .await;
        let own = ("own", "k");
        let ops = [
            get(own),
            put(own, "1"),
            delete(own),
            hash(own),
            range_in("own", "a", "z"),
            purge(own),
            metadata(own),
        ];
        everywhere(case, "for members only", &ops).await;
        let page = Op::Range {
            collection: "shared".to_owned(),
            start: "a".to_owned(),
            end: "b".to_owned(),
            page: Some(fabric_testnet::probe::Page {
                size: 1,
                bookmark: String::new(),
            }),
        };
        case.evaluate("page", "private", &[page]).await;
        let ranges = [
            range_in("shared", "a", "b"),
            put("x", "1"),
            put(("shared", "x"), "1"),
        ];
        case.evaluate("write after a private range", "private", &ranges)
            .await;
        Ok(())
    });
}

#[test]
fn member_of_another_organisation_may_not_ask_elsewhere() {
    observe("private_strangers", async |case| {
        let own = ("own", "k");
        for organization in [2, 3] {
            let stranger = case.client(organization);
            let stranger = Client {
                home: 1,
                ..stranger
            };
            let ops = [
                get(own),
                put(own, "1"),
                hash(own),
                get(("shared", "k")),
                put(("shared", "k"), "1"),
            ];
            let what = format!("Org{organization} asks Org1's peer");
            case.evaluate_on(&stranger, &what, &call("private", &ops))
                .await;
        }
        Ok(())
    });
}

#[test]
fn collections_can_have_policies_of_their_own() {
    observe("private_policies", async |case| {
        let k = case.private_key("k");
        for collection in ["guarded", "majority", "shared", "own"] {
            let combinations: [&[usize]; 6] = [&[1], &[2], &[3], &[1, 2], &[1, 3], &[2, 3]];
            for organizations in combinations {
                let what = format!("{collection} by {organizations:?}");
                let script = [put((collection, k.as_str()), "1")];
                let client = case.client(organizations[0]);
                let call = call("private", &script);
                let ready = case
                    .simulate_for(&client, &what, &call, organizations)
                    .await;
                case.commit(&[(&format!("{what} code"), &ready)]).await?;
            }
        }
        let script = [put(("guarded", k.as_str()), "1"), put("x", "1")];
        case.submit_with("public and private", "private", &script, &[1, 2])
            .await
    });
}

#[test]
fn values_expire_with_their_blocks() {
    observe_alone("private_expiry", async |case| {
        let k = case.private_key("k");
        let brief = ("brief", k.as_str());
        case.submit("write", "private", &[put(brief, "1")]).await?;
        for number in 1..=4 {
            let script = [get(brief), hash(brief)];
            case.evaluate(&format!("after {} blocks", number - 1), "private", &script)
                .await;
            let x = case.key(&format!("x{number}"));
            case.submit(&format!("block {number}"), "private", &[put(&x, "1")])
                .await?;
        }
        case.evaluate("in the end", "private", &[get(brief), hash(brief)])
            .await;
        Ok(())
    });
}

#[test]
fn private_reads_conflict_like_public_ones() {
    observe("private_conflicts", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.private_key(key));
        let [a, b] = [&a, &b].map(|key| ("shared", key.as_str()));
        case.submit("before", "private", &[put(a, "1")]).await?;
        let one = &[1][..];
        let reader = case
            .simulate("reader", "private", &[get(a), put(b, "r")], one)
            .await;
        let hasher = case
            .simulate("hash reader", "private", &[hash(a), put("x", "h")], one)
            .await;
        let writer = case
            .simulate("writer", "private", &[put(a, "2")], one)
            .await;
        let absent = case
            .simulate("reader of an absent key", "private", &[get(b)], one)
            .await;
        let purger = case.simulate("purger", "private", &[purge(a)], one).await;
        case.commit(&[
            ("writer code", &writer),
            ("reader code", &reader),
            ("hash reader code", &hasher),
            ("reader of an absent key code", &absent),
            ("purger code", &purger),
        ])
        .await?;
        case.evaluate("in the end", "private", &[get(a), get(b), hash(a)])
            .await;
        Ok(())
    });
}

#[test]
fn private_keys_have_policies_too() {
    observe("private_key_policies", async |case| {
        let a = case.private_key("a");
        let a = ("shared", a.as_str());
        let create = [put(a, "1"), set_policy(a, "OR('Org2MSP.peer')")];
        case.submit_with("set by any", "private", &create, &[1])
            .await?;
        case.submit_with("value by another", "private", &[put(a, "2")], &[1])
            .await?;
        case.submit_with("value by the right one", "private", &[put(a, "3")], &[2])
            .await?;
        case.submit_with("cleared", "private", &[set_policy(a, "")], &[2])
            .await?;
        case.submit_with("value by any", "private", &[put(a, "4"), metadata(a)], &[3])
            .await?;
        Ok(())
    });
}
