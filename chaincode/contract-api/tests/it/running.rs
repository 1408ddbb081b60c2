//! Runs closures as transactions and queries on the fake peer.

use std::sync::Mutex;

use fabric_contract_api_rust::{Call, ContractDescription, Response, Schemas, prelude::*};

use crate::fake_peer::{FakePeer, code, invoke};

/// A contract that is one closure.
struct Run<F>(Mutex<F>);

impl<F> Contract for Run<F>
where
    F: FnMut(&Call<'_>) -> Result<(), LedgerError> + Send + 'static,
{
    fn name(&self) -> &str {
        "run"
    }

    fn describe(&self, _: &mut Schemas) -> ContractDescription {
        ContractDescription::new("1", "")
    }

    fn call(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        (self.0.lock().unwrap())(call)?;
        Ok(Vec::new())
    }
}

fn respond<F>(peer: &mut FakePeer, run: F) -> Response
where
    F: FnMut(&Call<'_>) -> Result<(), LedgerError> + Send + 'static,
{
    invoke(&Run(Mutex::new(run)), peer, &["run"])
}

#[track_caller]
pub(crate) fn run<F>(peer: &mut FakePeer, mut transaction: F)
where
    F: FnMut(&mut Tx<'_>) -> Result<(), LedgerError> + Send + 'static,
{
    let response = respond(peer, move |call| transaction(&mut call.tx()));
    assert_eq!(response.message, "");
}

#[track_caller]
pub(crate) fn run_query<F>(peer: &mut FakePeer, mut query: F)
where
    F: FnMut(&Query<'_>) -> Result<(), LedgerError> + Send + 'static,
{
    let response = respond(peer, move |call| query(&call.query()));
    assert_eq!(response.message, "");
}

/// A transaction that is refused before the peer is asked.
#[track_caller]
pub(crate) fn check_refused<F>(transaction: F, expected: &str)
where
    F: FnMut(&mut Tx<'_>) -> Result<(), LedgerError> + Send + 'static,
{
    let mut peer = FakePeer::default();
    let mut transaction = transaction;
    let response = respond(&mut peer, move |call| transaction(&mut call.tx()));
    assert_eq!(code(&response), expected);
    assert!(peer.requests.is_empty());
}
