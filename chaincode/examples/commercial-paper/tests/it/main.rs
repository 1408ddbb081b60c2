//! Commercial papers on a ledger in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use example_commercial_paper::{CommercialPaper, Paper, PaperState};
use fabric_contract_api_rust::{
    Paged,
    testing::{Code, Ledger, TestingError, User},
};
use serde_json::Value;

struct Market {
    ledger: Ledger,
    magneto: User,
    digi: User,
}

impl Market {
    /// A paper of `MagnetoCorp`.
    fn new() -> Self {
        let mut ledger = Ledger::of(CommercialPaper);
        let magneto = ledger.user("Org2MSP", "isabella").unwrap();
        let digi = ledger.user("Org1MSP", "balaji").unwrap();
        let mut market = Self {
            ledger,
            magneto,
            digi,
        };
        let issue = [
            "MagnetoCorp",
            "00001",
            "2020-05-31",
            "2020-11-30",
            "5000000",
        ];
        market.as_magneto("issue", &issue).unwrap();
        market
    }

    fn as_magneto(&mut self, function: &str, arguments: &[&str]) -> Result<Paper, TestingError> {
        let arguments = arguments.iter().copied();
        self.ledger
            .as_user(&self.magneto)
            .submit(function, arguments)?
            .reply()
    }

    fn as_digi(&mut self, function: &str, arguments: &[&str]) -> Result<Paper, TestingError> {
        let arguments = arguments.iter().copied();
        self.ledger
            .as_user(&self.digi)
            .submit(function, arguments)?
            .reply()
    }

    fn of(&mut self, owner: &str) -> usize {
        let arguments = [owner, r#"{"size":10}"#];
        let page: Paged<Paper> = self
            .ledger
            .as_user(&self.digi)
            .evaluate("queryOwner", arguments)
            .unwrap();
        page.items.len()
    }
}

const BUY: [&str; 6] = [
    "MagnetoCorp",
    "00001",
    "MagnetoCorp",
    "DigiBank",
    "4900000",
    "2020-05-31",
];
const REQUEST: [&str; 6] = BUY;
const TRANSFER: [&str; 5] = ["MagnetoCorp", "00001", "DigiBank", "Org1MSP", "2020-06-01"];
const REDEEM: [&str; 5] = ["MagnetoCorp", "00001", "DigiBank", "Org2MSP", "2020-11-30"];

#[track_caller]
fn check_refused(outcome: Result<Paper, TestingError>, expected: &str) {
    let code = outcome.err().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some(expected));
}

#[test]
fn a_paper_is_stored_as_in_the_tutorial_with_its_owner_in_an_index() {
    let mut market = Market::new();
    let keys = market.ledger.keys();
    let stored: Vec<u8> = market.ledger.get(&keys[0]).unwrap().unwrap();
    let paper: Value = serde_json::from_slice(&stored).unwrap();
    assert_eq!(paper["currentState"], 1);
    assert_eq!(paper["paperNumber"], "00001");
    assert_eq!(paper["owner"], "MagnetoCorp");
    assert_eq!(keys.len(), 2);
    let kind = keys[0].split().unwrap();
    assert_eq!(kind, ("org.papernet.paper", vec!["MagnetoCorp", "00001"]));
    assert_eq!((market.of("MagnetoCorp"), market.of("DigiBank")), (1, 0));
}

#[test]
fn a_paper_goes_from_issue_over_request_and_transfer_to_redemption() {
    let mut market = Market::new();
    assert_eq!(
        market
            .as_digi("buy_request", &REQUEST)
            .unwrap()
            .current_state,
        PaperState::Pending
    );
    check_refused(market.as_magneto("buy", &BUY), "WRONG_STATE");
    check_refused(market.as_digi("transfer", &TRANSFER), "NOT_ORGANIZATION");
    let paper = market.as_magneto("transfer", &TRANSFER).unwrap();
    assert_eq!(
        (paper.owner.as_str(), paper.mspid.as_str()),
        ("DigiBank", "Org1MSP")
    );
    assert_eq!((market.of("MagnetoCorp"), market.of("DigiBank")), (0, 1));
    check_refused(market.as_magneto("redeem", &REDEEM), "NOT_ORGANIZATION");
    let paper = market.as_digi("redeem", &REDEEM).unwrap();
    assert_eq!(
        (paper.current_state, paper.owner.as_str()),
        (PaperState::Redeemed, "MagnetoCorp")
    );
    check_refused(market.as_magneto("buy", &BUY), "WRONG_STATE");
}

#[test]
fn a_paper_is_bought_from_its_owner_only() {
    let mut market = Market::new();
    check_refused(market.as_digi("buy", &BUY), "NOT_ORGANIZATION");
    let mut other = BUY;
    other[2] = "HedgeMatic";
    check_refused(market.as_magneto("buy", &other), "NOT_OWNER");
    market.as_magneto("buy", &BUY).unwrap();
    check_refused(market.as_magneto("buy", &BUY), "NOT_OWNER");
    let issue = ["MagnetoCorp", "00001", "2021-05-31", "2021-11-30", "1"];
    check_refused(market.as_magneto("issue", &issue), "ALREADY_EXISTS");
}

#[test]
fn two_sales_of_one_paper_conflict() {
    let mut market = Market::new();
    let magneto = market.magneto.clone();
    let mut sell = |to: &str| {
        let mut arguments = BUY;
        arguments[3] = to;
        market
            .ledger
            .as_user(&magneto)
            .endorse("buy", arguments)
            .unwrap()
    };
    let sales = [sell("DigiBank"), sell("HedgeMatic")];
    assert_eq!(
        market.ledger.commit(sales),
        [Code::VALID, Code::MVCC_READ_CONFLICT]
    );
}

#[test]
fn history_and_events_tell_what_happened() {
    let mut market = Market::new();
    let arguments = BUY.iter().copied();
    let magneto = market.magneto.clone();
    let bought = market
        .ledger
        .as_user(&magneto)
        .submit("buy", arguments)
        .unwrap();
    let event: Value = serde_json::from_slice(&bought.event().unwrap().payload).unwrap();
    assert_eq!(event["items"][0]["type"], "Bought");
    assert_eq!(event["items"][0]["data"]["price"], 4_900_000);
    let key = ["MagnetoCorp", "00001"];
    let history: Value = market
        .ledger
        .as_user(&magneto)
        .evaluate("queryHistory", key)
        .unwrap();
    assert_eq!(history[0]["paper"]["owner"], "DigiBank");
    assert_eq!(history[1]["paper"]["owner"], "MagnetoCorp");
}
