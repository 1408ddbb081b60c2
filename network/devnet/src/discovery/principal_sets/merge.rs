//! Sets that satisfy two policies at once.
//!
//! Source: `common/policies/inquire/merge.go`. One step of it takes places in a list for places in
//! a shortened one and so misses combinations; it is done here as its comments have it.

use super::{PrincipalSet, Principals};

/// Sets of one policy that are combined with those of another. Beyond these a policy is satisfied
/// in more ways than a channel has organisations to make use of.
const MERGED_MAX: usize = 512;

/// A place in the one list, a place in the other.
type Pair = (usize, usize);

/// Sets each of which satisfies both of the policies that the given sets satisfy. None of them
/// contains another.
pub(crate) fn merge(
    principals: &Principals,
    one: &[PrincipalSet],
    other: &[PrincipalSet],
) -> Vec<PrincipalSet> {
    let relation = Relation::new(principals);
    let one = Side::new(&relation, one);
    let other = Side::new(&relation, other);

    let pairs = |wanted: &dyn Fn(Pair) -> bool| {
        let all = (0..one.sets.len()).flat_map(|a| (0..other.sets.len()).map(move |b| (a, b)));
        all.filter(|pair| wanted(*pair)).collect::<Vec<Pair>>()
    };
    let contained = pairs(&|(a, b)| other.covers(b, one.members(a)));
    let mut settled = [vec![false; one.sets.len()], vec![false; other.sets.len()]];
    contained.iter().for_each(|(a, _)| settled[0][*a] = true);
    let containing = pairs(&|(a, b)| !settled[0][a] && one.covers(a, other.members(b)));
    for (a, b) in contained.iter().chain(&containing) {
        settled[0][*a] = true;
        settled[1][*b] = true;
    }
    // Those that neither contain nor are contained are combined, each with each.
    let unrelated = pairs(&|(a, b)| !settled[0][a] && !settled[1][b]);

    let united = contained.iter().chain(&unrelated);
    let united = united.map(|(a, b)| relation.union(one.set(*a), other.set(*b)));
    let turned = containing.iter();
    let turned = turned.map(|(a, b)| relation.union(other.set(*b), one.set(*a)));
    reduce(&relation, united.chain(turned).take(MERGED_MAX).collect())
}

/// Numbers of principals as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn contains(&self, number: usize) -> bool {
        let word = self.0.get(number / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn extend(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    fn is_subset(&self, other: &Self) -> bool {
        let mut words = self.0.iter().zip(&other.0);
        words.all(|(word, other)| word & !other == 0)
    }
}

/// For each principal: which others all are who are it, itself included.
struct Relation(Vec<Bits>);

impl Relation {
    fn new(principals: &Principals) -> Self {
        let count = principals.0.len();
        let row = |one: usize| {
            let mut bits = Bits::new(count);
            let others = (0..count).filter(|other| principals.is_a(one, *other));
            others.for_each(|other| bits.insert(other));
            bits
        };
        Self((0..count).map(row).collect())
    }

    fn is_a(&self, one: usize, other: usize) -> bool {
        self.0.get(one).is_some_and(|bits| bits.contains(other))
    }

    fn members(&self, set: &[usize]) -> Bits {
        let mut bits = Bits::new(self.0.len());
        set.iter().for_each(|number| bits.insert(*number));
        bits
    }

    /// The containing set, and those of the other that no member of it covers. A member covers one.
    fn union(&self, contained: &[usize], containing: &[usize]) -> PrincipalSet {
        let mut taken = vec![false; containing.len()];
        let mut result = containing.to_vec();
        for asked in contained {
            let cover = containing
                .iter()
                .zip(&mut taken)
                .find(|(member, taken)| !**taken && self.is_a(**member, *asked));
            match cover {
                Some((_, taken)) => *taken = true,
                None => result.push(*asked),
            }
        }
        result
    }
}

/// The sets of one policy.
struct Side<'a> {
    sets: &'a [PrincipalSet],
    members: Vec<Bits>,
    /// Principals that whoever satisfies a set satisfies too.
    covered: Vec<Bits>,
}

impl<'a> Side<'a> {
    fn new(relation: &Relation, sets: &'a [PrincipalSet]) -> Self {
        let sets = sets.get(..MERGED_MAX).unwrap_or(sets);
        let covered = |set: &PrincipalSet| {
            let mut bits = Bits::new(relation.0.len());
            let rows = set.iter().filter_map(|number| relation.0.get(*number));
            rows.for_each(|row| bits.extend(row));
            bits
        };
        Self {
            sets,
            members: sets.iter().map(|set| relation.members(set)).collect(),
            covered: sets.iter().map(covered).collect(),
        }
    }

    fn set(&self, place: usize) -> &[usize] {
        self.sets.get(place).map_or(&[], Vec::as_slice)
    }

    fn members(&self, place: usize) -> Option<&Bits> {
        self.members.get(place)
    }

    /// Whether whoever satisfies a set of this side satisfies those members too, repetitions aside.
    fn covers(&self, place: usize, members: Option<&Bits>) -> bool {
        let covered = self.covered.get(place);
        members
            .zip(covered)
            .is_some_and(|(members, covered)| members.is_subset(covered))
    }
}

/// Leaves out sets that contain another; of equal ones the first stays.
fn reduce(relation: &Relation, sets: Vec<PrincipalSet>) -> Vec<PrincipalSet> {
    let members: Vec<Bits> = sets.iter().map(|set| relation.members(set)).collect();
    let is_superfluous = |place: usize, set: &Bits| {
        members.iter().enumerate().any(|(other_place, other)| {
            other_place != place
                && other.is_subset(set)
                && (other_place < place || !set.is_subset(other))
        })
    };
    let superfluous: Vec<bool> = members
        .iter()
        .enumerate()
        .map(|(place, set)| is_superfluous(place, set))
        .collect();
    let kept = sets.into_iter().zip(superfluous);
    kept.filter(|(_, superfluous)| !superfluous)
        .map(|(set, _)| set)
        .collect()
}
