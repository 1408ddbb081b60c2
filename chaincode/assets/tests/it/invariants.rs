//! Whatever is asked, in whatever order, committed in whatever blocks: the notes of a token add up
//! to its cap, and none is zero.

use asset_types::{NoteId, TransferReply, function};
use fabric_contract_api_rust::testing::{Endorsed, TestingError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bank::{Bank, with};

const ACCOUNTS: [&str; 5] = ["mint", "alice", "bob", "unissued", "nobody"];
const SIGNERS: [&str; 4] = ["mint", "alice", "bob", "admin"];
const TOKENS: [&str; 3] = ["small", "large", "missing"];
const SMALL_CAP: u128 = 30;
/// So many picks may name a note twice; fewer do not.
const PICKS_MAX: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Mint {
        signer: &'static str,
        token: &'static str,
        to: &'static str,
        amount: u128,
        notes: Option<Vec<prop::sample::Index>>,
    },
    Transfer {
        signer: &'static str,
        token: &'static str,
        from: &'static str,
        to: &'static str,
        amount: u128,
        notes: Option<Vec<prop::sample::Index>>,
    },
    /// Repeats an earlier request, word for word.
    Repeat(prop::sample::Index),
    /// Commits what is endorsed so far, as one block, back to front if so said.
    Cut { reversed: bool },
}

fn one_of(names: &'static [&'static str], usual: usize) -> impl Strategy<Value = &'static str> {
    // Mostly the first names, which are allowed; sometimes any.
    prop_oneof![
        9 => prop::sample::select(&names[..usual]),
        1 => prop::sample::select(names),
    ]
}

fn amounts() -> impl Strategy<Value = u128> {
    prop_oneof![
        12 => 1..=12_u128,
        1 => Just(0),
        1 => Just(SMALL_CAP),
        1 => Just(u128::MAX),
        1 => any::<u128>(),
    ]
}

fn selections() -> impl Strategy<Value = Option<Vec<prop::sample::Index>>> {
    prop::option::of(prop::collection::vec(
        any::<prop::sample::Index>(),
        0..=PICKS_MAX,
    ))
}

fn steps() -> impl Strategy<Value = Step> {
    let mint = (
        one_of(&SIGNERS, 1),
        one_of(&TOKENS, 2),
        one_of(&ACCOUNTS, 3),
        amounts(),
    )
        .prop_flat_map(|parts| (Just(parts), selections()))
        .prop_map(|((signer, token, to, amount), notes)| Step::Mint {
            signer,
            token,
            to,
            amount,
            notes,
        });
    let transfer = (
        prop::option::weighted(0.05, one_of(&SIGNERS, 3)),
        one_of(&TOKENS, 2),
        one_of(&ACCOUNTS, 3),
        one_of(&ACCOUNTS, 3),
        amounts(),
        selections(),
    )
        .prop_map(|(signer, token, from, to, amount, notes)| {
            let own = if SIGNERS.contains(&from) {
                from
            } else {
                "alice"
            };
            Step::Transfer {
                signer: signer.unwrap_or(own),
                token,
                from,
                to,
                amount,
                notes,
            }
        });
    prop_oneof![
        3 => mint,
        6 => transfer,
        1 => any::<prop::sample::Index>().prop_map(Step::Repeat),
        4 => any::<bool>().prop_map(|reversed| Step::Cut { reversed }),
    ]
}

/// Runs steps, and remembers what it did.
struct Run {
    bank: Bank,
    calls: Vec<(&'static str, &'static str, Value)>,
    /// Every note that was ever made or announced, spent or not, committed or not.
    notes: Vec<(String, String, NoteId)>,
    pending: Vec<Endorsed>,
}

