//! Carrying out plans with endorsers that answer as a test has it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use fabric_protos::peer::Endorsement;
use proptest::prelude::*;

use super::plan::{Mismatch, Plan};
use crate::discovery::endorsers::Descriptor;

fn endorsement(endorser: usize) -> Endorsement {
    Endorsement {
        endorser: endorser.to_string().into(),
        signature: Bytes::new(),
    }
}

fn descriptor(groups: &[&[usize]], layouts: &[&[(usize, usize)]]) -> Descriptor {
    Descriptor {
        groups: groups.iter().map(|group| group.to_vec()).collect(),
        layouts: layouts
            .iter()
            .map(|layout| layout.iter().copied().collect())
            .collect(),
    }
}

/// Asks as the gateway does; gives whom it asked, in order.
fn carry_out(plan: &mut Plan, works: impl Fn(usize) -> bool) -> Vec<usize> {
    let result = Bytes::from_static(b"result");
    let mut asked = Vec::new();
    while !plan.is_complete() {
        let Some(mut waiting) = plan.next_endorsers() else {
            break;
        };
        let mut exhausted = BTreeSet::new();
        while let Some(endorser) = waiting.pop() {
            asked.push(endorser);
            if works(endorser) {
                assert_eq!(
                    plan.accept(endorser, &result, &endorsement(endorser)),
                    Ok(())
                );
                continue;
            }
            match plan.replacement(endorser) {
                Ok(next) => waiting.push(next),
                Err(group) => exhausted.extend(group),
            }
        }
        plan.abandon(&exhausted);
    }
    asked
}

fn endorsers(plan: Plan) -> Option<Vec<String>> {
    let (_, endorsements) = plan.finish()?;
    let names = endorsements.into_iter();
    let names = names.map(|one| String::from_utf8_lossy(&one.endorser).into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    Some(names)
}

#[test]
fn a_layout_with_the_preferred_endorser_comes_first() {
    let found = descriptor(&[&[0], &[1], &[2]], &[&[(0, 1), (1, 1)], &[(1, 1), (2, 1)]]);
    let mut plan = Plan::new(found, Some(2));
    let result = Bytes::from_static(b"result");
    plan.accept(2, &result, &endorsement(2)).unwrap();
    assert_eq!(carry_out(&mut plan, |_| true), [1]);
    assert_eq!(endorsers(plan).unwrap(), ["1", "2"]);
}

#[test]
fn another_peer_of_the_group_stands_in_for_one_that_fails() {
    let mut plan = Plan::new(descriptor(&[&[0, 1, 2], &[3]], &[&[(0, 1), (1, 1)]]), None);
    let mut asked = carry_out(&mut plan, |endorser| endorser > 1);
    asked.sort_unstable();
    assert_eq!(asked, [0, 1, 2, 3]);
    assert_eq!(endorsers(plan).unwrap(), ["2", "3"]);
}

#[test]
fn another_layout_keeps_the_endorsements_of_the_one_before() {
    let layouts: &[&[(usize, usize)]] = &[&[(0, 1), (1, 1)], &[(0, 1), (2, 1)]];
    let mut plan = Plan::new(descriptor(&[&[0], &[1], &[2]], layouts), None);
    let mut asked = carry_out(&mut plan, |endorser| endorser != 1);
    asked.sort_unstable();
    assert_eq!(asked, [0, 1, 2], "nobody is asked twice");
    assert_eq!(endorsers(plan).unwrap(), ["0", "2"]);
}

#[test]
fn a_plan_without_enough_endorsers_ends() {
    let mut plan = Plan::new(
        descriptor(&[&[0], &[1]], &[&[(0, 1), (1, 1)], &[(1, 1)]]),
        None,
    );
    carry_out(&mut plan, |endorser| endorser == 0);
    assert!(!plan.is_complete());
    assert_eq!(endorsers(plan), None);
}

#[test]
fn another_result_is_no_endorsement() {
    let mut plan = Plan::one_of_each(vec![vec![0], vec![1]]);
    assert_eq!(plan.next_endorsers(), Some(vec![0, 1]));
    let accepted = plan.accept(0, &Bytes::from_static(b"one"), &endorsement(0));
    assert_eq!(accepted, Ok(()));
    let accepted = plan.accept(1, &Bytes::from_static(b"other"), &endorsement(1));
    assert_eq!(accepted, Err(Mismatch));
    assert_eq!(
        Mismatch.to_string(),
        "ProposalResponsePayloads do not match"
    );
    assert!(!plan.is_complete());
}

#[test]
fn the_result_of_an_endorser_outside_the_plan_is_the_one_to_match() {
    let mut plan = Plan::new(descriptor(&[&[1]], &[&[(0, 1)]]), Some(0));
    plan.accept(0, &Bytes::from_static(b"one"), &endorsement(0))
        .unwrap();
    assert!(!plan.is_complete());
    assert_eq!(plan.next_endorsers(), Some(vec![1]));
    let accepted = plan.accept(1, &Bytes::from_static(b"other"), &endorsement(1));
    assert_eq!(accepted, Err(Mismatch));
}

/// Any groups of up to four peers, each peer in one group, with layouts over them.
fn any_descriptor() -> impl Strategy<Value = Descriptor> {
    let sizes = prop::collection::vec(1..=4usize, 1..=4);
    sizes.prop_flat_map(|sizes| {
        let mut next = 0;
        let groups: Vec<Vec<usize>> = sizes
            .iter()
            .map(|size| {
                next += size;
                (next - size..next).collect()
            })
            .collect();
        let quantities: Vec<_> = sizes.iter().map(|size| 0..=*size).collect();
        let layouts = prop::collection::vec(quantities, 1..=4);
        layouts.prop_map(move |layouts| Descriptor {
            groups: groups.clone(),
            layouts: layouts
                .into_iter()
                .map(|quantities| {
                    let layout = quantities.into_iter().enumerate();
                    layout
                        .filter(|(_, quantity)| *quantity > 0)
                        .collect::<BTreeMap<_, _>>()
                })
                .filter(|layout| !layout.is_empty())
                .collect(),
        })
    })
}

proptest! {
    /// A plan is carried out exactly where enough endorsers of the groups of some layout work, and
    /// nobody is asked twice.
    #[test]
    fn a_plan_succeeds_where_some_layout_can(
        found in any_descriptor(),
        broken in prop::collection::btree_set(0..16usize, 0..=8),
    ) {
        let works = |endorser: usize| !broken.contains(&endorser);
        let possible = found.layouts.iter().any(|layout| {
            layout.iter().all(|(group, quantity)| {
                let members = found.groups[*group].iter();
                members.filter(|member| works(**member)).count() >= *quantity
            })
        });
        let mut plan = Plan::new(found.clone(), None);
        let asked = carry_out(&mut plan, works);
        prop_assert_eq!(plan.is_complete(), possible);
        let distinct: BTreeSet<_> = asked.iter().collect();
        prop_assert_eq!(distinct.len(), asked.len());
        if let Some(endorsers) = endorsers(plan) {
            let used: Vec<usize> = endorsers.iter().filter_map(|name| name.parse().ok()).collect();
            prop_assert!(used.iter().all(|endorser| works(*endorser)));
            let fits = found.layouts.iter().any(|layout| {
                layout.iter().all(|(group, quantity)| {
                    let members = &found.groups[*group];
                    used.iter().filter(|one| members.contains(one)).count() >= *quantity
                })
            });
            prop_assert!(fits);
        }
    }
}
