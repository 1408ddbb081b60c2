//! Which ledger calls chaincodes made, with their times: of the newest transactions of one peer.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fabric_protos::peer::chaincode_message::Type;
use serde::Serialize;

use super::about::about;
use crate::limits::{TRACE_CALLS, TRACES};

/// One request of a chaincode and how long the peer took to answer it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Call {
    /// The peer that ran the chaincode.
    pub(crate) peer: String,
    pub(crate) chaincode: String,
    /// The type of the message, such as `GET_STATE`.
    pub(crate) call: &'static str,
    /// Keys, ranges, queries, public values.
    pub(crate) about: String,
    pub(crate) microseconds: u64,
}

/// The calls of the newest transactions, by transaction id.
#[derive(Debug, Default)]
pub(crate) struct Traces(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    calls: HashMap<String, Vec<Call>>,
    order: VecDeque<String>,
}

impl Traces {
    /// Remembers the calls of a transaction; of those that it made before, if it ran again, these
    /// come after.
    pub(crate) fn keep(&self, transaction_id: &str, calls: Vec<Call>) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = newest.calls.get_mut(transaction_id) {
            kept.extend(calls);
            kept.truncate(TRACE_CALLS);
            return;
        }
        newest.calls.insert(transaction_id.to_owned(), calls);
        newest.order.push_back(transaction_id.to_owned());
        if newest.order.len() > TRACES
            && let Some(oldest) = newest.order.pop_front()
        {
            newest.calls.remove(&oldest);
        }
    }

    /// What a transaction did, in order; none where it is not remembered.
    pub(crate) fn of(&self, transaction_id: &str) -> Vec<Call> {
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest
            .calls
            .get(transaction_id)
            .cloned()
            .unwrap_or_default()
    }
}

/// Collects the calls of one transaction while it runs.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    calls: Vec<Call>,
}

impl Recorder {
    /// Adds a call, as long as there are not too many.
    pub(super) fn add(
        &mut self,
        peer: &str,
        chaincode: &str,
        r#type: Type,
        payload: &Bytes,
        took: Duration,
    ) {
        if self.calls.len() < TRACE_CALLS {
            self.calls.push(Call {
                peer: peer.to_owned(),
                chaincode: chaincode.to_owned(),
                call: r#type.as_str_name(),
                about: about(r#type, payload),
                microseconds: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            });
        }
    }

    pub(super) fn into_calls(self) -> Vec<Call> {
        self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_call() -> Vec<Call> {
        let mut recorder = Recorder::default();
        recorder.add(
            "peer0",
            "cc",
            Type::GetState,
            &Bytes::from_static(b"\n\x03key"),
            Duration::from_millis(2),
        );
        recorder.into_calls()
    }

    #[test]
    fn only_the_newest_transactions_are_remembered() {
        let traces = Traces::default();
        for number in 0..=TRACES {
            traces.keep(&number.to_string(), one_call());
        }
        assert!(traces.of("0").is_empty());
        assert_eq!(traces.of("1").len(), 1);
        assert_eq!(traces.of(&TRACES.to_string())[0].about, "`key`");
        assert_eq!(traces.of("1")[0].microseconds, 2000);
    }

    #[test]
    fn a_transaction_without_end_is_cut_off() {
        let mut recorder = Recorder::default();
        for _ in 0..TRACE_CALLS * 2 {
            let payload = Bytes::from_static(&[0xff; 1000]);
            recorder.add("peer0", "cc", Type::GetState, &payload, Duration::ZERO);
        }
        let calls = recorder.into_calls();
        assert_eq!(calls.len(), TRACE_CALLS);
        assert_eq!(calls[0].about, "1000 bytes");
    }
}
