//! The text form of policies, and what they ask for.

use fabric_ledger::policy::{
    MAX_DEPTH, MAX_PRINCIPALS, MAX_TEXT_BYTES, PolicyTextError, Signer, evaluate, format, parse,
    role_of,
};
use fabric_protos::common::MspPrincipal;
use fabric_protos::common::msp_role::MspRoleType;
use proptest::prelude::*;

/// A member of an organisation with one more role, such as `Org1MSP.peer`.
struct Stub(&'static str);

impl Signer for Stub {
    fn is(&self, principal: &MspPrincipal) -> bool {
        let (msp_id, role) = self.0.rsplit_once('.').unwrap();
        let (wanted, wanted_role) = role_of(principal).unwrap();
        let role_fits =
            wanted_role == MspRoleType::Member || wanted_role.as_str_name() == role.to_uppercase();
        wanted == msp_id && role_fits
    }
}

#[track_caller]
fn check(policy: &str, signers: &[&'static str], expect: bool) {
    let policy = parse(policy).unwrap();
    let signers: Vec<Stub> = signers.iter().map(|signer| Stub(signer)).collect();
    assert_eq!(evaluate(&policy, &signers), Ok(expect));
}

#[test]
fn gates_count_their_parts() {
    check("AND('A.peer', 'B.peer')", &["A.peer", "B.peer"], true);
    check("AND('A.peer', 'B.peer')", &["A.peer"], false);
    check("or('A.peer', \"B.peer\")", &["B.peer"], true);
    check("OR('A.peer', 'B.peer')", &["B.client"], false);
    check(
        "OutOf(2, 'A.peer', 'B.peer', 'C.peer')",
        &["C.peer", "A.peer"],
        true,
    );
    check("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", &["C.peer"], false);
    check("OutOf(3, 'A.peer', 'B.peer')", &["A.peer", "B.peer"], false);
    check("OutOf(0, 'A.peer')", &[], true);
    check(
        " And ( 'A.member' , OR('B.admin','C.peer') ) ",
        &["A.client", "C.peer"],
        true,
    );
}

#[test]
fn a_signer_counts_once() {
    check("AND('A.peer', 'A.peer')", &["A.peer"], false);
    check("AND('A.peer', 'A.peer')", &["A.peer", "A.peer"], true);
    check("AND('A.member', 'A.peer')", &["A.peer", "A.client"], false);
    check("AND('A.member', 'A.peer')", &["A.client", "A.peer"], true);
}

#[test]
fn a_failed_part_gives_its_signers_back() {
    check("OR(AND('A.peer', 'B.peer'), 'A.peer')", &["A.peer"], true);
    check("AND(OutOf(0, 'B.peer'), 'B.peer')", &["B.peer"], false);
}

#[test]
fn texts_that_are_no_policy_are_refused_with_the_place() {
    let texts = [
        "",
        "AND",
        "AND(",
        "AND()",
        "AND('A.peer'",
        "AND('A.peer',)",
        "AND('A.peer') x",
        "'A.peer'",
        "XOR('A.peer')",
        "AND('A')",
        "AND('A.boss')",
        "AND('.peer')",
        "AND('A_B.peer')",
        "AND('A.peer)",
        "OutOf('A.peer')",
        "OutOf(x, 'A.peer')",
        "OutOf(-1, 'A.peer')",
        "OutOf(3, 'A.peer')",
        "OutOf(99999999999999999999, 'A.peer')",
        "AND(\u{1F600})",
    ];
    for text in texts {
        assert!(parse(text).is_err(), "{text}");
    }
    let place = PolicyTextError::Expected {
        expected: "',' or ')'",
        offset: 13,
    };
    assert_eq!(parse("AND('A.peer' 'B.peer')"), Err(place));
}

#[test]
fn hostile_sizes_are_refused() {
    let deep = "AND(".repeat(MAX_DEPTH + 1) + "'A.peer'" + &")".repeat(MAX_DEPTH + 1);
    assert_eq!(parse(&deep), Err(PolicyTextError::TooDeep));
    let open = "OR(".repeat(MAX_TEXT_BYTES / 3);
    assert_eq!(parse(&open), Err(PolicyTextError::TooDeep));
    let long = " ".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(parse(&long), Err(PolicyTextError::TooLong(long.len())));
    let wide = format!("OR({}'A.peer')", "'A.peer',".repeat(MAX_PRINCIPALS));
    assert_eq!(parse(&wide), Err(PolicyTextError::TooManyPrincipals));
    let most = "AND(".repeat(MAX_DEPTH) + "'A.peer'" + &")".repeat(MAX_DEPTH);
    let policy = parse(&most).unwrap();
    let bytes = prost::Message::encode_to_vec(&policy);
    let decoded: fabric_protos::common::SignaturePolicyEnvelope =
        prost::Message::decode(bytes.as_slice()).unwrap();
    assert_eq!(decoded, policy);
}

fn policy_texts() -> impl Strategy<Value = String> {
    let principal = "[A-Za-z0-9][A-Za-z0-9.-]{0,8}\\.(member|admin|client|peer|orderer)";
    let leaf = principal.prop_map(|text| format!("'{text}'"));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let rules = proptest::collection::vec(inner, 1..4);
        let gate = prop_oneof![Just("AND"), Just("OR"), Just("OutOf")];
        (gate, rules, any::<prop::sample::Index>()).prop_map(|(gate, rules, n)| {
            let list = rules.join(", ");
            match gate {
                "OutOf" => format!("OutOf({}, {list})", n.index(rules.len() + 2)),
                gate => format!("{gate}({list})"),
            }
        })
    })
    .prop_map(|rule| match rule.starts_with('\'') {
        true => format!("OR({rule})"),
        false => rule,
    })
}

proptest! {
    #[test]
    fn what_is_parsed_formats_to_a_text_that_parses_to_the_same(text in policy_texts()) {
        let policy = parse(&text).unwrap();
        let formatted = format(&policy).unwrap();
        prop_assert_eq!(parse(&formatted).unwrap(), policy);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn almost_policies_never_panic(text in "[ANDORutf0-9(),' .a-z]{0,80}") {
        let _ = parse(&text);
    }
}
