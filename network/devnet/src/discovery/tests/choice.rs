//! Facts about single policies, collections and keys.

use fabric_protos::{
    common::{
        MspPrincipal, SignaturePolicy, SignaturePolicyEnvelope,
        signature_policy::{NOutOf, Type},
    },
    peer::ChaincodeCall,
};

use super::{
    Fake, call, check, check_fails, describe, interest, layouts, parse, peers, requirement,
    with_collection,
};

const BOTH: &str = "AND('Org1MSP.peer','Org2MSP.peer')";
const EITHER: &str = "OR('Org1MSP.peer','Org2MSP.peer')";

#[test]
fn each_way_to_satisfy_a_policy_is_a_layout() {
    check(EITHER, &[1, 2], &["Org1", "Org2"]);
    check(BOTH, &[1, 2], &["Org1+Org2"]);
    check(
        "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        &[1, 2, 3],
        &["Org1+Org2", "Org1+Org3", "Org2+Org3"],
    );
}

#[test]
fn nested_policies_multiply() {
    check(
        "AND('Org1MSP.peer', OutOf(2,'Org2MSP.peer','Org3MSP.peer', OR('Org4MSP.peer','Org5MSP.peer')))",
        &[1, 2, 3, 4, 5],
        &[
            "Org1+Org2+Org3",
            "Org1+Org2+Org4",
            "Org1+Org2+Org5",
            "Org1+Org3+Org4",
            "Org1+Org3+Org5",
        ],
    );
}

#[test]
fn a_policy_may_want_several_peers_of_an_organisation() {
    check(
        "OutOf(2,'Org1MSP.peer','Org1MSP.peer','Org2MSP.peer')",
        &[1, 1, 2],
        &["Org1+Org1", "Org1+Org2", "Org1+Org2"],
    );
}

#[test]
fn layouts_without_enough_peers_are_left_out() {
    check(
        "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        &[1, 3],
        &["Org1+Org3"],
    );
    check_fails(
        &interest([call("basic")]),
        &[requirement("basic", BOTH)],
        &peers(&[1]),
        "no peer combination can satisfy the endorsement policy",
    );
}

