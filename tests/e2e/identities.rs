//! Who may act: foreign certificates and bad signatures reach nothing, in Fabric's words.

use asset_types::function;
use e2e::World;
use e2e::asset_client::{network, unique};
use e2e::world::CHAINCODE;
use fabric_gateway_sdk::{Code, Error};
use fabric_msp::{Organization, OrganizationSpec};
use serde_json::json;

/// What a peer says of a certificate that no authority of the channel issued.
const UNKNOWN: &str =
    "access denied: channel [mychannel] creator org unknown, creator is malformed";
/// What a peer says of a member that did not sign.
const DENIED: &str = "access denied: channel [mychannel] creator org [Org1MSP]";

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_another_network_is_denied() {
    let world = World::shared().await;
    let other =
        Organization::generate(&OrganizationSpec::peer(1)).expect("an organisation can be made");
    let stranger = other
        .member("User1")
        .expect("it has a user")
        .identity()
        .clone();
    let contract = network(world.state(), 1, stranger.into()).contract(CHAINCODE);

    let submit = contract.submit(function::TOKENS_SUPPLY).arg("{}");
    denied(&submit.await.expect_err("a stranger"), UNKNOWN);
    let evaluate = contract.evaluate(function::TOKENS_SUPPLY).arg("{}");
    denied(&evaluate.await.expect_err("a stranger"), UNKNOWN);
    let blocks = contract.network().height().await.expect_err("a stranger");
    assert!(blocks.to_string().contains("FORBIDDEN"), "{blocks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn proposal_with_the_signature_of_another_is_denied() {
    let client = World::shared().await.client();
    let proposal = |name: &str| {
        let request = json!({ "token": unique(name) }).to_string();
        client
            .contract()
            .proposal(function::TOKENS_SUPPLY)
            .arg(request)
            .build()
            .expect("a proposal")
    };
    let [mine, other] = ["mine", "other"].map(proposal);
    let identity = e2e::asset_client::signing_identity(World::shared().await.state(), 1, "User1");
    let signature = identity.sign(other.bytes()).expect("a signature");

    let wrong = mine.clone().with_signature(signature);
    let evaluated = wrong.evaluate().await;
    denied(&evaluated.expect_err("the signature is of another"), DENIED);
    let Err(error) = wrong.endorse().await else {
        panic!("the signature is of another proposal")
    };
    denied(&error, DENIED);
    for garbage in [&b""[..], b"garbage", &[0x30; 72]] {
        let garbled = mine.clone().with_signature(garbage.to_vec());
        assert!(
            garbled.evaluate().await.is_err(),
            "{garbage:?} is no signature"
        );
    }
}

/// The peer refuses before any chaincode runs.
#[track_caller]
fn denied(error: &Error, text: &str) {
    let expected = match error.step() {
        Some(fabric_gateway_sdk::Step::Endorse) => Code::Aborted,
        _ => Code::FailedPrecondition,
    };
    assert_eq!(error.code(), Some(expected), "{error}");
    assert!(
        error
            .details()
            .iter()
            .any(|detail| detail.message.contains(text)),
        "{error}"
    );
}
