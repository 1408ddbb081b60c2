//! Hooks, guards and transient arguments of `#[contract]`.

use fabric_contract_api_rust::{
    Chaincode, Contracts, ContractsError, Creator, Guard, Invocation, Peer, Response,
    SignedProposal,
    prelude::*,
    testing::{Ledger, UserOptions},
};
use serde_json::{Value, json};

use crate::fake_peer::{FakePeer, code, invoke};

struct Hooked;

/// Says in which order its parts run.
#[contract(
    name = "hooked",
    title = "Hooks",
    license = "Apache-2.0",
    contact = "us"
)]
impl Hooked {
    #[before]
    fn first(&self, call: &Call<'_>) -> Result<(), Failure> {
        if call.function() == "forbidden" {
            return Err(Failure::new(403, "CLOSED", "closed today"));
        }
        Ok(call.tx().put("before", call.function().as_bytes())?)
    }

    #[after]
    fn last(&self, call: &Call<'_>, result: &[u8]) -> Result<(), LedgerError> {
        let seen = call.reader().get("function")?.unwrap_or_default();
        call.tx().put("after", &[seen.as_slice(), result].concat())
    }

    #[around]
    fn outside(&self, call: &Call<'_>, next: Next<'_>) -> Result<Vec<u8>, Failure> {
        let result = next.run()?;
        let closed = call.reader().exists("after")?;
        Ok([&result[..], format!(" around {closed}").as_bytes()].concat())
    }

    #[unknown]
    fn any(&self, call: &Call<'_>) -> Result<String, Failure> {
        match call.function() {
            "lost" => Err(call.unknown_function(self)),
            function => Ok(format!("no {function}")),
        }
    }

    #[transaction]
    fn work(&self, tx: &mut Tx) -> Result<String, LedgerError> {
        tx.put("function", b"done ")?;
        Ok("worked".to_owned())
    }

    #[transaction]
    fn forbidden(&self, tx: &mut Tx) -> Result<(), LedgerError> {
        tx.put("never", b"1")
    }

    #[transaction]
    fn fails(&self, _tx: &mut Tx) -> Result<(), Failure> {
        Err(Failure::new(400, "FAILED", "failed"))
    }
}

#[test]
fn hooks_run_around_a_function_in_its_transaction() {
    let mut peer = FakePeer::default();
    let response = invoke(&Hooked, &mut peer, &["work"]);
    assert_eq!(response.payload, b"worked around true");
    assert_eq!(peer.state["before"], b"work");
    assert_eq!(peer.state["after"], b"done worked");
    assert_eq!(peer.requests, ["flush 3"]);
}

#[test]
fn a_hook_that_fails_or_a_function_that_fails_writes_nothing() {
    for (function, expected) in [("forbidden", "CLOSED"), ("fails", "FAILED")] {
        let mut peer = FakePeer::default();
        let response = invoke(&Hooked, &mut peer, &[function]);
        assert_eq!(code(&response), expected);
        assert!(peer.requests.is_empty());
    }
}

#[test]
fn functions_that_there_are_not_have_a_hook_of_their_own() {
    let response = invoke(&Hooked, &mut FakePeer::default(), &["strange"]);
    assert_eq!(response.payload, b"no strange around true");
    let lost = invoke(&Hooked, &mut FakePeer::default(), &["lost"]);
    assert_eq!(code(&lost), "UNKNOWN_FUNCTION");
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Price {
    amount: u64,
}

struct Sales;

#[contract(name = "sales")]
impl Sales {
    #[transaction]
    fn offer(
        &self,
        tx: &mut Tx,
        id: String,
        #[transient] price: Price,
        #[transient] note: Option<String>,
        count: u8,
    ) -> Result<String, LedgerError> {
        tx.put(&id, b"offered")?;
        Ok(format!("{} {note:?} {count}", price.amount))
    }

    #[transaction(
        name = "Approve",
        require(msp("Org1MSP", "Org2MSP"), attribute("role", "trader"))
    )]
    fn approve(&self, tx: &mut Tx) -> Result<(), LedgerError> {
        tx.put("approved", b"1")
    }

    #[query(require(unit("admin"), direct))]
    fn audit(&self, query: &Query) -> Result<String, LedgerError> {
        Ok(query.channel().to_owned())
    }
}

fn offer(transient: &[(&str, &str)], args: &[&str]) -> Response {
    let bytes = |text: &&str| text.as_bytes().to_vec();
    let invocation = Invocation {
        args: args.iter().map(bytes).collect(),
        transient: transient
            .iter()
            .map(|(name, value)| ((*name).to_owned(), bytes(value)))
            .collect(),
        ..Invocation::default()
    };
    Sales.invoke(&invocation, &mut FakePeer::default())
}

