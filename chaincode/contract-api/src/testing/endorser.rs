//! Endorsement: an invocation on the peers of several organisations, whose results must agree.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
};

use fabric_ledger::{
    lifecycle,
    simulate::{SimulationResult, Simulator},
    state::MemoryState,
    validate::Party,
};

use super::{
    CHAINCODE, Endorsed, Ledger, TestingError, difference,
    node::Node,
    simulated_peer::{Scene, SimulatedPeer, Simulation},
};
use crate::{
    cid::ClientIdentity,
    failure::Failure,
    peer::{Chaincode, Creator, Invocation, Peer, Response},
};

/// What a run on one peer gave.
struct Run {
    response: Response,
    simulated: SimulationResult,
    requests: usize,
}

/// Runs an invocation on all peers that endorse. Moves the ledger's clock on.
pub(super) fn endorse(
    ledger: &mut Ledger,
    invocation: &Invocation,
    organizations: Option<Vec<String>>,
) -> Result<Endorsed, TestingError> {
    advance(ledger);
    let chosen = organizations.is_some();
    let nodes = nodes(ledger, invocation, organizations)?;
    let (first, others) = split(&nodes)?;
    let run_first = run_twice(ledger, first, invocation)?;
    let mut endorsers = vec![Party::peer(&first.msp_id)];
    for other in others {
        if !chosen && !keeps_what_was_read(ledger, other, &run_first.simulated) {
            continue;
        }
        let run_other = run(ledger, other, invocation);
        if !run_other.response.is_ok() {
            let response = run_other.response;
            return Err(TestingError::Refused { response });
        }
        if let Some(difference) = difference::between(run_first.result(), run_other.result()) {
            return Err(TestingError::Disagreement {
                first: first.msp_id.clone(),
                other: other.msp_id.clone(),
                difference,
            });
        }
        endorsers.push(Party::peer(&other.msp_id));
    }
    Ok(run_first.endorsed(invocation, endorsers))
}

/// Runs an invocation on the first of these peers. Moves the ledger's clock on.
pub(super) fn evaluate(
    ledger: &mut Ledger,
    invocation: &Invocation,
    organizations: Option<Vec<String>>,
) -> Result<Endorsed, TestingError> {
    advance(ledger);
    let nodes = nodes(ledger, invocation, organizations)?;
    let (first, _) = split(&nodes)?;
    let run = run_twice(ledger, first, invocation)?;
    Ok(run.endorsed(invocation, vec![Party::peer(&first.msp_id)]))
}

fn advance(ledger: &mut Ledger) {
    ledger.transactions_made += 1;
    ledger.now.seconds += 1;
}

/// The peers that were chosen; else all, the client's own before the others.
fn nodes<'l>(
    ledger: &'l Ledger,
    invocation: &Invocation,
    organizations: Option<Vec<String>>,
) -> Result<Vec<&'l Node>, TestingError> {
    if let Some(organizations) = organizations {
        let nodes = organizations.iter().map(|msp_id| ledger.node(msp_id));
        return nodes.collect();
    }
    let own = &invocation.creator.msp_id;
    let mut nodes: Vec<&Node> = ledger.nodes.values().collect();
    nodes.sort_by_key(|node| node.msp_id != *own);
    Ok(nodes)
}

