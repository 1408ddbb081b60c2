//! Ranges, pages and histories: rows, bookmarks, limits and refusals.

use fabric_testnet::probe::{Op, Page};

use crate::case::observe;
use crate::ops::*;

#[test]
fn ranges_and_pages_give_their_rows_in_order() {
    observe("ranges", async |case| {
        let names = ["r/a", "r/b", "r/c", "r/d", "r/e"];
        let writes: Vec<_> = names
            .iter()
            .map(|name| put(&case.key(name), name))
            .collect();
        case.submit("before", "probe", &writes).await?;
        let (start, end) = (case.key("r/"), case.key("r0"));
        let whole = [range(&start, &end), Op::Next(0), Op::Close(0), Op::Close(0)];
        case.submit("whole range", "probe", &whole).await?;
        let part = [range(&case.key("r/b"), &case.key("r/d"))];
        case.submit("end is excluded", "probe", &part).await?;
        case.submit("end before start", "probe", &[range(&end, &start)])
            .await?;
        case.submit(
            "nothing there",
            "probe",
            &[range(&case.key("z"), &case.key("zz"))],
        )
        .await?;
        let changed = [
            delete(&case.key("r/a")),
            put(&case.key("r/aa"), "new"),
            range(&start, &end),
        ];
        case.submit("own writes are not in a range", "probe", &changed)
            .await?;
        case.submit("without deletions", "probe", &[range(&start, &end)])
            .await?;
        for (what, size, bookmark) in [
            ("first page", 2, String::new()),
            ("second page", 2, case.key("r/c")),
            ("last page", 2, case.key("r/e")),
            ("page that ends exactly", 5, String::new()),
            ("page of everything", 50, String::new()),
            ("page of none", 0, String::new()),
            ("negative page", -1, String::new()),
            ("bookmark before the start", 2, case.key("a")),
            ("bookmark behind the end", 2, case.key("z")),
            ("bookmark between keys", 2, case.key("r/bb")),
        ] {
            let script = [page(&start, &end, size, &bookmark), Op::Next(0)];
            case.submit(what, "probe", &script).await?;
        }
        Ok(())
    });
}

#[test]
fn pages_and_writes_exclude_each_other() {
    observe("pages_and_writes", async |case| {
        let (start, end) = (case.key("r/"), case.key("r0"));
        let a = case.key("a");
        let paged = page(&start, &end, 2, "");
        case.evaluate(
            "write after a page",
            "probe",
            &[paged.clone(), put(&a, "1")],
        )
        .await;
        case.evaluate(
            "page after a write",
            "probe",
            &[put(&a, "1"), paged.clone()],
        )
        .await;
        let private = [paged.clone(), set_metadata(&a, "n", b"m"), delete(&a)];
        case.evaluate("metadata and delete after a page", "probe", &private)
            .await;
        let ranges = [range(&start, &end), put(&a, "1"), paged];
        case.evaluate("range, write, page", "probe", &ranges).await;
        Ok(())
    });
}

#[test]
fn queries_that_are_not_open_are_refused() {
    observe("query_names", async |case| {
        let raw = |r#type, payload: &[u8]| Op::Raw {
            r#type,
            payload: payload.into(),
        };
        // Field 1 of QueryStateNext and of QueryStateClose is the query's name.
        case.evaluate(
            "next of an unknown query",
            "probe",
            &[raw(16, b"\x0a\x01x")],
        )
        .await;
        case.evaluate(
            "close of an unknown query",
            "probe",
            &[raw(17, b"\x0a\x01x")],
        )
        .await;
        let (start, end) = (case.key("r/"), case.key("r0"));
        let after = [range(&start, &end), Op::Close(0), Op::Next(0)];
        case.evaluate("next after close", "probe", &after).await;
        let many: Vec<_> = (0..101).map(|_| history(&start)).collect();
        case.evaluate("histories of nothing", "probe", &many[..3])
            .await;
        Ok(())
    });
}

#[test]
fn history_tells_every_committed_change_newest_first() {
    observe("history", async |case| {
        let a = case.key("a");
        case.submit("absent", "probe", &[history(&a)]).await?;
        case.submit("first", "probe", &[put(&a, "1")]).await?;
        case.submit("second", "probe", &[put(&a, "2"), history(&a)])
            .await?;
        let loses = case
            .simulate("loses", "probe", &[get(&a), put(&a, "lost")], &[1])
            .await;
        case.submit("third", "probe", &[delete(&a)]).await?;
        case.commit(&[("loses code", &loses)]).await?;
        case.submit("metadata", "probe", &[set_metadata(&a, "n", b"m")])
            .await?;
        case.submit("fourth", "probe", &[put(&a, ""), put(&case.key("b"), "b")])
            .await?;
        case.submit("fifth", "probe", &[put(&a, "5")]).await?;
        case.submit("history", "probe", &[history(&a), Op::Next(0), history(&a)])
            .await?;
        Ok(())
    });
}

#[test]
fn rich_queries_are_refused_without_a_database_for_them() {
    observe("rich_queries", async |case| {
        let query = |collection: &str, page: Option<Page>| Op::Query {
            collection: collection.to_owned(),
            query: r#"{"selector":{"a":1}}"#.to_owned(),
            page,
        };
        let paged = Some(Page {
            size: 2,
            bookmark: String::new(),
        });
        case.evaluate("query", "probe", &[query("", None)]).await;
        case.evaluate("page", "probe", &[query("", paged.clone())])
            .await;
        case.evaluate(
            "of a collection that is not there",
            "probe",
            &[query("c", None)],
        )
        .await;
        case.evaluate("page of a collection", "probe", &[query("c", paged)])
            .await;
        Ok(())
    });
}
