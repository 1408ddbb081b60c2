//! A case: it does things to the network and notes what it sees. What it notes on real Fabric is recorded
//! in `fixtures/behaviour`; on every network it must note the same.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use e2e::wire::{Call, Client, Placed, Proposed};
use fabric_msp::layout;
use fabric_protos::common::Envelope;
use fabric_protos::peer::ProposalResponse;
use fabric_testnet::probe::{Op, Probe, argument};
use sha2::{Digest as _, Sha256};
use tonic::Status;

use crate::describe;
use crate::record;
use crate::suite::{self, Suite};

/// How often a case may start again because its transactions came into different blocks.
const ATTEMPTS_MAX: usize = 20;
/// Nothing a case waits for takes longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Transactions that belong into one block came into several: the case starts again, on other keys.
#[derive(Debug)]
pub(crate) struct Split;

/// A case that hangs would keep those that run alone waiting for ever.
const CASE_DEADLINE: Duration = Duration::from_secs(240);

/// What a case gives.
pub(crate) type Outcome = Result<(), Split>;

/// A case that runs.
pub(crate) struct Case {
    pub(crate) suite: &'static Suite,
    name: &'static str,
    attempt: usize,
    notes: Vec<(String, String)>,
    /// What differs between runs, and what stands for it.
    masks: Vec<(String, String)>,
    proposals: usize,
}

/// A transaction ready to be ordered.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) id: String,
    pub(crate) envelope: Envelope,
}

/// Runs a case beside others.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a case is a closure of its test"
)]
pub(crate) fn observe(name: &'static str, case: impl AsyncFn(&mut Case) -> Outcome) {
    suite::run(async |suite| {
        let _company = suite.company.read().await;
        attempts(suite, name, &case).await;
    });
}

/// Runs a case while no other runs.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a case is a closure of its test"
)]
pub(crate) fn observe_alone(name: &'static str, case: impl AsyncFn(&mut Case) -> Outcome) {
    suite::run(async |suite| {
        let _company = suite.company.write().await;
        attempts(suite, name, &case).await;
    });
}

async fn attempts(
    suite: &'static Suite,
    name: &'static str,
    case: &impl AsyncFn(&mut Case) -> Outcome,
) {
    for attempt in 0..ATTEMPTS_MAX {
        let mut run = Case::new(suite, name, attempt);
        let outcome = tokio::time::timeout(CASE_DEADLINE, case(&mut run)).await;
        if outcome.unwrap_or_else(|_| panic!("{name} hangs")).is_ok() {
            return record::compare(name, (suite.kind, suite.compat), &run.finish());
        }
    }
    panic!("{name}: transactions that were sent at once never came into one block");
}

impl Case {
    fn new(suite: &'static Suite, name: &'static str, attempt: usize) -> Self {
        let mut case = Self {
            suite,
            name,
            attempt,
            notes: Vec::new(),
            masks: Vec::new(),
            proposals: 0,
        };
        case.mask(&case.key(""), "");
        for (index, peer) in suite.nodes.peers.iter().enumerate() {
            let alias = format!("<{} peer>", peer.msp_id);
            let port = peer.address.rsplit(':').next().unwrap_or_default();
            case.mask(&peer.address, &alias);
            case.mask(
                &format!("{}:{port}", layout::peer_host(index + 1, 0)),
                &alias,
            );
        }
        case.mask(&suite.nodes.orderer.address, "<orderer>");
        case
    }

    /// A key of this run alone; noted as `key`.
    pub(crate) fn key(&self, key: &str) -> String {
        format!("{}~{}~{key}", self.name, self.attempt)
    }

    /// A key whose hash is noted as `#key`.
    pub(crate) fn private_key(&mut self, key: &str) -> String {
        let full = self.key(key);
        let hash = hex::encode(Sha256::digest(&full));
        self.mask(&hash, &format!("#{key}"));
        full
    }

