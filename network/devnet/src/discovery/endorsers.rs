//! Who can endorse a call: groups of peers, and layouts that say how many of each group it takes.
//! Computed from policies and peers alone.
//!
//! Source: `discovery/endorsement`, `discovery/support/chaincode`.

use std::collections::BTreeMap;

use fabric_ledger::policy::Signer;
use fabric_protos::{
    common::{MspPrincipal, SignaturePolicyEnvelope},
    peer::{ChaincodeCall, ChaincodeInterest},
};

use super::{
    principal_sets::{NoSets, PrincipalSet, Principals, merge},
    requirement::{Collection, Requirement},
};

/// A peer of the channel that may be asked to endorse.
pub(crate) trait Candidate: Signer {
    /// Whether it runs a chaincode by its definition of this sequence.
    fn runs(&self, chaincode: &str, sequence: i64) -> bool;
}

/// Which peers can endorse a call. Peers are places in the list of candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Peers that are one principal, which no one else is told of.
    pub(crate) groups: Vec<Vec<usize>>,
    /// How many peers of which groups; each layout satisfies all policies.
    pub(crate) layouts: Vec<Layout>,
}

/// Numbers of peers by the place of their group.
pub(crate) type Layout = BTreeMap<usize, usize>;

/// Why nobody can endorse a call, in a real peer's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unendorsable {
    #[error("No metadata was found for chaincode {chaincode} in channel {channel}")]
    Unknown { chaincode: String, channel: String },
    #[error("MemberOrgsPolicy of {0} is nil")]
    NoMembers(String),
    #[error("collection {collection} doesn't exist in collection config for chaincode {chaincode}")]
    UnknownCollection {
        collection: String,
        chaincode: String,
    },
    #[error("policy not found")]
    NoPolicy,
    #[error(
        "requested to disregard chaincode {0}'s policy but key and collection policies are missing, either disable DisregardNamespacePolicy or specify at least one key policy or at least one collection policy"
    )]
    NothingLeft(String),
    #[error("failed creating a comparable principal set")]
    Incomparable,
    #[error("failed creating a comparable principal set for state based endorsement")]
    IncomparableKeyPolicy,
    #[error("endorsement policy cannot be satisfied")]
    Unsatisfiable,
    #[error("state based endorsement policy cannot be satisfied")]
    UnsatisfiableKeyPolicy,
    #[error("no principal sets remained after filtering")]
    NoPrincipals,
    #[error("no peer combination can satisfy the endorsement policy")]
    TooFewPeers,
    #[error("required chaincodes are not installed on sufficient peers")]
    NotInstalled,
}

/// Who can endorse calls with these requirements, one per chaincode of the interest.
pub(crate) fn describe(
    interest: &ChaincodeInterest,
    requirements: &[Requirement],
    candidates: &[impl Candidate],
) -> Result<Descriptor, Unendorsable> {
    let authorized = authorized(interest, requirements, candidates)?;
    let mut principals = Principals::default();
    let sets = principal_sets(interest, requirements, &mut principals)?;
    let asked = layouts(&sets);

    // Each principal that some set asks for is a group; a layout needs enough peers in each.
    let is_one = |place: &usize, number: usize| {
        let principal = principals.get(number);
        let candidate = candidates.get(*place);
        principal
            .zip(candidate)
            .is_some_and(|(principal, candidate)| candidate.is(principal.message()))
    };
    let groups: BTreeMap<usize, Vec<usize>> = asked
        .iter()
        .flat_map(BTreeMap::keys)
        .map(|&number| (number, ()))
        .collect::<BTreeMap<_, _>>()
        .into_keys()
        .map(|number| {
            let members = authorized.iter().copied();
            (
                number,
                members.filter(|place| is_one(place, number)).collect(),
            )
        })
        .collect();
    let asked = satisfied(asked, &groups);
    if asked.is_empty() {
        return Err(Unendorsable::TooFewPeers);
    }
    let groups: BTreeMap<usize, Vec<usize>> = groups
        .into_iter()
        .map(|(number, mut members)| {
            members.retain(|place| runs_all(candidates.get(*place), requirements));
            (number, members)
        })
        .collect();
    let asked = satisfied(asked, &groups);
    if asked.is_empty() {
        return Err(Unendorsable::NotInstalled);
    }
    Ok(renumber(asked, groups))
}

/// Candidates that run the chaincodes and may have the collections of an interest.
pub(crate) fn able(
    interest: &ChaincodeInterest,
    requirements: &[Requirement],
    candidates: &[impl Candidate],
) -> Result<Vec<usize>, Unendorsable> {
    let mut able = authorized(interest, requirements, candidates)?;
    able.retain(|place| runs_all(candidates.get(*place), requirements));
    Ok(able)
}

fn runs_all(candidate: Option<&impl Candidate>, requirements: &[Requirement]) -> bool {
    candidate.is_some_and(|candidate| {
        requirements
            .iter()
            .all(|required| candidate.runs(&required.chaincode, required.sequence))
    })
}

