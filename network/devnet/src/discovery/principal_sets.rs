//! Sets of principals that satisfy a policy: whoever collects a signature for each member of one
//! set satisfies the policy.
//!
//! Source: `common/policies/inquire`, `common/graph`. Where a policy has more combinations than
//! are looked at, Fabric drops members by chance and this drops the last ones, so that equal
//! requests get equal answers.

mod merge;

use fabric_protos::common::{
    MspPrincipal, SignaturePolicy, SignaturePolicyEnvelope,
    signature_policy::{NOutOf, Type},
};

use super::principal::Principal;
pub(crate) use merge::merge;

/// Combinations of one policy that are looked at, as Fabric has it for each of its rules. A
/// majority of 16 organisations has 11,440.
const COMBINATIONS_MAX: usize = 10_000;

/// Numbers of principals that are copied while combinations are worked out. Those of a majority of
/// 16 organisations take a few hundred thousand, nested ones a small multiple.
const WORK_MAX: usize = 4_000_000;

/// Principals of all policies of an interest, and signatures that one way to satisfy a policy takes.
/// Real policies name a few dozen; clients send policies of their own.
const PRINCIPALS_MAX: usize = 1024;

/// Principals by number, so that sets are cheap to copy and to compare.
#[derive(Debug, Default)]
pub(crate) struct Principals(Vec<Principal>);

/// One way to satisfy a policy: numbers of principals, with repetitions.
pub(crate) type PrincipalSet = Vec<usize>;

/// Why no principals can be named that satisfy a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSets {
    /// The policy has a rule that makes no sense, or asks for more than it names.
    Unsatisfiable,
    /// A principal is malformed, or of a kind that cannot be compared.
    Incomparable,
}

impl Principals {
    pub(crate) fn get(&self, number: usize) -> Option<&Principal> {
        self.0.get(number)
    }

    /// Number of a principal, which is added when it is new.
    fn number(&mut self, message: &MspPrincipal) -> Option<usize> {
        let known = self.0.iter().position(|known| known.message() == message);
        known.or_else(|| {
            if self.0.len() >= PRINCIPALS_MAX {
                return None;
            }
            self.0.push(Principal::read(message)?);
            Some(self.0.len() - 1)
        })
    }

    /// Whether all who are the one are the other too.
    fn is_a(&self, one: usize, other: usize) -> bool {
        match (self.get(one), self.get(other)) {
            (Some(one), Some(other)) => one.is_a(other),
            _ => false,
        }
    }

    /// The sets that satisfy a policy, at least one.
    pub(crate) fn satisfying(
        &mut self,
        policy: &SignaturePolicyEnvelope,
    ) -> Result<Vec<PrincipalSet>, NoSets> {
        let rule = policy.rule.as_ref().ok_or(NoSets::Unsatisfiable)?;
        let sets = combinations(rule, policy.identities.len(), &mut Work(WORK_MAX));
        let sets = sets.ok_or(NoSets::Unsatisfiable)?;
        if sets.is_empty() {
            return Err(NoSets::Unsatisfiable);
        }
        let mut numbers = vec![None; policy.identities.len()];
        for place in sets.iter().flatten() {
            let (Some(number), Some(message)) =
                (numbers.get_mut(*place), policy.identities.get(*place))
            else {
                return Err(NoSets::Unsatisfiable);
            };
            if number.is_none() {
                *number = Some(self.number(message).ok_or(NoSets::Incomparable)?);
            }
        }
        let numbered = |set: PrincipalSet| {
            let numbers = set
                .into_iter()
                .map(|place| numbers.get(place).copied().flatten());
            numbers.collect::<Option<PrincipalSet>>()
        };
        sets.into_iter()
            .map(numbered)
            .collect::<Option<_>>()
            .ok_or(NoSets::Incomparable)
    }
}

/// The combinations of signatures that satisfy a rule, as places in the policy's list; `None` for
/// a rule that makes no sense or is too much work, no combination for one that asks for more than
/// it has.
// As deep as the policy, which the protobuf decoder bounds at 100.
fn combinations(
    rule: &SignaturePolicy,
    principals: usize,
    work: &mut Work,
) -> Option<Vec<PrincipalSet>> {
    match rule.r#type.as_ref()? {
        Type::SignedBy(index) => {
            work.spend(1)?;
            let index = usize::try_from(*index).ok()?;
            (index < principals).then(|| vec![vec![index]])
        }
        Type::NOutOf(NOutOf { n, rules }) => {
            if *n == 0 || rules.is_empty() {
                return None;
            }
            let Ok(n) = usize::try_from(*n) else {
                return Some(Vec::new());
            };
            if n > rules.len().min(PRINCIPALS_MAX) {
                return Some(Vec::new());
            }
            let mut count = rules.len();
            while binomial_exceeds(count, n, COMBINATIONS_MAX) {
                count -= 1;
            }
            let below = rules.iter().take(count);
            let below: Vec<_> = below
                .map(|rule| combinations(rule, principals, work))
                .collect::<Option<_>>()?;
            choose(&below, n, work)
        }
    }
}

/// How much may still be copied on behalf of one policy.
struct Work(usize);

impl Work {
    /// None where that is more than is left.
    fn spend(&mut self, numbers: usize) -> Option<()> {
        self.0 = self.0.checked_sub(numbers)?;
        Some(())
    }
}

/// Every choice of `n` rules, with every combination of each of them.
fn choose(rules: &[Vec<PrincipalSet>], n: usize, work: &mut Work) -> Option<Vec<PrincipalSet>> {
    let mut found = Vec::new();
    let mut places: Vec<usize> = (0..n).collect();
    loop {
        let chosen: Vec<_> = places
            .iter()
            .filter_map(|place| rules.get(*place))
            .collect();
        add_products(&chosen, &mut found, work)?;
        if found.len() >= COMBINATIONS_MAX || !advance(&mut places, rules.len()) {
            return Some(found);
        }
    }
}

/// Adds each way to take one combination of every rule, up to the bound.
fn add_products(
    rules: &[&Vec<PrincipalSet>],
    found: &mut Vec<PrincipalSet>,
    work: &mut Work,
) -> Option<()> {
    let room = COMBINATIONS_MAX.saturating_sub(found.len());
    let mut products = vec![PrincipalSet::new()];
    for sets in rules {
        let mut longer = Vec::new();
        for product in &products {
            for set in sets.iter().take(room.saturating_sub(longer.len())) {
                work.spend(product.len() + set.len())?;
                longer.push([product.as_slice(), set.as_slice()].concat());
            }
        }
        products = longer;
    }
    found.extend(products);
    Some(())
}

/// The next choice of places in lexical order; false after the last.
fn advance(places: &mut [usize], count: usize) -> bool {
    let n = places.len();
    let movable = (0..n)
        .rev()
        .find(|&index| places[index] < count - n + index);
    let Some(index) = movable else {
        return false;
    };
    let first = places[index] + 1;
    for (place, value) in places.iter_mut().skip(index).zip(first..) {
        *place = value;
    }
    true
}

/// Whether more than `limit` combinations of `k` out of `n` exist.
fn binomial_exceeds(n: usize, k: usize, limit: usize) -> bool {
    let k = k.min(n - k);
    let mut value: u128 = 1;
    for step in 1..=k {
        // Exact at each step: a product of `step` consecutive numbers is a multiple of `step!`.
        value = value * (n - k + step) as u128 / step as u128;
        if value > limit as u128 {
            return true;
        }
    }
    false
}
