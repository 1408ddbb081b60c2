//! The cases: what is done, transaction by transaction. Each uses keys of its own.
//!
//! No transaction reads what it wrote: Go's contract API does not show it, and ours does.

use serde_json::json;

use crate::script::{CALLEE, COLLECTION, Call, Op, ops, read};

/// A name and its transactions.
type Case = (&'static str, fn() -> Vec<Call>);

/// All of them. The first one reads ranges without bounds: nothing else may be there.
pub(crate) const CASES: &[Case] = &[
    ("open_ranges", open_ranges),
    ("reads_and_writes", reads_and_writes),
    ("ranges", ranges),
    ("long_ranges", long_ranges),
    ("composite_keys", composite_keys),
    ("pages", pages),
    ("histories", histories),
    ("key_policies", key_policies),
    ("private_data", private_data),
    ("private_queries", private_queries),
    ("private_key_policies", private_key_policies),
    ("events", events),
    ("calls", calls),
    ("many_writes", many_writes),
    ("invocations", invocations),
    ("refusals", refusals),
];

fn submit(script: Vec<Op>) -> Call {
    Call {
        submits: true,
        script,
    }
}

fn query(script: Vec<Op>) -> Call {
    Call {
        submits: false,
        script,
    }
}

fn open_ranges() -> Vec<Call> {
    vec![
        submit(ops![
            {"op": "put", "key": "a", "value": "1"},
            {"op": "put", "key": "b", "value": "2"},
            {"op": "put", "kind": "kind", "parts": ["x"], "value": "3"},
        ]),
        submit(ops![{"op": "range"}]),
        submit(ops![{"op": "range", "start": "b"}, {"op": "range", "end": "b"}]),
        query(ops![{"op": "page", "size": 1}, {"op": "page", "size": 5, "start": "a"}]),
    ]
}

fn reads_and_writes() -> Vec<Call> {
    let keys = ["rw-c", "rw-a", "rw-none", "rw-b"];
    vec![
        submit(ops![
            {"op": "put", "key": "rw-b", "value": "2"},
            {"op": "put", "key": "rw-a", "value": "1"},
            {"op": "put", "key": "rw-a", "value": "one"},
            {"op": "put", "key": "rw-c", "value": "3"},
        ]),
        submit(ops![
            {"op": "get", "key": "rw-b"},
            {"op": "get", "key": "rw-none"},
            {"op": "get", "key": "rw-b"},
            {"op": "put", "key": "rw-b", "value": "two"},
            {"op": "delete", "key": "rw-c"},
            {"op": "delete", "key": "rw-none"},
        ]),
        submit(ops![
            {"op": "get_many", "keys": keys},
            {"op": "get", "key": "rw-a"},
            {"op": "put", "key": "rw-d", "value": "4"},
            {"op": "delete", "key": "rw-d"},
        ]),
        query(ops![{"op": "get_many", "keys": keys}]),
        query(ops![{"op": "get_many", "keys": ["rw-a"]}]),
        submit(Vec::new()),
    ]
}

fn puts(prefix: &str, count: usize) -> Vec<Op> {
    let put = |n| read(json!({"op": "put", "key": format!("{prefix}{n:04}"), "value": "v"}));
    (0..count).map(put).collect()
}

fn ranges() -> Vec<Call> {
    vec![
        submit(puts("range-", 5)),
        submit(ops![{"op": "range", "start": "range-0001", "end": "range-0004"}]),
        submit(ops![
            {"op": "range", "start": "range-", "end": "range.", "size": 2},
            {"op": "range", "start": "range-0003", "end": "range."},
            {"op": "get", "key": "range-0000"},
            {"op": "put", "key": "range-0009", "value": "new"},
        ]),
        submit(ops![{"op": "range", "start": "range-7", "end": "range-8"}]),
        submit(ops![
            {"op": "range", "start": "range-", "end": "range.", "size": 5},
            {"op": "range", "start": "range-", "end": "range.", "size": 6},
            {"op": "range", "start": "range-", "end": "range.", "size": 7},
        ]),
    ]
}

/// A peer hands out 100 rows at a time, and records more than 50 as hashes.
fn long_ranges() -> Vec<Call> {
    let mut calls = vec![submit(puts("long-", 230))];
    for size in [49, 51, 99, 100, 101, 199, 200, 229, 230, 0] {
        let range = json!({"op": "range", "start": "long-", "end": "long.", "size": size});
        calls.push(submit(vec![read(range)]));
    }
    calls
}

fn composite_keys() -> Vec<Call> {
    vec![
        submit(ops![
            {"op": "put", "kind": "bond", "parts": ["ann", "1"], "value": "a1"},
            {"op": "put", "kind": "bond", "parts": ["ann", "2"], "value": "a2"},
            {"op": "put", "kind": "bond", "parts": ["bob", "1"], "value": "b1"},
            {"op": "put", "kind": "bond", "parts": ["", "1"], "value": "nobody"},
            {"op": "put", "kind": "bond", "value": "bare"},
            {"op": "put", "kind": "bondage", "parts": ["ann", "1"], "value": "other"},
        ]),
        submit(ops![
            {"op": "get", "kind": "bond", "parts": ["ann", "2"]},
            {"op": "range", "kind": "bond", "parts": ["ann"]},
            {"op": "range", "kind": "bond", "parts": ["carl"]},
        ]),
        submit(ops![{"op": "range", "kind": "bond"}]),
        submit(ops![{"op": "range", "kind": "bond", "parts": [""]}]),
        query(ops![
            {"op": "page", "kind": "bond", "size": 2},
            {"op": "page", "kind": "bond", "parts": ["ann"], "size": 1},
        ]),
    ]
}

fn pages() -> Vec<Call> {
    let page = |size: u32, bookmark: &str| {
        let page = json!({
            "op": "page", "start": "page-", "end": "page.", "size": size, "bookmark": bookmark,
        });
        query(vec![read(page)])
    };
    vec![
        submit(puts("page-", 12)),
        page(5, ""),
        page(5, "page-0005"),
        page(5, "page-0010"),
        page(12, ""),
        page(100, ""),
    ]
}

fn histories() -> Vec<Call> {
    vec![
        submit(ops![{"op": "put", "key": "past", "value": "1"}]),
        submit(ops![{"op": "put", "key": "past", "value": "2"}]),
        submit(ops![{"op": "delete", "key": "past"}]),
        submit(ops![{"op": "put", "key": "past", "value": "3"}]),
        query(ops![{"op": "history", "key": "past"}, {"op": "history", "key": "never"}]),
    ]
}

fn key_policies() -> Vec<Call> {
    let one = ["Org1MSP"];
    vec![
        submit(ops![
            {"op": "put", "key": "owned", "value": "1"},
            {"op": "put", "key": "free", "value": "1"},
            {"op": "protect", "key": "owned", "organizations": one},
        ]),
        submit(ops![{"op": "policy", "key": "owned"}, {"op": "policy", "key": "free"}]),
        submit(ops![{"op": "get", "key": "owned"}, {"op": "put", "key": "owned", "value": "2"}]),
        submit(ops![
            {"op": "protect", "key": "owned", "organizations": ["Org1MSP", "Org2MSP"]},
        ]),
        query(ops![{"op": "policy", "key": "owned"}, {"op": "policy", "key": "absent"}]),
    ]
}

fn private_data() -> Vec<Call> {
    let own = COLLECTION;
    vec![
        submit(ops![
            {"op": "put", "collection": own, "key": "pin", "value": "1234"},
            {"op": "put", "collection": own, "key": "code", "value": "9"},
            {"op": "put", "key": "pin-owner", "value": "ann"},
        ]),
        submit(ops![
            {"op": "get", "collection": own, "key": "pin"},
            {"op": "get", "collection": own, "key": "absent"},
            {"op": "put", "collection": own, "key": "pin", "value": "4321"},
        ]),
        submit(ops![
            {"op": "hash", "collection": own, "key": "pin"},
            {"op": "hash", "collection": own, "key": "absent"},
        ]),
        submit(ops![
            {"op": "get_many", "collection": own, "keys": ["pin", "absent", "code"]},
        ]),
        submit(ops![{"op": "delete", "collection": own, "key": "code"}]),
        submit(ops![{"op": "purge", "collection": own, "key": "pin"}]),
        query(ops![
            {"op": "get", "collection": own, "key": "pin"},
            {"op": "hash", "collection": own, "key": "code"},
        ]),
    ]
}

fn private_queries() -> Vec<Call> {
    let own = COLLECTION;
    vec![
        submit(ops![
            {"op": "put", "collection": own, "key": "row-1", "value": "a"},
            {"op": "put", "collection": own, "key": "row-2", "value": "b"},
            {"op": "put", "collection": own, "kind": "row", "parts": ["x", "1"], "value": "c"},
        ]),
        query(ops![
            {"op": "range", "collection": own, "start": "row-", "end": "row."},
            {"op": "range", "collection": own, "kind": "row", "parts": ["x"]},
        ]),
        query(ops![{"op": "select", "collection": own, "value": "{\"selector\":{}}"}]),
    ]
}

fn private_key_policies() -> Vec<Call> {
    let own = COLLECTION;
    vec![
        submit(ops![
            {"op": "put", "collection": own, "key": "owned", "value": "1"},
            {"op": "protect", "collection": own, "key": "owned", "organizations": ["Org1MSP"]},
        ]),
        submit(ops![
            {"op": "policy", "collection": own, "key": "owned"},
            {"op": "policy", "collection": own, "key": "absent"},
        ]),
        submit(ops![{"op": "put", "collection": own, "key": "owned", "value": "2"}]),
    ]
}

fn events() -> Vec<Call> {
    vec![
        submit(ops![
            {"op": "event", "name": "moved", "value": "far"},
            {"op": "put", "key": "event", "value": "1"},
        ]),
        submit(ops![
            {"op": "event", "name": "first", "value": "1"},
            {"op": "event", "name": "last", "value": "2"},
        ]),
    ]
}

fn calls() -> Vec<Call> {
    let inner = json!([
        {"op": "get", "key": "there"},
        {"op": "put", "key": "there", "value": "1"},
        {"op": "event", "name": "lost", "value": ""},
    ]);
    vec![
        submit(ops![
            {"op": "put", "key": "here", "value": "1"},
            {"op": "call", "chaincode": CALLEE, "script": inner},
        ]),
        submit(ops![
            {"op": "get", "key": "here"},
            {"op": "call", "chaincode": CALLEE, "script": [
                {"op": "range", "start": "t", "end": "u"},
                {"op": "put", "collection": COLLECTION, "key": "deep", "value": "2"},
            ]},
        ]),
        query(ops![{"op": "call", "chaincode": CALLEE, "script": [{"op": "get", "key": "there"}]}]),
        submit(ops![{"op": "call", "chaincode": CALLEE, "script": [{"op": "fail"}]}]),
    ]
}

/// More than one batch of writes, and of reads.
fn many_writes() -> Vec<Call> {
    let keys: Vec<String> = (0..1_200).map(|n| format!("many-{n:04}")).collect();
    vec![
        submit(puts("many-", 2_300)),
        submit(vec![read(json!({"op": "get_many", "keys": keys}))]),
    ]
}

fn invocations() -> Vec<Call> {
    vec![
        submit(ops![{"op": "who"}, {"op": "transient", "name": "pin"}]),
        query(ops![{"op": "who"}, {"op": "transient", "name": "absent"}]),
    ]
}

fn refusals() -> Vec<Call> {
    vec![
        submit(ops![
            {"op": "put", "key": "refused", "value": "1"},
            {"op": "put", "key": "", "value": "1"},
            {"op": "select", "value": "{\"selector\":{}}"},
        ]),
        query(ops![{"op": "page", "value": "{\"selector\":{}}", "size": 2}]),
        submit(ops![{"op": "put", "key": "refused", "value": "2"}, {"op": "fail"}]),
        query(ops![{"op": "get", "key": "refused"}]),
        submit(
            ops![{"op": "put", "kind": "wrong\u{0}kind", "value": "1"}, {"op": "get", "key": "x"}],
        ),
    ]
}
