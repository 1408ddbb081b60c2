//! Updates that Fabric's `configtxlator` computed: the same come out here.

use std::path::PathBuf;

use bytes::Bytes;
use fabric_ledger::channel::{ComputeError, compute_update};
use fabric_protos::common::{Config, ConfigUpdate};
use prost::Message;

fn recorded(name: &str) -> Bytes {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/config-updates");
    std::fs::read(fixtures.join(name)).unwrap().into()
}

#[test]
fn computed_updates_are_fabrics() {
    let original = Config::decode(recorded("original.pb")).unwrap();
    for name in [
        "organization_removed",
        "policies",
        "everywhere",
        "mod_policy",
    ] {
        let updated = Config::decode(recorded(&format!("{name}.updated.pb"))).unwrap();
        let theirs = ConfigUpdate::decode(recorded(&format!("{name}.update.pb"))).unwrap();
        let ours = compute_update("mychannel", &original, &updated).unwrap();
        assert_eq!(ours, theirs, "{name}");
    }
    let same = compute_update("mychannel", &original, &original);
    assert_eq!(same, Err(ComputeError::NoDifference));
}
