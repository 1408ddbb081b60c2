//! The organisations of a channel together.

use std::sync::Arc;

use fabric_msp::MspManager;

use crate::certificates::{Authority, member_params, msp, serialized};

#[test]
fn manager_knows_the_organisations_of_its_channel_only() {
    let root = Authority::root("ca");
    let manager = MspManager::new([msp(&root)]);
    let certificate = root.issue(&member_params(&["client"])).pem();

    let identity = manager
        .identity(&serialized("TestMSP", &certificate))
        .unwrap();
    assert_eq!(
        (identity.msp_id(), identity.common_name()),
        ("TestMSP", "member")
    );
    let unknown = manager
        .identity(&serialized("OtherMSP", &certificate))
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "MSP OtherMSP is not defined on channel"
    );
}

#[test]
fn manager_remembers_and_forgets() {
    let root = Authority::root("ca");
    let manager = MspManager::new([msp(&root)]);
    let certificate = root.issue(&member_params(&["client"])).pem();
    // Text around the block makes other bytes of the same identity.
    let variant = |number: usize| serialized("TestMSP", &format!("{number}\n{certificate}"));

    let first = manager.identity(&variant(0)).unwrap();
    assert!(Arc::ptr_eq(&first, &manager.identity(&variant(0)).unwrap()));
    for number in 1..3000 {
        manager.identity(&variant(number)).unwrap();
    }
    assert_eq!(Arc::strong_count(&first), 1);
}