/// Candidates that may have every collection that is read.
fn authorized(
    interest: &ChaincodeInterest,
    requirements: &[Requirement],
    candidates: &[impl Candidate],
) -> Result<Vec<usize>, Unendorsable> {
    let mut members: Vec<&[MspPrincipal]> = Vec::new();
    for (call, required) in interest.chaincodes.iter().zip(requirements) {
        if call.no_private_reads {
            continue;
        }
        for name in &call.collection_names {
            let collection = required.collections.get(name);
            let Some(Collection { members: of, .. }) = collection else {
                return Err(Unendorsable::UnknownCollection {
                    collection: name.clone(),
                    chaincode: call.name.clone(),
                });
            };
            let of = of.as_deref();
            members.push(of.ok_or_else(|| Unendorsable::NoMembers(name.clone()))?);
        }
    }
    let may = |candidate: &dyn Signer| {
        members
            .iter()
            .all(|members| members.iter().any(|principal| candidate.is(principal)))
    };
    let all = candidates.iter().enumerate();
    Ok(all
        .filter(|(_, candidate)| may(*candidate))
        .map(|(place, _)| place)
        .collect())
}

/// The sets of principals that satisfy all policies.
fn principal_sets(
    interest: &ChaincodeInterest,
    requirements: &[Requirement],
    principals: &mut Principals,
) -> Result<Vec<PrincipalSet>, Unendorsable> {
    let mut merged: Option<Vec<PrincipalSet>> = None;
    let mut add = |policy, unsatisfiable: Unendorsable, incomparable: Unendorsable| {
        let sets = principals
            .satisfying(policy)
            .map_err(|reason| match reason {
                NoSets::Unsatisfiable => unsatisfiable,
                NoSets::Incomparable => incomparable,
            })?;
        merged = Some(match &merged {
            Some(before) => merge(principals, before, &sets),
            None => sets,
        });
        Ok(())
    };
    for (call, required) in interest.chaincodes.iter().zip(requirements) {
        for policy in policies(call, required)? {
            add(
                policy,
                Unendorsable::Unsatisfiable,
                Unendorsable::Incomparable,
            )?;
        }
    }
    let calls = interest.chaincodes.iter();
    for policy in calls.flat_map(|call| &call.key_policies) {
        add(
            policy,
            Unendorsable::UnsatisfiableKeyPolicy,
            Unendorsable::IncomparableKeyPolicy,
        )?;
    }
    merged.ok_or(Unendorsable::NoPrincipals)
}

/// The policies that one call falls under, keys' aside.
fn policies<'a>(
    call: &ChaincodeCall,
    required: &'a Requirement,
) -> Result<Vec<&'a SignaturePolicyEnvelope>, Unendorsable> {
    let mut policies: Vec<&SignaturePolicyEnvelope> = Vec::new();
    for name in &call.collection_names {
        let own = required.collections.get(name);
        let own = own.and_then(|collection| collection.policy.as_ref());
        let policy = own.unwrap_or(&required.policy);
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    if policies.is_empty() {
        policies.push(&required.policy);
    }
    let is_empty =
        |policy: &&&SignaturePolicyEnvelope| policy.identities.is_empty() || policy.rule.is_none();
    if is_empty(&&&required.policy) || policies.iter().any(|policy| is_empty(&policy)) {
        return Err(Unendorsable::NoPolicy);
    }
    if call.disregard_namespace_policy {
        if policies.len() == 1 && call.key_policies.is_empty() {
            return Err(Unendorsable::NothingLeft(call.name.clone()));
        }
        policies.remove(0);
    }
    Ok(policies)
}

/// How often each principal occurs in each set.
fn layouts(sets: &[PrincipalSet]) -> Vec<Layout> {
    let count = |set: &PrincipalSet| {
        let mut layout = Layout::new();
        for number in set {
            *layout.entry(*number).or_default() += 1;
        }
        layout
    };
    sets.iter().map(count).collect()
}

/// Layouts for which every group has enough peers.
fn satisfied(layouts: Vec<Layout>, groups: &BTreeMap<usize, Vec<usize>>) -> Vec<Layout> {
    let enough = |(number, quantity): (&usize, &usize)| {
        groups
            .get(number)
            .is_some_and(|members| members.len() >= *quantity)
    };
    let layouts = layouts.into_iter();
    layouts.filter(|layout| layout.iter().all(enough)).collect()
}

/// Leaves out groups that no layout asks for, and counts the others from 0.
fn renumber(layouts: Vec<Layout>, mut groups: BTreeMap<usize, Vec<usize>>) -> Descriptor {
    groups.retain(|number, _| layouts.iter().any(|layout| layout.contains_key(number)));
    let places: BTreeMap<_, _> = groups.keys().copied().zip(0..).collect();
    let renumbered = |layout: Layout| {
        let quantities = layout.into_iter();
        quantities
            .filter_map(|(number, quantity)| Some((*places.get(&number)?, quantity)))
            .collect()
    };
    Descriptor {
        layouts: layouts.into_iter().map(renumbered).collect(),
        groups: groups.into_values().collect(),
    }
}
