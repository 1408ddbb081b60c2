//! An interest as protobuf text on one line, which is how a real peer quotes it in a refusal.

use std::fmt::Write as _;

use fabric_protos::peer::{ChaincodeCall, ChaincodeInterest};

/// Interest of which a refusal quotes more than this is cut short: a client knows what it asked.
const CALLS_MAX: usize = 64;

/// Names and flags of an interest; policies of keys by number only.
pub(crate) fn quote(interest: &ChaincodeInterest) -> String {
    let calls = interest.chaincodes.iter().take(CALLS_MAX);
    let calls: Vec<_> = calls
        .map(|call| format!("chaincodes:{{{}}}", fields(call)))
        .collect();
    calls.join(" ")
}

fn fields(call: &ChaincodeCall) -> String {
    let mut text = format!("name:{:?}", call.name);
    for collection in &call.collection_names {
        // Writing to a string does not fail.
        let _ = write!(text, " collection_names:{collection:?}");
    }
    let flags = [
        ("no_private_reads", call.no_private_reads),
        ("no_public_writes", call.no_public_writes),
        (
            "disregard_namespace_policy",
            call.disregard_namespace_policy,
        ),
    ];
    for (name, set) in flags {
        if set {
            let _ = write!(text, " {name}:true");
        }
    }
    text
}
