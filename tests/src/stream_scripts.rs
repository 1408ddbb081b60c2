//! The transactions of the stream recording: every request of the chaincode stream at least once.

use fabric_testnet::Compat;
use fabric_testnet::probe::{Data, Key, Op, Page};

/// Labelled scripts, in order. A chaincode does one by one what a peer of this version does not take
/// at once.
#[must_use]
pub fn scripts(compat: Compat) -> Vec<(String, Vec<Op>)> {
    let mut scripts = writes();
    scripts.extend(queries());
    scripts.extend(refusals());
    scripts
        .into_iter()
        .map(|(label, script)| {
            let script = match compat {
                Compat::V3_1 => script,
                Compat::V2_5 => script.into_iter().flat_map(one_by_one).collect(),
            };
            (label.to_owned(), script)
        })
        .collect()
}

fn one_by_one(op: Op) -> Vec<Op> {
    match op {
        Op::Batch(ops) => ops,
        Op::GetMany { collection, keys } => {
            let key = |name: String| Key::from((collection.as_str(), name.as_str()));
            keys.into_iter().map(|name| Op::Get(key(name))).collect()
        }
        other => vec![other],
    }
}

type Labelled = (&'static str, Vec<Op>);

fn put(key: &str, value: &str) -> Op {
    Op::Put(key.into(), Data::from(value))
}

fn metadata(key: &str, name: &str, value: &str) -> Op {
    Op::SetMetadata {
        key: key.into(),
        name: name.to_owned(),
        value: Data::from(value),
    }
}

fn range(start: &str, end: &str, page: Option<(i32, &str)>) -> Op {
    Op::Range {
        collection: String::new(),
        start: start.to_owned(),
        end: end.to_owned(),
        page: page.map(|(size, bookmark)| Page {
            size,
            bookmark: bookmark.to_owned(),
        }),
    }
}

fn writes() -> Vec<Labelled> {
    let get = |key: &str| Op::Get(key.into());
    let keys = |keys: &[&str]| Op::GetMany {
        collection: String::new(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
    };
    let batch = vec![
        put("b", "2"),
        put("c", "3"),
        Op::Delete("a".into()),
        metadata("b", "n", "m"),
    ];
    vec![
        ("an absent key", vec![get("a")]),
        ("a write", vec![put("a", "1"), get("a")]),
        ("a read", vec![get("a")]),
        ("a batch", vec![Op::Batch(batch)]),
        ("several keys", vec![keys(&["a", "b", "c"]), keys(&[])]),
        (
            "metadata",
            vec![
                Op::Metadata("b".into()),
                metadata("c", "x", "y"),
                Op::Metadata("a".into()),
            ],
        ),
        ("a deletion", vec![Op::Delete("b".into()), get("b")]),
        (
            "an event",
            vec![Op::Event {
                name: "e".to_owned(),
                payload: Data::from("p"),
            }],
        ),
        ("a refusal", vec![put("a", "9"), respond(400, "no")]),
        ("a failure", vec![put("a", "9"), respond(500, "broken")]),
    ]
}

fn respond(status: i32, message: &str) -> Op {
    Op::Respond {
        status,
        message: message.to_owned(),
        payload: None,
    }
}

fn queries() -> Vec<Labelled> {
    let fill = (0..105)
        .map(|number| put(&format!("r{number:03}"), "v"))
        .collect();
    vec![
        ("rows", fill),
        ("a range", vec![range("r000", "r003", None)]),
        ("a range of nothing", vec![range("x", "y", None)]),
        (
            "a range in two messages",
            vec![range("r", "s", None), Op::Next(0)],
        ),
        (
            "a range that is left",
            vec![range("r", "s", None), Op::Close(0), Op::Next(0)],
        ),
        ("a page", vec![range("r", "s", Some((2, "")))]),
        ("the next page", vec![range("r", "s", Some((2, "r002")))]),
        ("the last page", vec![range("r1", "s", Some((10, "")))]),
        (
            "a history",
            vec![
                Op::History("a".to_owned()),
                Op::History("b".to_owned()),
                Op::History("no".to_owned()),
            ],
        ),
    ]
}

fn refusals() -> Vec<Labelled> {
    let raw = |r#type, payload: &[u8]| Op::Raw {
        r#type,
        payload: payload.into(),
    };
    let query = Op::Query {
        collection: String::new(),
        query: "{}".to_owned(),
        page: None,
    };
    let nobody = Op::Invoke {
        chaincode: "nobody".to_owned(),
        channel: String::new(),
        args: vec![],
    };
    vec![
        (
            "an empty key",
            vec![
                put("", "1"),
                Op::Get("".into()),
                Op::Delete("".into()),
                metadata("", "n", "m"),
            ],
        ),
        (
            "no such collection",
            vec![
                Op::Get(("none", "k").into()),
                Op::Put(("none", "k").into(), Data::from("v")),
                Op::PrivateHash(("none", "k").into()),
            ],
        ),
        ("public state cannot be purged", vec![Op::Purge("a".into())]),
        ("a rich query", vec![query]),
        ("a chaincode that is not there", vec![nobody]),
        ("a request that does not decode", vec![raw(8, &[0xff; 9])]),
        (
            "a query that is not open",
            vec![raw(16, b"\x0a\x01x"), raw(17, b"\x0a\x01x")],
        ),
        (
            "a write after a page",
            vec![range("r", "s", Some((1, ""))), put("a", "2")],
        ),
        (
            "a page after a write",
            vec![put("a", "2"), range("r", "s", Some((1, "")))],
        ),
    ]
}
