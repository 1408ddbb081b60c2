//! What a transaction does: a list of operations, each a method of Go's stub.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The chaincode under test, and another one of the same program that it calls.
pub(crate) const CHAINCODE: &str = "contract";
pub(crate) const CALLEE: &str = "callee";
/// A private collection of both, whose only member is the first organisation.
pub(crate) const COLLECTION: &str = "secrets";

/// An operation. What it does not need is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Op {
    pub(crate) op: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) key: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) value: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) collection: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) start: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) end: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) size: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) bookmark: String,
    /// Object type and attributes of a composite key, in place of `key` or of `start` and `end`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) organizations: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) chaincode: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) channel: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) script: Vec<Op>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks for it")]
fn is_zero(size: &u32) -> bool {
    *size == 0
}

/// One transaction of a case.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Whether it is committed.
    pub(crate) submits: bool,
    pub(crate) script: Vec<Op>,
}

impl Call {
    /// The function's name: in Rust a query cannot write.
    pub(crate) fn function(&self) -> &'static str {
        if self.submits { "submit" } else { "query" }
    }

    /// The function's argument.
    pub(crate) fn argument(&self) -> String {
        serde_json::to_string(&self.script).expect("names and strings have a JSON form")
    }
}

/// Data that every transaction carries beside its arguments.
pub(crate) const TRANSIENT: (&str, &str) = ("pin", "1234");

/// Makes operations of JSON objects: `ops!({"op": "get", "key": "a"}, ...)`.
macro_rules! ops {
    ($($op:tt),* $(,)?) => {
        vec![$(crate::script::read(serde_json::json!($op))),*]
    };
}
pub(crate) use ops;

pub(crate) fn read(op: Value) -> Op {
    serde_json::from_value(op).expect("an operation's members are known")
}
