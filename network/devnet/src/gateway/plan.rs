//! Which endorsers to ask next: layout by layout, and within a group one after the other where
//! some fail. Knows no peers, only their places in a list.
//!
//! Source: `internal/pkg/gateway/endorsement.go`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use fabric_protos::peer::Endorsement;

use crate::discovery::endorsers::{Descriptor, Layout};

/// The result differs from what other endorsers got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ProposalResponsePayloads do not match")]
pub(super) struct Mismatch;

/// Endorsers to ask, and what they have answered.
#[derive(Debug)]
pub(super) struct Plan {
    /// Those before `next` have been tried; none stands for one that cannot be satisfied.
    layouts: Vec<Option<Progress>>,
    next: usize,
    /// Endorsers that were not asked yet, by group.
    waiting: Vec<VecDeque<usize>>,
    group_of: BTreeMap<usize, usize>,
    result: Option<Bytes>,
    completed: Option<Vec<Endorsement>>,
}

/// How far a layout is satisfied.
#[derive(Debug)]
struct Progress {
    missing: Layout,
    endorsements: Vec<Endorsement>,
}

impl Plan {
    /// A plan that prefers layouts with a group of the endorser at this place. The order within
    /// groups, and otherwise that of the layouts, is kept.
    pub(super) fn new(descriptor: Descriptor, preferred: Option<usize>) -> Self {
        let Descriptor {
            groups,
            mut layouts,
        } = descriptor;
        let group_of: BTreeMap<_, _> = groups
            .iter()
            .enumerate()
            .flat_map(|(group, members)| members.iter().map(move |member| (*member, group)))
            .collect();
        let preferred = preferred.and_then(|endorser| group_of.get(&endorser));
        // False comes first; the sort is stable.
        layouts.sort_by_key(|layout| !preferred.is_some_and(|group| layout.contains_key(group)));
        let progress = |missing| {
            Some(Progress {
                missing,
                endorsements: Vec::new(),
            })
        };
        Self {
            layouts: layouts.into_iter().map(progress).collect(),
            next: 0,
            waiting: groups.into_iter().map(VecDeque::from).collect(),
            group_of,
            result: None,
            completed: None,
        }
    }

    /// One endorser of each of these lists.
    pub(super) fn one_of_each(groups: Vec<Vec<usize>>) -> Self {
        let layout = (0..groups.len()).map(|group| (group, 1)).collect();
        let layouts = vec![layout];
        Self::new(Descriptor { groups, layouts }, None)
    }

    /// The endorsers of the next layout; none when no layout is left.
    pub(super) fn next_endorsers(&mut self) -> Option<Vec<usize>> {
        loop {
            let layout = self.layouts.get_mut(self.next)?;
            let enough = layout.as_ref().is_some_and(|progress| {
                let mut missing = progress.missing.iter();
                missing.all(|(group, quantity)| {
                    let waiting = self.waiting.get(*group);
                    waiting.is_some_and(|waiting| waiting.len() >= *quantity)
                })
            });
            let Some(progress) = layout.as_ref().filter(|_| enough) else {
                *layout = None;
                self.next += 1;
                continue;
            };
            let mut endorsers = Vec::new();
            for (group, quantity) in &progress.missing {
                if let Some(waiting) = self.waiting.get_mut(*group) {
                    endorsers.extend(waiting.drain(..*quantity));
                }
            }
            return Some(endorsers);
        }
    }

    /// Takes an endorsement note of, unless it is of another result than those before.
    pub(super) fn accept(
        &mut self,
        endorser: usize,
        result: &Bytes,
        endorsement: &Endorsement,
    ) -> Result<(), Mismatch> {
        let group = self.group_of.get(&endorser).copied();
        // One that the plan did not ask must not be asked by it any more.
        if let Some(waiting) = group.and_then(|group| self.waiting.get_mut(group)) {
            waiting.retain(|other| *other != endorser);
        }
        if self.result.get_or_insert_with(|| result.clone()) != result {
            return Err(Mismatch);
        }
        let Some(group) = group else {
            return Ok(());
        };
        for progress in self.layouts.iter_mut().skip(self.next).flatten() {
            let Some(quantity) = progress.missing.get_mut(&group) else {
                continue;
            };
            *quantity -= 1;
            progress.endorsements.push(endorsement.clone());
            if *quantity == 0 {
                progress.missing.remove(&group);
            }
            if progress.missing.is_empty() {
                self.completed = Some(std::mem::take(&mut progress.endorsements));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Who to ask instead of an endorser that failed: the next one of its group. Where there is
    /// none, the group is the error.
    pub(super) fn replacement(&mut self, endorser: usize) -> Result<usize, Option<usize>> {
        let group = self.group_of.get(&endorser).copied();
        let waiting = group.and_then(|group| self.waiting.get_mut(group));
        waiting.and_then(VecDeque::pop_front).ok_or(group)
    }

    /// Gives up the layouts that need one of these groups, and goes on to the next.
    pub(super) fn abandon(&mut self, groups: &BTreeSet<usize>) {
        for layout in self.layouts.iter_mut().skip(self.next) {
            let needs = |progress: &Progress| {
                groups
                    .iter()
                    .any(|group| progress.missing.contains_key(group))
            };
            if layout.as_ref().is_some_and(needs) {
                *layout = None;
            }
        }
        self.next += 1;
    }

    pub(super) fn is_complete(&self) -> bool {
        self.completed.is_some()
    }

    /// Result and endorsements, one of each endorser; none while the plan is not complete.
    pub(super) fn finish(self) -> Option<(Bytes, Vec<Endorsement>)> {
        let mut known = BTreeSet::new();
        let mut endorsements = self.completed?;
        endorsements.retain(|endorsement| known.insert(endorsement.endorser.clone()));
        Some((self.result?, endorsements))
    }
}
