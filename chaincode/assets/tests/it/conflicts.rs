//! Transactions of one block: which disturb each other, and which never do.

use asset_types::function;
use fabric_contract_api_rust::testing::{Code, Endorsed};
use serde_json::{Value, json};

use crate::bank::{Bank, payment};

fn transfer(bank: &mut Bank, from: &str, to: &str, amount: u128, more: Value) -> Endorsed {
    let request = payment(from, to, amount, more);
    bank.endorse(from, function::TOKENS_TRANSFER, request)
        .unwrap()
}

#[track_caller]
fn many_payers(named: bool) {
    let mut bank = Bank::new();
    let payers: Vec<String> = (0..40).map(|index| format!("payer-{index}")).collect();
    for payer in &payers {
        bank.open(payer, "Org2MSP");
        bank.mint(payer, 10);
    }
    let mut block = Vec::new();
    for payer in &payers {
        let note = bank.notes(payer).remove(0).note;
        let more = if named {
            json!({ "notes": [note] })
        } else {
            json!({})
        };
        block.push(transfer(&mut bank, payer, "alice", 3, more));
    }
    assert_eq!(bank.ledger.commit(block), vec![Code::VALID; 40]);
    assert_eq!(bank.balance("alice"), 120);
    bank.check();
}

#[test]
fn many_payers_to_one_payee_never_conflict() {
    many_payers(true);
}

#[test]
fn many_payers_to_one_payee_never_conflict_when_the_contract_chooses() {
    many_payers(false);
}

#[test]
fn of_two_spends_of_one_note_the_first_is_valid() {
    let mut bank = Bank::new();
    let note = bank.mint("alice", 10).note;
    let first = transfer(&mut bank, "alice", "bob", 10, json!({ "notes": [note] }));
    let second = transfer(&mut bank, "alice", "carol", 4, json!({ "notes": [note] }));
    let codes = bank.ledger.commit([first, second]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
    assert_eq!((bank.balance("bob"), bank.balance("carol")), (10, 0));
    bank.check();
}

#[test]
fn spends_of_different_notes_do_not_conflict() {
    let mut bank = Bank::new();
    let notes = [bank.mint("alice", 10).note, bank.mint("alice", 10).note];
    let block =
        notes.map(|note| transfer(&mut bank, "alice", "bob", 4, json!({ "notes": [note] })));
    assert_eq!(bank.ledger.commit(block), [Code::VALID; 2]);
    assert_eq!((bank.balance("alice"), bank.balance("bob")), (12, 8));
    bank.check();
}

#[test]
fn a_credit_disturbs_a_scan_but_no_named_notes() {
    for (named, expected) in [(true, Code::VALID), (false, Code::PHANTOM_READ_CONFLICT)] {
        let mut bank = Bank::new();
        bank.mint("bob", 100);
        let note = bank.mint("alice", 10).note;
        let more = if named {
            json!({ "notes": [note] })
        } else {
            json!({})
        };
        let credit = transfer(&mut bank, "bob", "alice", 1, json!({}));
        let debit = transfer(&mut bank, "alice", "carol", 10, more);
        assert_eq!(bank.ledger.commit([credit, debit]), [Code::VALID, expected]);
        bank.check();
    }
}

#[test]
fn a_chain_of_payments_over_blocks_keeps_the_sum() {
    let mut bank = Bank::new();
    bank.mint("alice", 1_000);
    for round in 1..=20 {
        bank.pay("alice", "bob", round);
        bank.pay("bob", "carol", round);
        bank.pay("carol", "alice", round);
    }
    assert_eq!(bank.balance("alice"), 1_000);
    bank.check();
}
