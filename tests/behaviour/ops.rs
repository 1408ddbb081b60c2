//! Short names of the probe's operations.

use fabric_ledger::policy;
use fabric_testnet::probe::{Data, Key, Op, Page};
use prost::Message as _;

/// Metadata entry with a key's own endorsement policy.
pub(crate) const POLICY: &str = "VALIDATION_PARAMETER";

pub(crate) fn get(key: impl Into<Key>) -> Op {
    Op::Get(key.into())
}

pub(crate) fn get_many(keys: &[&str]) -> Op {
    get_many_in("", keys)
}

pub(crate) fn get_many_in(collection: &str, keys: &[&str]) -> Op {
    Op::GetMany {
        collection: collection.to_owned(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
    }
}

pub(crate) fn put(key: impl Into<Key>, value: &str) -> Op {
    Op::Put(key.into(), Data::from(value))
}

pub(crate) fn delete(key: impl Into<Key>) -> Op {
    Op::Delete(key.into())
}

pub(crate) fn purge(key: impl Into<Key>) -> Op {
    Op::Purge(key.into())
}

pub(crate) fn hash(key: impl Into<Key>) -> Op {
    Op::PrivateHash(key.into())
}

pub(crate) fn metadata(key: impl Into<Key>) -> Op {
    Op::Metadata(key.into())
}

pub(crate) fn set_metadata(key: impl Into<Key>, name: &str, value: &[u8]) -> Op {
    Op::SetMetadata {
        key: key.into(),
        name: name.to_owned(),
        value: Data::from(value),
    }
}

/// Sets a key's own endorsement policy, given as text; an empty text clears it.
pub(crate) fn set_policy(key: impl Into<Key>, text: &str) -> Op {
    let value = match text {
        "" => Vec::new(),
        text => policy::parse(text).expect("a policy").encode_to_vec(),
    };
    set_metadata(key, POLICY, &value)
}

pub(crate) fn range(start: &str, end: &str) -> Op {
    range_in("", start, end)
}

pub(crate) fn range_in(collection: &str, start: &str, end: &str) -> Op {
    Op::Range {
        collection: collection.to_owned(),
        start: start.to_owned(),
        end: end.to_owned(),
        page: None,
    }
}

pub(crate) fn page(start: &str, end: &str, size: i32, bookmark: &str) -> Op {
    Op::Range {
        collection: String::new(),
        start: start.to_owned(),
        end: end.to_owned(),
        page: Some(Page {
            size,
            bookmark: bookmark.to_owned(),
        }),
    }
}

pub(crate) fn history(key: &str) -> Op {
    Op::History(key.to_owned())
}

pub(crate) fn invoke(chaincode: &str, channel: &str, script: &[Op]) -> Op {
    Op::Invoke {
        chaincode: chaincode.to_owned(),
        channel: channel.to_owned(),
        args: vec![Data(fabric_testnet::probe::argument(script))],
    }
}

pub(crate) fn event(name: &str, payload: &str) -> Op {
    Op::Event {
        name: name.to_owned(),
        payload: Data::from(payload),
    }
}

pub(crate) fn respond(status: i32, message: &str, payload: Option<&str>) -> Op {
    Op::Respond {
        status,
        message: message.to_owned(),
        payload: payload.map(Data::from),
    }
}