#[test]
fn peers_without_the_chaincode_do_not_endorse() {
    let mut candidates = peers(&[1, 2]);
    candidates[1].chaincodes = vec!["other"];
    check_fails(
        &interest([call("basic")]),
        &[requirement("basic", BOTH)],
        &candidates,
        "required chaincodes are not installed on sufficient peers",
    );
    let found = describe(
        &interest([call("basic")]),
        &[requirement("basic", EITHER)],
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org1"]);
}

#[test]
fn a_transaction_of_two_chaincodes_satisfies_both_policies() {
    let candidates = peers(&[1, 2, 3]);
    let required = [
        requirement("basic", EITHER),
        requirement("other", "OR('Org2MSP.peer','Org3MSP.peer')"),
    ];
    let found = describe(
        &interest([call("basic"), call("other")]),
        &required,
        &candidates,
    );
    assert_eq!(
        layouts(&found.unwrap(), &candidates),
        ["Org1+Org3", "Org2"],
        "Org2 alone satisfies both, so that nothing with it and others is offered"
    );
}

fn private(collection: &str, no_private_reads: bool) -> ChaincodeCall {
    ChaincodeCall {
        collection_names: vec![collection.to_owned()],
        no_private_reads,
        ..call("basic")
    }
}

#[test]
fn who_reads_a_collection_is_a_member_of_it() {
    let candidates = peers(&[1, 2, 3]);
    let either = requirement("basic", "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')");
    let required = with_collection(either, "secret", &["Org2MSP", "Org3MSP"], None);
    let found = describe(
        &interest([private("secret", false)]),
        std::slice::from_ref(&required),
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org2", "Org3"]);

    let found = describe(
        &interest([private("secret", true)]),
        std::slice::from_ref(&required),
        &candidates,
    );
    assert_eq!(
        layouts(&found.unwrap(), &candidates),
        ["Org1", "Org2", "Org3"]
    );
}

#[test]
fn a_collections_own_policy_counts_instead_of_the_chaincodes() {
    let candidates = peers(&[1, 2, 3]);
    let required = with_collection(
        requirement("basic", BOTH),
        "secret",
        &["Org1MSP", "Org3MSP"],
        Some("OR('Org3MSP.peer')"),
    );
    let found = describe(
        &interest([private("secret", false)]),
        std::slice::from_ref(&required),
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org3"]);

    // Two calls: one of the collection, one of the public state.
    let found = describe(
        &interest([private("secret", true), call("basic")]),
        &[required.clone(), required],
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org1+Org2+Org3"]);
}

#[test]
fn an_unknown_collection_is_refused() {
    check_fails(
        &interest([private("secret", false)]),
        &[requirement("basic", BOTH)],
        &peers(&[1, 2]),
        "collection secret doesn't exist in collection config for chaincode basic",
    );
}

fn keyed(policies: &[&str], disregard_namespace_policy: bool) -> ChaincodeCall {
    ChaincodeCall {
        key_policies: policies.iter().map(|text| parse(text)).collect(),
        disregard_namespace_policy,
        ..call("basic")
    }
}

#[test]
fn policies_of_keys_count_beside_the_chaincodes_or_instead_of_it() {
    let candidates = peers(&[1, 2, 3]);
    let required = [requirement("basic", EITHER)];
    let found = describe(
        &interest([keyed(&["OR('Org3MSP.peer')"], false)]),
        &required,
        &candidates,
    );
    assert_eq!(
        layouts(&found.unwrap(), &candidates),
        ["Org1+Org3", "Org2+Org3"]
    );

    let found = describe(
        &interest([keyed(&["OR('Org3MSP.peer')", "OR('Org1MSP.peer')"], true)]),
        &required,
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org1+Org3"]);

    check_fails(
        &interest([keyed(&[], true)]),
        &required,
        &candidates,
        "requested to disregard chaincode basic's policy but key and collection policies are missing, either disable DisregardNamespacePolicy or specify at least one key policy or at least one collection policy",
    );
}

#[test]
fn a_peer_covers_a_member_when_policies_meet() {
    let candidates = peers(&[1, 2]);
    let required = [
        requirement("basic", "OR('Org1MSP.member')"),
        requirement("other", "OR('Org1MSP.peer')"),
    ];
    let found = describe(
        &interest([call("basic"), call("other")]),
        &required,
        &candidates,
    );
    assert_eq!(layouts(&found.unwrap(), &candidates), ["Org1"]);
}

fn out_of(n: i32, rules: Vec<SignaturePolicy>) -> SignaturePolicy {
    SignaturePolicy {
        r#type: Some(Type::NOutOf(NOutOf { n, rules })),
    }
}

fn signed_by(index: i32) -> SignaturePolicy {
    SignaturePolicy {
        r#type: Some(Type::SignedBy(index)),
    }
}

/// Checks what becomes of a policy that no text gives.
#[track_caller]
fn check_hostile(rule: Option<SignaturePolicy>, identities: Vec<MspPrincipal>, expected: &str) {
    let mut required = requirement("basic", EITHER);
    required.policy = SignaturePolicyEnvelope {
        version: 0,
        rule,
        identities,
    };
    check_fails(
        &interest([call("basic")]),
        &[required],
        &peers(&[1, 2]),
        expected,
    );
}

#[test]
fn hostile_policies_are_refused() {
    let member = || vec![super::member("Org1MSP")];
    let unsatisfiable = "endorsement policy cannot be satisfied";
    check_hostile(None, member(), "policy not found");
    check_hostile(Some(signed_by(0)), Vec::new(), "policy not found");
    check_hostile(Some(signed_by(1)), member(), unsatisfiable);
    check_hostile(Some(signed_by(-1)), member(), unsatisfiable);
    check_hostile(Some(SignaturePolicy::default()), member(), unsatisfiable);
    check_hostile(Some(out_of(0, vec![signed_by(0)])), member(), unsatisfiable);
    check_hostile(Some(out_of(1, Vec::new())), member(), unsatisfiable);
    check_hostile(Some(out_of(2, vec![signed_by(0)])), member(), unsatisfiable);
    check_hostile(
        Some(out_of(-1, vec![signed_by(0)])),
        member(),
        unsatisfiable,
    );
    check_hostile(
        Some(out_of(i32::MAX, vec![signed_by(0)])),
        member(),
        unsatisfiable,
    );

    let combined = MspPrincipal {
        principal_classification: 4,
        principal: Default::default(),
    };
    check_hostile(
        Some(signed_by(0)),
        vec![combined],
        "failed creating a comparable principal set",
    );
}

#[test]
fn policies_with_too_many_combinations_are_cut_down() {
    // 20 of 40 organisations: 137 thousand million combinations.
    let numbers: Vec<usize> = (1..=40).collect();
    let names: Vec<_> = numbers
        .iter()
        .map(|n| format!("'Org{n}MSP.peer'"))
        .collect();
    let majority = format!("OutOf(20,{})", names.join(","));
    let candidates: Vec<Fake> = peers(&numbers);
    let required = [
        requirement("basic", &majority),
        requirement("other", &majority),
    ];
    let found = describe(
        &interest([call("basic"), call("other")]),
        &required,
        &candidates,
    )
    .unwrap();
    assert!(!found.layouts.is_empty() && found.layouts.len() <= 10_000);

    // Combinations that multiply from level to level.
    let mut rule = signed_by(0);
    for _ in 0..12 {
        rule = out_of(2, vec![rule; 3]);
    }
    let mut required = requirement("basic", "OR('Org1MSP.peer')");
    required.policy.rule = Some(rule);
    check_fails(
        &interest([call("basic")]),
        &[required],
        &candidates,
        "endorsement policy cannot be satisfied",
    );
}
