//! Transactions of one block that get in each other's way.

use crate::case::{observe, observe_alone};
use crate::ops::*;

#[test]
fn reader_loses_against_an_earlier_writer_of_its_block() {
    observe("conflicts", async |case| {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|key| case.key(key));
        case.submit(
            "before",
            "probe",
            &[put(&a, "1"), put(&b, "1"), put(&d, "1")],
        )
        .await?;
        let all = &[1][..];
        let stale = case
            .simulate("stale", "probe", &[get(&b), put(&c, "s")], all)
            .await;
        case.submit("overtaking", "probe", &[put(&b, "2")]).await?;
        let first = case
            .simulate("first", "probe", &[get(&a), put(&a, "2")], all)
            .await;
        let second = case
            .simulate("second", "probe", &[get(&a), put(&a, "3")], all)
            .await;
        let blind = case.simulate("blind", "probe", &[put(&a, "4")], all).await;
        let reader = case.simulate("reader", "probe", &[get(&a)], all).await;
        let absent = case
            .simulate("absent", "probe", &[get(&c), put(&c, "5")], all)
            .await;
        let late = case.simulate("late", "probe", &[get(&c)], all).await;
        let gone = case.simulate("gone", "probe", &[delete(&d)], all).await;
        let missed = case
            .simulate("missed", "probe", &[get(&d), put(&d, "6")], all)
            .await;
        let unhurt = case
            .simulate("unhurt", "probe", &[get(&b), put(&b, "7")], all)
            .await;
        case.commit(&[
            ("first code", &first),
            ("second code", &second),
            ("blind code", &blind),
            ("reader code", &reader),
            ("stale code", &stale),
            ("absent code", &absent),
            ("late code", &late),
            ("gone code", &gone),
            ("missed code", &missed),
            ("unhurt code", &unhurt),
        ])
        .await?;
        case.evaluate("in the end", "probe", &[get(&a), get(&b), get(&c), get(&d)])
            .await;
        Ok(())
    });
}

#[test]
fn range_that_a_block_changes_is_a_phantom_for_those_who_read_it() {
    observe("phantoms", async |case| {
        let key = |name: &str| case.key(name);
        let [a, e, m, x] = ["r/a", "r/e", "r/m", "x"].map(key);
        let (start, end) = (case.key("r/"), case.key("r0"));
        case.submit(
            "before",
            "probe",
            &[put(&a, "1"), put(&m, "1"), put(&x, "1")],
        )
        .await?;
        let all = &[1][..];
        let whole = [range(&start, &end), put(&x, "w")];
        let untouched = case.simulate("untouched", "probe", &whole, all).await;
        let insert = case.simulate("insert", "probe", &[put(&e, "1")], all).await;
        let before = case
            .simulate(
                "part before",
                "probe",
                &[range(&start, &e), put(&x, "b")],
                all,
            )
            .await;
        let after = case
            .simulate("part after", "probe", &[range(&e, &end), put(&x, "a")], all)
            .await;
        let inserted = case.simulate("whole range", "probe", &whole, all).await;
        let open = case
            .simulate("paged", "probe", &[page(&start, &end, 1, "")], all)
            .await;
        case.commit(&[
            ("untouched code", &untouched),
            ("insert code", &insert),
            ("part before code", &before),
            ("part after code", &after),
            ("whole range code", &inserted),
            ("paged code", &open),
        ])
        .await?;
        let update = case.simulate("update", "probe", &[put(&a, "2")], all).await;
        let updated = case.simulate("after an update", "probe", &whole, all).await;
        let remove = case.simulate("remove", "probe", &[delete(&m)], all).await;
        let part = [range(&e, &end), put(&x, "r")];
        let removed = case.simulate("after a removal", "probe", &part, all).await;
        case.commit(&[
            ("update code", &update),
            ("after an update code", &updated),
            ("remove code", &remove),
            ("after a removal code", &removed),
        ])
        .await?;
        Ok(())
    });
}

#[test]
fn transaction_sent_again_is_a_duplicate() {
    observe("duplicates", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.key(key));
        let once = case
            .simulate("once", "probe", &[get(&a), put(&a, "1")], &[1])
            .await;
        case.commit(&[("twice in one block, first", &once), ("second", &once)])
            .await?;
        case.commit(&[("in a later block", &once)]).await?;
        let first = case
            .simulate("first", "probe", &[get(&b), put(&b, "1")], &[1])
            .await;
        let loser = case
            .simulate("loser", "probe", &[get(&b), put(&b, "2")], &[1])
            .await;
        case.commit(&[("first code", &first), ("loser code", &loser)])
            .await?;
        case.commit(&[("loser again", &loser)]).await?;
        let client = case.client(1);
        let submitted = client.submit(&once.id, &once.envelope).await;
        case.note_result("submitted to the gateway", &submitted);
        let call = crate::case::call("probe", &[get(&a)]);
        let proposed = case.propose(&client, &call);
        let responses = case.process(&client, "proposal", &proposed, &[1]).await;
        let envelope = client.assemble(&proposed, &responses);
        let ready = crate::case::Ready {
            id: proposed.id.clone(),
            envelope,
        };
        case.commit(&[("committed", &ready)]).await?;
        case.process(
            &client,
            "proposal of a committed transaction",
            &proposed,
            &[1],
        )
        .await;
        let evaluated = client.evaluate(&proposed, &[]).await;
        case.note_result("evaluated", &evaluated);
        let endorsed = client.endorse(&proposed, &[]).await;
        case.note_result("endorsed", &endorsed);
        Ok(())
    });
}

#[test]
fn large_ranges_are_recorded_as_hashes_and_still_guarded() {
    observe_alone("large_ranges", async |case| {
        let name = |number: usize| format!("k{number:04}");
        let writes: Vec<_> = (0..120)
            .map(|number| put(&case.key(&name(number)), "v"))
            .collect();
        case.submit("before", "probe", &writes[..50]).await?;
        case.submit("before, too", "probe", &writes[50..]).await?;
        let (start, end) = (case.key("k"), case.key("l"));
        let whole = [
            range(&start, &end),
            fabric_testnet::probe::Op::Next(0),
            fabric_testnet::probe::Op::Next(0),
        ];
        let unread = case
            .simulate("first page only", "probe", &whole[..1], &[1])
            .await;
        let read = case.simulate("all pages", "probe", &whole, &[1]).await;
        let last = case.key(&name(119));
        let change = case
            .simulate("change of the last", "probe", &[put(&last, "w")], &[1])
            .await;
        case.commit(&[
            ("change", &change),
            ("first page only code", &unread),
            ("all pages code", &read),
        ])
        .await?;
        Ok(())
    });
}