fn split<'n, 'l>(nodes: &'n [&'l Node]) -> Result<(&'l Node, &'n [&'l Node]), TestingError> {
    let (first, others) = nodes
        .split_first()
        .ok_or_else(|| TestingError::no_organization("(none was named)"))?;
    Ok((first, others))
}

/// Whether a peer has the plaintext of everything private that a transaction read.
fn keeps_what_was_read(ledger: &Ledger, node: &Node, simulated: &SimulationResult) -> bool {
    let party = Party::peer(&node.msp_id);
    simulated.rwset.namespaces.iter().all(|set| {
        let Some(installed) = ledger.installed.get(&set.namespace) else {
            return true;
        };
        let read = set.collections.iter().filter(|set| !set.reads.is_empty());
        read.map(|set| &set.collection).all(|name| {
            let access = installed.definition.access(name, &party);
            access.is_some_and(|access| access.member)
        })
    })
}

fn run_twice(ledger: &Ledger, node: &Node, invocation: &Invocation) -> Result<Run, TestingError> {
    let first = run(ledger, node, invocation);
    let again = run(ledger, node, invocation);
    if let Some(difference) = difference::between(first.result(), again.result()) {
        let text = format!("the contract is not deterministic: {difference}");
        let response = Failure::new(500, "NOT_DETERMINISTIC", text)
            .with("difference", difference)
            .to_response();
        return Err(TestingError::Refused { response });
    }
    if !first.response.is_ok() {
        let response = first.response;
        return Err(TestingError::Refused { response });
    }
    Ok(first)
}

fn run(ledger: &Ledger, node: &Node, invocation: &Invocation) -> Run {
    let scene = Scene {
        ledger,
        node,
        client: party(&invocation.creator),
        requests: Cell::new(0),
    };
    let (response, simulated) = simulate(&scene, CHAINCODE, invocation);
    Run {
        response,
        simulated,
        requests: scene.requests.get(),
    }
}

/// Runs a chaincode of a ledger, on a peer of it.
pub(super) fn simulate(
    scene: &Scene<'_>,
    chaincode: &str,
    invocation: &Invocation,
) -> (Response, SimulationResult) {
    let state = &scene.node.state;
    let mut simulator = Simulator::<MemoryState>::new(state, &invocation.transaction_id);
    if scene.ledger.rich_queries {
        simulator = simulator.over_documents();
    }
    let simulator = RefCell::new(simulator);
    look_up(&simulator, chaincode);
    let response = match scene.ledger.installed.get_key_value(chaincode) {
        Some((name, installed)) => {
            let mut peer = SimulatedPeer::new(scene, &simulator, invocation, vec![name]);
            guarded(&*installed.chaincode, invocation, &mut peer)
        }
        None => Response::error(500, format!("there is no chaincode {chaincode}")),
    };
    (response, simulator.into_inner().finish())
}

/// What a peer reads to find a chaincode before it runs it: a transaction is void once the chaincode's
/// definition changes.
pub(super) fn look_up(simulator: &Simulation<'_>, chaincode: &str) {
    let key = lifecycle::field_key(chaincode, "Sequence");
    // A state in memory does not fail.
    let _ = simulator.borrow_mut().get(lifecycle::NAMESPACE, &key);
}

/// Who a creator is to the policies of collections.
fn party(creator: &Creator) -> Party {
    let identity = ClientIdentity::of(creator);
    let is_admin = identity.is_ok_and(|identity| identity.has_organizational_unit("admin"));
    Party::client(&creator.msp_id, is_admin)
}

/// Runs chaincode as the shim does: a panic is one failed transaction.
pub(super) fn guarded(
    chaincode: &dyn Chaincode,
    invocation: &Invocation,
    peer: &mut dyn Peer,
) -> Response {
    catch_unwind(AssertUnwindSafe(|| chaincode.invoke(invocation, peer))).unwrap_or_else(|_| {
        Failure::new(500, "PANIC", "the contract panicked; nothing was written").to_response()
    })
}

impl Run {
    fn result(&self) -> (&Response, &SimulationResult) {
        (&self.response, &self.simulated)
    }

    fn endorsed(self, invocation: &Invocation, endorsers: Vec<Party>) -> Endorsed {
        Endorsed {
            transaction_id: invocation.transaction_id.clone(),
            timestamp: invocation.timestamp,
            response: self.response,
            rwset: self.simulated.rwset,
            private: self.simulated.private,
            endorsers,
            requests: self.requests,
        }
    }
}
