//! The token on a ledger in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use example_token_erc_20::Token;
use fabric_contract_api_rust::{
    ClientIdentity,
    testing::{Code, Ledger, TestingError, User},
};
use serde_json::{Value, json};

const NONE: [&str; 0] = [];

struct Bank {
    ledger: Ledger,
    mint: User,
    bob: User,
    eve: User,
}

impl Bank {
    /// A token of which the minter has 100.
    fn new() -> Self {
        let mut bank = Self::bare();
        bank.call(0, "Initialize", &["some name", "some symbol", "2"])
            .unwrap();
        bank.call(0, "Mint", &["100"]).unwrap();
        bank
    }

    fn bare() -> Self {
        let mut ledger = Ledger::of(Token);
        let mint = ledger.user("Org1MSP", "mint").unwrap();
        let bob = ledger.user("Org2MSP", "bob").unwrap();
        let eve = ledger.user("Org2MSP", "eve").unwrap();
        Self {
            ledger,
            mint,
            bob,
            eve,
        }
    }

    /// Minter, bob and eve by number.
    fn user(&self, user: usize) -> User {
        [&self.mint, &self.bob, &self.eve][user].clone()
    }

    fn id(&self, user: usize) -> String {
        ClientIdentity::of(self.user(user).creator())
            .unwrap()
            .id_go()
    }

    fn call(
        &mut self,
        user: usize,
        function: &str,
        arguments: &[&str],
    ) -> Result<Option<Value>, TestingError> {
        let user = self.user(user);
        let client = self.ledger.as_user(&user);
        let done = client.submit(function, arguments.iter().copied())?;
        Ok(done.event().map(|event| {
            let payload: Value = serde_json::from_slice(&event.payload).unwrap();
            json!([event.name, payload])
        }))
    }

    #[track_caller]
    fn refused(&mut self, user: usize, function: &str, arguments: &[&str], expected: &str) {
        let code = self
            .call(user, function, arguments)
            .err()
            .and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some(expected));
    }

    fn balance(&mut self, user: usize) -> u64 {
        let user = self.user(user);
        self.ledger
            .as_user(&user)
            .evaluate("ClientAccountBalance", NONE)
            .unwrap()
    }

    fn supply(&mut self) -> u64 {
        let mint = self.mint.clone();
        self.ledger
            .as_user(&mint)
            .evaluate("TotalSupply", NONE)
            .unwrap()
    }
}

#[test]
fn tokens_are_minted_paid_and_burnt() {
    let mut bank = Bank::new();
    let bob = bank.id(1);
    let event = bank.call(0, "Transfer", &[&bob, "30"]).unwrap();
    let paid = json!({ "from": bank.id(0), "to": bob, "value": 30 });
    assert_eq!(event, Some(json!(["Transfer", paid])));
    assert_eq!((bank.balance(0), bank.balance(1)), (70, 30));
    let burnt = bank.call(0, "Burn", &["20"]).unwrap().unwrap();
    assert_eq!(burnt[1]["to"], "0x0");
    assert_eq!((bank.balance(0), bank.supply()), (50, 80));
}

#[test]
fn balances_are_stored_as_in_the_samples() {
    let bank = Bank::new();
    assert_eq!(bank.ledger.get(&bank.id(0)).unwrap(), Some(b"100".to_vec()));
    assert_eq!(
        bank.ledger.get("totalSupply").unwrap(),
        Some(b"100".to_vec())
    );
    assert_eq!(
        bank.ledger.get("name").unwrap(),
        Some(b"some name".to_vec())
    );
}

#[test]
fn a_spender_takes_no_more_than_was_allowed() {
    let mut bank = Bank::new();
    let (mint, bob, eve) = (bank.id(0), bank.id(1), bank.id(2));
    let approval = bank.call(0, "Approve", &[&bob, "40"]).unwrap().unwrap();
    assert_eq!(approval[0], "Approval");
    bank.call(1, "TransferFrom", &[&mint, &eve, "25"]).unwrap();
    bank.refused(1, "TransferFrom", &[&mint, &eve, "16"], "NOT_ALLOWED");
    bank.refused(2, "TransferFrom", &[&mint, &eve, "1"], "NOT_ALLOWED");
    let user = bank.user(2);
    let left: u64 = bank
        .ledger
        .as_user(&user)
        .evaluate("Allowance", [&mint, &bob])
        .unwrap();
    assert_eq!((left, bank.balance(2)), (15, 25));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut bank = Bank::new();
    let (mint, bob) = (bank.id(0), bank.id(1));
    bank.refused(0, "Transfer", &[&bob, "101"], "INSUFFICIENT_FUNDS");
    bank.refused(0, "Transfer", &[&mint, "1"], "SAME_ACCOUNT");
    bank.refused(0, "Transfer", &[&bob, "-1"], "INVALID_ARGUMENT");
    bank.refused(1, "Transfer", &[&mint, "1"], "NO_ACCOUNT");
    bank.refused(0, "Mint", &["0"], "NOT_POSITIVE");
    bank.refused(0, "Mint", &["18446744073709551615"], "OVERFLOW");
    bank.refused(1, "Mint", &["1"], "FORBIDDEN");
    bank.refused(0, "Initialize", &["a", "b", "c"], "INITIALIZED");
    assert_eq!(bank.balance(0), 100);
}

#[test]
fn nothing_works_before_it_is_set_up() {
    let mut bank = Bank::bare();
    bank.refused(0, "Mint", &["1"], "NOT_INITIALIZED");
    bank.refused(1, "Approve", &["x", "1"], "NOT_INITIALIZED");
    let bob = bank.user(1);
    for function in [
        "Name",
        "Symbol",
        "Decimals",
        "TotalSupply",
        "ClientAccountID",
    ] {
        let refused = bank
            .ledger
            .as_user(&bob)
            .endorse(function, NONE)
            .unwrap_err();
        assert_eq!(
            refused.code().as_deref(),
            Some("NOT_INITIALIZED"),
            "{function}"
        );
    }
}

#[test]
fn one_balance_is_not_spent_twice() {
    let mut bank = Bank::new();
    let (mint, bob, eve) = (bank.user(0), bank.id(1), bank.id(2));
    let first = bank
        .ledger
        .as_user(&mint)
        .endorse("Transfer", [bob.as_str(), "80"])
        .unwrap();
    let second = bank
        .ledger
        .as_user(&mint)
        .endorse("Transfer", [eve.as_str(), "80"])
        .unwrap();
    let codes = bank.ledger.commit([first, second]);
    assert_eq!(codes, [Code::VALID, Code::MVCC_READ_CONFLICT]);
    assert_eq!(bank.balance(0), 20);
}