#[test]
fn transient_arguments_come_beside_the_others() {
    let price = ("price", r#"{"amount":5}"#);
    let response = offer(&[price], &["offer", "car", "2"]);
    assert_eq!(response.payload, b"5 None 2");
    let response = offer(&[price, ("note", "fine")], &["offer", "car", "2"]);
    assert_eq!(response.payload, br#"5 Some("fine") 2"#);
}

#[test]
fn transient_arguments_are_checked_like_the_others() {
    let check = |transient: &[(&str, &str)], expected: &str| {
        let response = offer(transient, &["offer", "car", "2"]);
        assert_eq!((response.status, code(&response).as_str()), (400, expected));
        assert!(response.message.contains("price"), "{}", response.message);
    };
    check(&[], "MISSING_TRANSIENT");
    check(&[("price", "5")], "INVALID_ARGUMENT");
    check(&[("price", "\u{0}")], "INVALID_ARGUMENT");
    let price = ("price", r#"{"amount":5}"#);
    let surplus = offer(&[price], &["offer", "car", "{}", "2"]);
    assert_eq!(code(&surplus), "TOO_MANY_ARGUMENTS");
}

#[test]
fn guards_let_in_whom_they_name() {
    let mut ledger = Ledger::of(Sales);
    let trader = UserOptions::default().attribute("role", "trader");
    let ann = ledger.user_with("Org2MSP", "ann", trader.clone()).unwrap();
    let eve = ledger.user_with("Org3MSP", "eve", trader).unwrap();
    let bob = ledger.user("Org1MSP", "bob").unwrap();
    let admin = ledger
        .user_with("Org1MSP", "root", UserOptions::admin())
        .unwrap();
    let none: [&str; 0] = [];
    ledger.as_user(&ann).submit("Approve", none).unwrap();
    let refused = ledger.as_user(&eve).endorse("Approve", none).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("FORBIDDEN"));
    let refused = ledger.as_user(&bob).endorse("Approve", none).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("ATTRIBUTE_REQUIRED"));
    let refused = ledger.as_user(&bob).endorse("audit", none).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("FORBIDDEN"));
    let channel: String = ledger.as_user(&admin).evaluate("audit", none).unwrap();
    assert_eq!(channel, "mychannel");
}

/// Calls the function as a chaincode that is called by another one.
struct Relayed;

impl Chaincode for Relayed {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        let signed_proposal = Some(SignedProposal {
            args: vec![b"something else".to_vec()],
            ..SignedProposal::default()
        });
        let invocation = Invocation {
            signed_proposal,
            ..invocation.clone()
        };
        Sales.invoke(&invocation, peer)
    }
}

#[test]
fn a_relayed_call_is_not_direct() {
    let mut ledger = Ledger::of(Relayed);
    let admin = ledger
        .user_with("Org1MSP", "root", UserOptions::admin())
        .unwrap();
    let none: [&str; 0] = [];
    let refused = ledger.as_user(&admin).endorse("audit", none).unwrap_err();
    assert!(
        refused.to_string().contains("did not sign this call"),
        "{refused}"
    );
}

#[test]
fn a_caller_that_cannot_be_read_passes_no_guard() {
    let creator = Creator::default();
    let error = fabric_contract_api_rust::ClientIdentity::of(&creator);
    assert!(error.is_err());
    let response = invoke(&Sales, &mut FakePeer::default(), &["Approve"]);
    assert_eq!(code(&response), "IDENTITY_UNREADABLE");
    assert_ne!(Guard::Direct, Guard::Unit("direct"));
}

fn metadata(chaincode: &impl Chaincode) -> Value {
    let args = ["org.hyperledger.fabric:GetMetadata"];
    let response = invoke(chaincode, &mut FakePeer::default(), &args);
    serde_json::from_slice(&response.payload).unwrap()
}

#[test]
fn metadata_tells_of_transient_data_titles_and_licences() {
    let metadata = metadata(&Contracts::builder(Sales).and(Hooked).build().unwrap());
    let offer = &metadata["contracts"]["sales"]["transactions"][0];
    assert_eq!(offer["parameters"].as_array().unwrap().len(), 2);
    assert_eq!(offer["parameters"][1]["name"], "count");
    let price = json!({ "name": "price", "schema": { "$ref": "#/components/schemas/Price" } });
    assert_eq!(offer["transient"][0], price);
    assert_eq!(
        metadata["contracts"]["sales"]["transactions"][1]["transient"],
        Value::Null
    );
    let info = &metadata["contracts"]["hooked"]["info"];
    assert_eq!(info["title"], "Hooks");
    assert_eq!(info["license"], json!({ "name": "Apache-2.0" }));
    assert_eq!(info["contact"], json!({ "name": "us" }));
}

#[test]
fn another_contract_than_the_first_can_be_the_default_one() {
    let contracts = Contracts::builder(Sales).and(Hooked);
    let contracts = contracts
        .default_contract("hooked")
        .unwrap()
        .build()
        .unwrap();
    let response = invoke(&contracts, &mut FakePeer::default(), &["work"]);
    assert!(response.is_ok());
    assert_eq!(metadata(&contracts)["info"]["title"], "Hooks");
    let unknown = Contracts::builder(Sales).default_contract("absent");
    assert!(matches!(unknown, Err(ContractsError::Unknown { .. })));
}
