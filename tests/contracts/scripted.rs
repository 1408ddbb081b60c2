//! The program on our contract API. `tests/interop/go/contracts` is the same in Go.

use fabric_contract_api_rust::{
    EndorsementPolicy, Failure, Key, KeyRange, LedgerError, Page, Query, Reader, Row, Tx, contract,
    statebased::Role,
};
use serde_json::{Value, json};

use crate::script::Op;

pub(crate) struct Scripted;

#[contract(name = "scripted")]
impl Scripted {
    /// Runs a script that may write.
    #[transaction]
    fn submit(&self, tx: &mut Tx, script: String) -> Result<String, Failure> {
        run(&script, |op| write(tx, op))
    }

    /// Runs a script that only reads.
    #[query]
    fn query(&self, query: &Query, script: String) -> Result<String, Failure> {
        run(&script, |op| scan(query, op))
    }
}

fn run(
    script: &str,
    mut perform: impl FnMut(&Op) -> Result<Value, LedgerError>,
) -> Result<String, Failure> {
    let ops: Vec<Op> = serde_json::from_str(script)
        .map_err(|error| Failure::new(400, "NO_SCRIPT", error.to_string()))?;
    let mut answers = Vec::new();
    for op in ops {
        if op.op == "fail" {
            return Err(Failure::new(500, "FAILED", "the script says so"));
        }
        let answer = perform(&op);
        answers.push(answer.unwrap_or_else(|error| {
            eprintln!("{}: {error}", op.op);
            json!({ "refused": true })
        }));
    }
    Ok(Value::from(answers).to_string())
}

/// What writes; all else reads.
fn write(tx: &mut Tx, op: &Op) -> Result<Value, LedgerError> {
    let done = Value::Null;
    if !op.collection.is_empty() {
        let mut private = tx.private(&op.collection)?;
        match op.op.as_str() {
            "put" => private.put(&key(op)?, op.value.as_bytes())?,
            "delete" => private.delete(&key(op)?)?,
            "purge" => private.purge(&key(op)?)?,
            "protect" => private.set_endorsement(&key(op)?, Some(&protection(op)))?,
            _ => return read(tx, op),
        }
        return Ok(done);
    }
    match op.op.as_str() {
        "put" => tx.put(&key(op)?, op.value.as_bytes())?,
        "delete" => tx.delete(&key(op)?)?,
        "protect" => tx.set_endorsement(&key(op)?, Some(&protection(op)))?,
        "event" => tx.set_event(&op.name, op.value.as_bytes())?,
        "call" => {
            let answers = tx.invoke_chaincode(&op.chaincode, &op.channel, &call(op))?;
            return Ok(json(&answers));
        }
        _ => return read(tx, op),
    }
    Ok(done)
}

/// What only a query may do; all else reads.
fn scan(query: &Query, op: &Op) -> Result<Value, LedgerError> {
    match (op.op.as_str(), op.collection.is_empty()) {
        ("page", true) => {
            let page = Page {
                size: op.size,
                bookmark: Some(op.bookmark.clone()).filter(|bookmark| !bookmark.is_empty()),
            };
            let paged = match op.value.as_str() {
                "" => query.page(&range(op)?, &page)?,
                selector => query.rich_page(selector, &page)?,
            };
            let rows = rows(paged.items.into_iter().map(Ok), 0)?;
            Ok(json!({ "rows": rows, "bookmark": paged.bookmark.unwrap_or_default() }))
        }
        ("history", true) => {
            let mut values = Vec::new();
            for change in query.history(&key(op)?)? {
                let change = change?;
                values.push((!change.is_delete).then(|| text(change.value)));
            }
            Ok(json!(values))
        }
        ("range", false) => rows(query.private(&op.collection)?.range(&range(op)?)?, size(op)),
        ("select", false) => rows(query.private(&op.collection)?.rich_query(&op.value)?, 0),
        ("call", true) => {
            let answers = query.invoke_chaincode(&op.chaincode, &op.channel, &call(op))?;
            Ok(json(&answers))
        }
        _ => read(query, op),
    }
}

