//! Reads `fixtures/protos`, which Fabric's bindings for Python made.

use std::fs;

use serde_json::Value;

/// One of the fixture files.
pub(crate) fn read(name: &str) -> Value {
    let path = crate::proto_sources::crate_directory()
        .join("../../fixtures/protos")
        .join(name);
    let text = fs::read_to_string(&path).expect("the fixture is readable");
    serde_json::from_str(&text).expect("the fixture is JSON")
}

/// An encoded message with its type and with what it shows.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) message_type: String,
    pub(crate) bytes: Vec<u8>,
    /// Another encoding of the same message.
    pub(crate) equivalent: Option<Vec<u8>>,
}

/// What Fabric declares in the files that the schema covers, and nothing here uses.
const LEFT_OUT: [&str; 4] = [
    "common.ApplicationPolicy",
    "msp.IdemixMSPConfig",
    "msp.IdemixMSPSignerConfig",
    "msp.SerializedIdemixIdentity",
];

/// Whether a message of Fabric is left out on purpose.
pub(crate) fn is_left_out(message_type: &str) -> bool {
    LEFT_OUT.contains(&message_type)
}

/// One list of `golden.json`, without messages that are left out on purpose.
pub(crate) fn golden(list: &str) -> Vec<Case> {
    read("golden.json")[list]
        .as_array()
        .expect("the list is there")
        .iter()
        .map(Case::from_json)
        .filter(|case| !is_left_out(&case.message_type))
        .collect()
}

/// Bytes of the case that has this name.
pub(crate) fn golden_bytes(name: &str) -> Vec<u8> {
    golden("identical")
        .into_iter()
        .find(|case| case.name == name)
        .expect("the case is there")
        .bytes
}

impl Case {
    fn from_json(case: &Value) -> Self {
        let text = |key: &str| case[key].as_str().expect("the value is text");
        let bytes = |hex: &str| hex::decode(hex).expect("the value is hex");
        Self {
            name: text("name").to_owned(),
            message_type: text("type").to_owned(),
            bytes: bytes(text("hex")),
            equivalent: case["equivalent"].as_str().map(bytes),
        }
    }
}