impl Run {
    fn new() -> Self {
        let mut bank = Bank::empty();
        for (account, msp_id) in [
            ("mint", "Org1MSP"),
            ("alice", "Org1MSP"),
            ("bob", "Org2MSP"),
        ] {
            bank.open(account, msp_id);
        }
        bank.create("small", json!({ "cap": SMALL_CAP.to_string() }));
        bank.create("large", json!({}));
        let mut run = Self {
            bank,
            calls: Vec::new(),
            notes: Vec::new(),
            pending: Vec::new(),
        };
        for (token, amount) in [("small", "4"), ("large", "50")] {
            for to in ["mint", "alice", "bob", "alice", "bob"] {
                let request = json!({ "token": token, "to": to, "amount": amount });
                run.call("mint", function::TOKENS_MINT, request);
                run.cut(false);
            }
        }
        run
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Mint {
                signer,
                token,
                to,
                amount,
                notes,
            } => {
                let notes = self.named(token, "unissued", notes);
                let request = json!({ "token": token, "to": to, "amount": amount.to_string() });
                self.call(signer, function::TOKENS_MINT, with(request, notes));
            }
            Step::Transfer {
                signer,
                token,
                from,
                to,
                amount,
                notes,
            } => {
                let notes = self.named(token, from, notes);
                let amount = amount.to_string();
                let request = json!({ "token": token, "from": from, "to": to, "amount": amount });
                self.call(signer, function::TOKENS_TRANSFER, with(request, notes));
            }
            Step::Repeat(_) if self.calls.is_empty() => {}
            Step::Repeat(index) => {
                let (signer, function, request) = index.get(&self.calls).clone();
                self.endorse(signer, function, request);
            }
            Step::Cut { reversed } => self.cut(reversed),
        }
    }

    /// Names latest notes of the account where it has had any, else notes of anybody.
    fn named(&self, token: &str, account: &str, picks: Option<Vec<prop::sample::Index>>) -> Value {
        let Some(picks) = picks else {
            return json!({});
        };
        let owned = |note: &&(String, String, NoteId)| note.0 == token && note.1 == account;
        let mut known: Vec<_> = self.notes.iter().rev().filter(owned).take(4).collect();
        if known.is_empty() {
            known = self.notes.iter().collect();
        }
        let mut notes: Vec<_> = picks.iter().map(|pick| &pick.get(&known).2).collect();
        if notes.len() < PICKS_MAX {
            notes.sort_unstable();
            notes.dedup();
        }
        json!({ "notes": notes })
    }

    fn call(&mut self, signer: &'static str, function: &'static str, request: Value) {
        let request = with(
            request,
            json!({ "request_id": format!("call-{}", self.calls.len()) }),
        );
        self.calls.push((signer, function, request.clone()));
        self.endorse(signer, function, request);
    }

    fn endorse(&mut self, signer: &str, function: &str, request: Value) {
        let to = request["to"].as_str().unwrap().to_owned();
        let from = request["from"].as_str().unwrap_or("unissued").to_owned();
        let token = request["token"].as_str().unwrap().to_owned();
        match self.bank.endorse(signer, function, request) {
            Ok(endorsed) => {
                let reply: TransferReply = endorsed.reply().unwrap();
                self.notes.push((token.clone(), to, reply.note));
                self.notes
                    .extend(reply.change.map(|change| (token, from, change.note)));
                self.pending.push(endorsed);
            }
            Err(TestingError::Refused { response }) => {
                assert!(
                    response.status < 500,
                    "a fault of ours: {}",
                    response.message
                );
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn cut(&mut self, reversed: bool) {
        let mut block = std::mem::take(&mut self.pending);
        if reversed {
            block.reverse();
        }
        self.bank.ledger.commit(block);
        self.bank.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn notes_always_add_up_to_the_cap(steps in prop::collection::vec(steps(), 1..100)) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
        run.cut(false);
        // The sums that queries give are the sums of the state.
        for token in ["small", "large"] {
            let supply: Value = run.bank.ask(function::TOKENS_SUPPLY, json!({ "token": token }));
            let mut circulating = 0_u128;
            for account in ["mint", "alice", "bob"] {
                let asked = json!({ "token": token, "account": account });
                let reply: Value = run.bank.ask(function::TOKENS_BALANCE, asked);
                circulating += reply["amount"].as_str().unwrap().parse::<u128>().unwrap();
            }
            prop_assert_eq!(supply["supply"].as_str().unwrap(), circulating.to_string());
        }
    }
}
