//! Where the embedded network differs from real Fabric on purpose: the rows of `docs/differences.md`.

/// Cases and notes.
const KNOWN: &[(&str, &str)] = &[
    // A request that makes a real peer panic.
    ("keys", "INVOKE_CHAINCODE empty"),
    ("keys", "PUT_STATE_METADATA empty"),
];

/// Whether a note of a case is a known difference of the embedded network.
pub(crate) fn is_known(case: &str, note: &str) -> bool {
    KNOWN.contains(&(case, note))
}