fn read(reader: &Reader, op: &Op) -> Result<Value, LedgerError> {
    if !op.collection.is_empty() {
        return read_private(reader, op);
    }
    match op.op.as_str() {
        "get" => Ok(json!(reader.get(&key(op)?)?.map(text))),
        "get_many" => Ok(texts(reader.get_many(&op.keys)?)),
        "range" => rows(reader.range(&range(op)?)?, size(op)),
        "select" => rows(reader.rich_query(&op.value)?, 0),
        "policy" => Ok(protectors(reader.endorsement(&key(op)?)?)),
        "transient" => {
            let found = reader.transient(&op.name).map(<[u8]>::to_vec);
            Ok(json!(found.map(text)))
        }
        "who" => who(reader),
        other => panic!("no such operation: {other}"),
    }
}

fn read_private(reader: &Reader, op: &Op) -> Result<Value, LedgerError> {
    let private = reader.private(&op.collection)?;
    match op.op.as_str() {
        "get" => Ok(json!(private.get(&key(op)?)?.known()?.map(text))),
        "get_many" => Ok(texts(private.get_many_unchecked(&op.keys)?)),
        "hash" => Ok(json!(private.hash(&key(op)?)?.map(hex::encode))),
        "policy" => Ok(protectors(private.endorsement(&key(op)?)?)),
        other => panic!("no such operation in a collection: {other}"),
    }
}

fn who(reader: &Reader) -> Result<Value, LedgerError> {
    let invocation = reader.invocation();
    let called = invocation.function_and_parameters();
    let (function, parameters) = called.unwrap_or_default();
    Ok(json!({
        "msp": reader.caller()?.msp_id(),
        "function": function,
        "parameters": parameters.len(),
        "channel": reader.channel(),
        "id": reader.transaction_id().len(),
        "binding": reader.binding().len(),
        "decorations": reader.decorations().len(),
    }))
}

fn key(op: &Op) -> Result<Key, LedgerError> {
    Ok(match op.kind.as_str() {
        "" => Key::simple(op.key.as_str())?,
        kind => Key::composite(kind, &op.parts)?,
    })
}

fn range(op: &Op) -> Result<KeyRange, LedgerError> {
    Ok(match op.kind.as_str() {
        "" => KeyRange::simple(&op.start, &op.end)?,
        kind => KeyRange::composite(kind, &op.parts)?,
    })
}

fn size(op: &Op) -> usize {
    usize::try_from(op.size).unwrap_or(usize::MAX)
}

/// The first rows, or all where `size` is 0.
fn rows(
    found: impl Iterator<Item = Result<Row, LedgerError>>,
    size: usize,
) -> Result<Value, LedgerError> {
    let size = if size == 0 { usize::MAX } else { size };
    let rows = found.take(size).map(|row| {
        let row = row?;
        Ok([row.key.as_str().to_owned(), text(row.value)])
    });
    Ok(json!(rows.collect::<Result<Vec<_>, LedgerError>>()?))
}

fn call(op: &Op) -> Vec<Vec<u8>> {
    let script = serde_json::to_vec(&op.script).expect("names and strings have a JSON form");
    vec![b"submit".to_vec(), script]
}

fn protection(op: &Op) -> EndorsementPolicy {
    EndorsementPolicy::all_of(Role::Peer, op.organizations.iter().map(String::as_str))
}

fn protectors(policy: Option<EndorsementPolicy>) -> Value {
    let Some(policy) = policy else {
        return Value::Null;
    };
    let names = policy.organizations().into_iter();
    names.map(|name| (name.to_owned(), json!(true))).collect()
}

fn texts(values: Vec<Option<Vec<u8>>>) -> Value {
    json!(
        values
            .into_iter()
            .map(|value| value.map(text))
            .collect::<Vec<_>>()
    )
}

fn text(value: Vec<u8>) -> String {
    String::from_utf8(value).expect("scripts write text")
}

fn json(answers: &[u8]) -> Value {
    serde_json::from_slice(answers).expect("the callee answers with JSON")
}
