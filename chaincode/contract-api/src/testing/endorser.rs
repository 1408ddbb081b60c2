//! Endorsement: the same invocation on two simulated peers, whose results must agree.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use fabric_ledger::{
    rwset::TxRwset,
    simulate::{SimulationResult, Simulator},
    state::MemoryState,
};

use super::{CHAINCODE, Endorsed, Ledger, TestingError, simulated_peer::SimulatedPeer};
use crate::{
    failure::Failure,
    peer::{Chaincode, Invocation, Peer, Response},
};

/// Runs an invocation twice. Moves the ledger's clock on.
pub(super) fn endorse(
    ledger: &mut Ledger,
    invocation: &Invocation,
) -> Result<Endorsed, TestingError> {
    ledger.transactions_made += 1;
    ledger.now.seconds += 1;
    let (response, simulated) = run(ledger, invocation);
    let (again, simulated_again) = run(ledger, invocation);
    if response != again || simulated != simulated_again {
        let response = disagreement(&response, &again, &simulated.rwset, &simulated_again.rwset);
        return Err(TestingError::Refused { response });
    }
    if !response.is_ok() {
        return Err(TestingError::Refused { response });
    }
    Ok(Endorsed {
        transaction_id: invocation.transaction_id.clone(),
        timestamp: invocation.timestamp,
        response,
        rwset: simulated.rwset,
        private: simulated.private,
    })
}

fn run(ledger: &Ledger, invocation: &Invocation) -> (Response, SimulationResult) {
    let simulator = Simulator::<MemoryState>::new(&ledger.state, &invocation.transaction_id);
    let simulator = RefCell::new(simulator);
    let response = match ledger.chaincodes.get(CHAINCODE) {
        Some(chaincode) => {
            let mut peer = SimulatedPeer::new(ledger, &simulator, invocation, vec![CHAINCODE]);
            guarded(&**chaincode, invocation, &mut peer)
        }
        None => Response::error(500, "there is no chaincode"),
    };
    (response, simulator.into_inner().finish())
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

fn disagreement(
    first: &Response,
    second: &Response,
    first_rwset: &TxRwset,
    second_rwset: &TxRwset,
) -> Response {
    let text = "two runs of the same transaction differ: the contract is not deterministic";
    Failure::new(500, "NOT_DETERMINISTIC", text)
        .with("responses", [format!("{first:?}"), format!("{second:?}")])
        .with(
            "rwsets",
            [format!("{first_rwset:?}"), format!("{second_rwset:?}")],
        )
        .to_response()
}
