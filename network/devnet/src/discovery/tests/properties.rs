//! Facts about any policy.

use std::collections::{BTreeMap, BTreeSet};

use fabric_ledger::policy::Signer as _;
use fabric_protos::common::{
    SignaturePolicy,
    signature_policy::{NOutOf, Type},
};
use proptest::prelude::*;

use super::{Fake, call, describe, interest, parse, peers, requirement};
use crate::discovery::endorsers::Descriptor;

/// Any policy of up to five organisations, nested up to three deep.
fn any_policy() -> impl Strategy<Value = String> {
    let principal = (1..=5usize).prop_map(|number| format!("'Org{number}MSP.peer'"));
    let nested = principal.prop_recursive(2, 12, 4, |rule| gate(rule).boxed());
    gate(nested)
}

fn gate(rule: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(rule, 1..=4).prop_flat_map(|rules| {
        (1..=rules.len()).prop_map(move |n| format!("OutOf({n},{})", rules.join(",")))
    })
}

/// Any peers of these organisations.
fn any_peers() -> impl Strategy<Value = Vec<Fake>> {
    prop::collection::vec(1..=5usize, 0..=10).prop_map(|organizations| peers(&organizations))
}

/// Some peers that a layout asks for; `turn` says which.
fn take(descriptor: &Descriptor, layout: usize, turn: usize) -> Vec<usize> {
    let mut taken = Vec::new();
    for (group, quantity) in &descriptor.layouts[layout] {
        let members = &descriptor.groups[*group];
        let first = turn % members.len();
        taken.extend(members.iter().cycle().skip(first).take(*quantity));
    }
    taken
}

/// Peers of each organisation.
type Counts = [usize; 5];

fn counts<'a>(peers: impl IntoIterator<Item = &'a Fake>) -> Counts {
    let mut counts = Counts::default();
    for peer in peers {
        let digits: String = peer.msp_id.chars().filter(char::is_ascii_digit).collect();
        counts[digits.parse::<usize>().unwrap() - 1] += 1;
    }
    counts
}

/// The fewest peers of each organisation with which a rule holds, one entry per way. Evaluation
/// would not do as a judge: it takes signers greedily and misses ways, here as in Fabric.
fn ways(rule: &SignaturePolicy, organizations: &[usize]) -> BTreeSet<Counts> {
    match rule.r#type.as_ref().unwrap() {
        Type::SignedBy(index) => {
            let mut counts = Counts::default();
            counts[organizations[usize::try_from(*index).unwrap()]] = 1;
            BTreeSet::from([counts])
        }
        Type::NOutOf(NOutOf { n, rules }) => {
            // By the number of rules that hold.
            let mut held: BTreeMap<i32, BTreeSet<Counts>> =
                BTreeMap::from([(0, BTreeSet::from([Counts::default()]))]);
            for rule in rules {
                let more = ways(rule, organizations);
                for (number, before) in held.clone() {
                    for (one, other) in before.iter().flat_map(|b| more.iter().map(move |m| (b, m)))
                    {
                        let sum = std::array::from_fn(|place| one[place] + other[place]);
                        held.entry(number + 1).or_default().insert(sum);
                    }
                }
            }
            held.remove(n).unwrap_or_default()
        }
    }
}

fn holds(text: &str, peers: Counts) -> bool {
    let policy = parse(text);
    let organization = |principal| {
        let numbers = 0..peers.len();
        let one = |number: &usize| {
            super::peers(&[number + 1])
                .iter()
                .any(|peer| peer.is(principal))
        };
        numbers.into_iter().find(one).unwrap()
    };
    let organizations: Vec<_> = policy.identities.iter().map(organization).collect();
    ways(policy.rule.as_ref().unwrap(), &organizations)
        .iter()
        .any(|way| way.iter().zip(peers).all(|(asked, there)| *asked <= there))
}

proptest! {
    /// Whoever follows a layout satisfies every policy, whichever peers of the groups it asks.
    #[test]
    fn every_layout_satisfies_all_policies(
        policies in prop::collection::vec(any_policy(), 1..=3),
        candidates in any_peers(),
        turn in 0..10usize,
    ) {
        let names = ["basic", "other", "basic"];
        let calls: Vec<_> = names.iter().take(policies.len()).map(|name| call(name)).collect();
        let required: Vec<_> = names
            .iter()
            .zip(&policies)
            .map(|(name, policy)| requirement(name, policy))
            .collect();
        if let Ok(found) = describe(&interest(calls), &required, &candidates) {
            prop_assert!(!found.layouts.is_empty());
            for layout in 0..found.layouts.len() {
                let taken = take(&found, layout, turn);
                let taken = counts(taken.into_iter().map(|place| &candidates[place]));
                for text in &policies {
                    prop_assert!(holds(text, taken), "{} by {:?}", text, taken);
                }
            }
        }
    }

    /// There is a layout exactly where the peers satisfy the policy.
    #[test]
    fn there_is_a_layout_where_peers_satisfy_the_policy(
        text in any_policy(),
        candidates in any_peers(),
    ) {
        let required = [requirement("basic", &text)];
        let found = describe(&interest([call("basic")]), &required, &candidates);
        let possible = holds(&text, counts(&candidates));
        prop_assert_eq!(found.is_ok(), possible, "{} by {:?}", text, candidates);
    }
}