    /// Notes `alias` where `text` stands.
    pub(crate) fn mask(&mut self, text: &str, alias: &str) {
        self.masks.push((text.to_owned(), alias.to_owned()));
    }

    /// Notes something.
    pub(crate) fn note(&mut self, what: &str, seen: impl Into<String>) {
        assert!(!what.contains(": "), "{what} would be read back in two");
        self.notes.push((what.to_owned(), seen.into()));
    }

    /// The probe that serves a chaincode.
    pub(crate) async fn probe(&mut self, chaincode: &str) -> Arc<Probe> {
        self.probe_on(&self.suite.channel, chaincode).await
    }

    /// The probe that serves a chaincode of a channel.
    pub(crate) async fn probe_on(&mut self, channel: &str, chaincode: &str) -> Arc<Probe> {
        let probe = self.suite.probe(channel, chaincode).await;
        self.mask(&probe.id(), &format!("<package {chaincode}>"));
        self.mask(
            &probe.address().to_string(),
            &format!("<{chaincode} probe>"),
        );
        probe
    }

    /// Deploys what is called on the client's channel, unless the peers have it built in.
    async fn serve(&mut self, client: &Client, call: &Call) {
        if call.chaincode != "_lifecycle" {
            self.probe_on(&client.channel, &call.chaincode).await;
        }
    }

    /// `User1` of an organisation.
    pub(crate) fn client(&mut self, organization: usize) -> Client {
        let client = self.suite.client(organization, "User1");
        let creator = hex::encode(client.identity.serialized());
        self.mask(&creator, &format!("<User1 of Org{organization}>"));
        client
    }

    /// A signed proposal, whose id is noted as `<t1>` and so on.
    pub(crate) fn propose(&mut self, client: &Client, call: &Call) -> Proposed {
        let proposed = client.propose(call);
        self.name_transaction(&proposed.id);
        proposed
    }

    pub(crate) fn name_transaction(&mut self, id: &str) {
        self.proposals += 1;
        let alias = format!("<t{}>", self.proposals);
        self.mask(id, &alias);
    }

    /// Evaluates a script for `User1` of Org1, and notes what came.
    pub(crate) async fn evaluate(&mut self, what: &str, chaincode: &str, script: &[Op]) {
        let client = self.client(1);
        self.evaluate_on(&client, what, &call(chaincode, script))
            .await;
    }

    /// Evaluates on the client's own peer, and notes what came.
    pub(crate) async fn evaluate_on(&mut self, client: &Client, what: &str, call: &Call) {
        self.serve(client, call).await;
        let proposed = self.propose(client, call);
        let own = client.peer(client.home).msp_id.clone();
        let answer = client.evaluate(&proposed, &[&own]).await;
        let text = answer.map_or_else(
            |status| describe::failure(&status),
            |response| describe::response(&response),
        );
        self.note(what, text);
    }

    /// Runs a script on the peers of these organisations for `User1` of Org1, and notes the first answer.
    pub(crate) async fn simulate(
        &mut self,
        what: &str,
        chaincode: &str,
        script: &[Op],
        organizations: &[usize],
    ) -> Ready {
        let client = self.client(1);
        self.simulate_for(&client, what, &call(chaincode, script), organizations)
            .await
    }

    /// Runs a call on the peers of these organisations, and notes the first answer.
    pub(crate) async fn simulate_for(
        &mut self,
        client: &Client,
        what: &str,
        call: &Call,
        organizations: &[usize],
    ) -> Ready {
        self.serve(client, call).await;
        let proposed = self.propose(client, call);
        let responses = self.process(client, what, &proposed, organizations).await;
        Ready {
            id: proposed.id.clone(),
            envelope: client.assemble(&proposed, &responses),
        }
    }

    /// Hands a proposal to the peers of these organisations, and notes the first answer.
    pub(crate) async fn process(
        &mut self,
        client: &Client,
        what: &str,
        proposed: &Proposed,
        organizations: &[usize],
    ) -> Vec<ProposalResponse> {
        let mut responses = Vec::new();
        for &organization in organizations {
            match client.process(organization, &proposed.signed).await {
                Ok(response) => responses.push(response),
                Err(status) => self.note(what, describe::failure(&status)),
            }
        }
        if let Some(first) = responses.first() {
            self.note(what, describe::endorsement(first));
        }
        responses
    }

