//! A mock peer with a ledger of its own that loses answers, refuses envelopes and breaks streams.

use bytes::Bytes;
use fabric_gateway_sdk::Block;
use fabric_protos::gateway;
use prost::Message as _;
use tonic::{Code, Status};

use super::{Answer, COMMIT_STATUS, DELIVER_FILTERED, End, Mock, SUBMIT, Script};

const DUPLICATE: u8 = 9;
const CONFLICT: u8 = 11;

/// A source of chances that repeats (xorshift).
pub(super) struct Flaky(u64);

impl Flaky {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

impl Mock {
    /// From now on whatever is submitted may be lost, refused, taken with or without an answer.
    pub(crate) fn be_flaky(&self, seed: u64) {
        *self.script.flaky.lock().unwrap() = Some(Flaky(seed));
    }

    /// From now on everything goes well.
    pub(crate) fn be_reliable(&self) {
        *self.script.flaky.lock().unwrap() = Some(Flaky(0));
    }

    /// Every occurrence of every transaction: block, id, verdict.
    pub(crate) fn ledger(&self) -> Vec<(u64, String, u8)> {
        self.script.ledger()
    }
}

impl Script {
    fn ledger(&self) -> Vec<(u64, String, u8)> {
        let mut found = Vec::new();
        for bytes in self.chain.borrow().iter() {
            let block = Block::from_bytes(bytes.clone()).unwrap();
            for (position, transaction) in block.transactions().enumerate() {
                let id = transaction.decode().unwrap().transaction_id.to_string();
                found.push((block.number(), id, block.validation_flags()[position]));
            }
        }
        found
    }

    pub(super) fn flaky_answer(&self, method: &str, message: &Bytes) -> Option<Answer> {
        let mut flaky = self.flaky.lock().unwrap();
        let flaky = flaky.as_mut()?;
        match method {
            SUBMIT => Some(self.take(flaky, message)),
            COMMIT_STATUS => Some(self.tell(message)),
            DELIVER_FILTERED if flaky.below(2) == 1 => {
                let count = usize::try_from(flaky.below(12)).unwrap();
                Some(Answer::Serve(count, End::With(Status::unavailable("gone"))))
            }
            _ => None,
        }
    }

    fn take(&self, flaky: &mut Flaky, message: &Bytes) -> Answer {
        let id = gateway::SubmitRequest::decode(message.clone())
            .unwrap()
            .transaction_id;
        let fate = flaky.below(8);
        if fate == 5 {
            return Answer::status(Code::Unavailable, "it never came to an orderer");
        }
        if fate == 6 {
            return Answer::status(Code::Aborted, "the orderers refuse");
        }
        let is_copy = self.ledger().iter().any(|(_, known, _)| *known == id);
        let code = match flaky.below(4) {
            _ if is_copy => DUPLICATE,
            1 => CONFLICT,
            _ => 0,
        };
        self.append(&[(&id, code)]);
        match fate {
            7 => Answer::status(Code::Unavailable, "the answer is lost"),
            _ => Answer::message(&gateway::SubmitResponse {}),
        }
    }

    /// The first occurrence counts; who asks too early waits for ever.
    fn tell(&self, message: &Bytes) -> Answer {
        let signed = gateway::SignedCommitStatusRequest::decode(message.clone()).unwrap();
        let request = gateway::CommitStatusRequest::decode(signed.request).unwrap();
        let ledger = self.ledger();
        let first = ledger
            .into_iter()
            .find(|(_, id, _)| *id == request.transaction_id);
        first.map_or_else(Answer::never, |(block_number, _, code)| {
            Answer::message(&gateway::CommitStatusResponse {
                result: code.into(),
                block_number,
            })
        })
    }
}