    /// Has transactions ordered together and notes their codes, when every peer has them.
    pub(crate) async fn commit(
        &mut self,
        transactions: &[(&str, &Ready)],
    ) -> Result<Vec<Placed>, Split> {
        let client = self.client(1);
        self.commit_for(&client, transactions).await
    }

    /// As [`Case::commit`], for a client on its channel.
    pub(crate) async fn commit_for(
        &mut self,
        client: &Client,
        transactions: &[(&str, &Ready)],
    ) -> Result<Vec<Placed>, Split> {
        let since = client.newest(1).await;
        let envelopes: Vec<_> = transactions
            .iter()
            .map(|(_, ready)| ready.envelope.clone())
            .collect();
        let answers = client.broadcast(envelopes.clone()).await;
        for answer in answers.expect("the orderer answers") {
            assert_eq!(answer.status, 200, "the orderer takes it: {answer:?}");
        }
        let placed = within("the peers' blocks", client.find(1, since, &envelopes)).await;
        for organization in 2..=usize::from(suite::ORGANIZATIONS) {
            let others = within(
                "the peers' blocks",
                client.find(organization, since, &envelopes),
            );
            assert_eq!(others.await, placed, "all peers find the same");
        }
        if placed.iter().any(|place| place.block != placed[0].block) {
            return Err(Split);
        }
        for ((what, _), place) in transactions.iter().zip(&placed) {
            let version = format!("{{BlockNum: {}, TxNum: {}}}", place.block, place.index);
            let alias = format!("<version of {what}>");
            self.mask(&version, &alias);
            self.note(what, describe::code(place.code));
        }
        Ok(placed)
    }

    /// Simulates on Org1's peer, commits by itself, and notes both.
    pub(crate) async fn submit(&mut self, what: &str, chaincode: &str, script: &[Op]) -> Outcome {
        self.submit_with(what, chaincode, script, &[1]).await
    }

    /// Simulates on the peers of these organisations, commits by itself, and notes both.
    pub(crate) async fn submit_with(
        &mut self,
        what: &str,
        chaincode: &str,
        script: &[Op],
        organizations: &[usize],
    ) -> Outcome {
        let ready = self.simulate(what, chaincode, script, organizations).await;
        self.commit(&[(what, &ready)]).await.map(drop)
    }

    /// Notes a failure, or that there was none.
    pub(crate) fn note_result<T>(&mut self, what: &str, result: &Result<T, Status>) {
        let text = result
            .as_ref()
            .map_or_else(describe::failure, |_| "success".to_owned());
        self.note(what, text);
    }

    fn finish(mut self) -> Vec<(String, String)> {
        // What contains another text must go before it.
        self.masks
            .sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        for (what, seen) in &mut self.notes {
            for (text, alias) in &self.masks {
                *what = what.replace(text, alias);
                *seen = seen.replace(text, alias);
            }
            *seen = without_times(seen);
        }
        self.notes
    }
}

/// A text without the times in it, which are of the form of RFC 3339 in UTC.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', ',']).map(|word| {
        let bytes = word.as_bytes();
        let is_time =
            bytes.len() >= 20 && bytes[10] == b'T' && bytes[4] == b'-' && word.starts_with("20");
        match is_time {
            true => format!(
                "<time>{}",
                word.split_once('Z').map_or("", |(_, rest)| rest)
            ),
            false => word.to_owned(),
        }
    });
    words.collect()
}

/// A call of a probe.
pub(crate) fn call(chaincode: &str, script: &[Op]) -> Call {
    Call::new(chaincode, [Bytes::from(argument(script))])
}

/// Awaits something with a deadline.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(DEADLINE, future).await;
    result.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
