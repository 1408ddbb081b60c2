//! What the contract and the network refuse, by code. Each refusal leaves everything as it was.

use asset_types::{AccountId, TokenId, function};
use e2e::World;
use e2e::asset_client::{AssetClient, request_id, transfer, unique};
use e2e::world::CHAINCODE;
use fabric_gateway_sdk::{Code, Error, Receipt};
use serde_json::{Value, json};

/// Two accounts, of which the first has ten units of a token.
struct Scene {
    client: AssetClient,
    token: TokenId,
    rich: AccountId,
    poor: AccountId,
}

impl Scene {
    async fn set() -> Self {
        let client = World::shared().await.client();
        let [rich, poor]: [AccountId; 2] =
            ["rich", "poor"].map(|name| unique(name).parse().expect("an account id"));
        let token: TokenId = unique("silver").parse().expect("a token id");
        client.open_accounts(&[rich.clone(), poor.clone()]).await;
        client.create_token(&token, 10, &rich).await;
        client.mint(&token, &rich, 10).await;
        Self {
            client,
            token,
            rich,
            poor,
        }
    }

    /// Pays with a request written by hand.
    async fn pay_raw(&self, amount: &Value, id: &str) -> Result<Receipt, Error> {
        let request = json!({
            "request_id": id,
            "token": self.token,
            "from": self.rich,
            "to": self.poor,
            "amount": amount,
        });
        self.client
            .contract()
            .submit(function::TOKENS_TRANSFER)
            .arg(request.to_string())
            .await
    }

    async fn nothing_moved(&self) {
        let rich = self
            .client
            .balance(&self.token, &self.rich)
            .await
            .expect("a balance can be read");
        assert_eq!(rich.amount.units(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_are_none_are_invalid_arguments() {
    let scene = Scene::set().await;
    for amount in [
        json!("-1"),
        json!("1e18"),
        json!("12abc"),
        json!("340282366920938463463374607431768211456"),
        json!(""),
        json!("+1"),
        json!("007"),
        json!(1),
        json!(1.5),
        json!(null),
    ] {
        let refused = scene.pay_raw(&amount, request_id().as_str()).await;
        let (status, refusal) = chaincode_refusal(refused);
        assert_eq!(
            (status, &refusal["code"]),
            (400, &json!("INVALID_ARGUMENT")),
            "{amount}: {refusal}"
        );
    }
    scene.nothing_moved().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_account_has_is_insufficient_funds() {
    let scene = Scene::set().await;
    for amount in ["11", "340282366920938463463374607431768211455"] {
        let (status, refusal) =
            chaincode_refusal(scene.pay_raw(&json!(amount), request_id().as_str()).await);
        assert_eq!(
            (status, &refusal["code"]),
            (422, &json!("INSUFFICIENT_FUNDS")),
            "{refusal}"
        );
        assert_eq!(refusal["data"]["available"], "10");
    }
    scene.nothing_moved().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_sent_again_is_a_duplicate_and_its_id_for_another_request_is_reused() {
    let scene = Scene::set().await;
    let id = request_id();
    let first = scene
        .pay_raw(&json!("4"), id.as_str())
        .await
        .expect("the first one is executed");

    let (status, refusal) = chaincode_refusal(scene.pay_raw(&json!("4"), id.as_str()).await);
    assert_eq!(
        (status, &refusal["code"]),
        (409, &json!("DUPLICATE_REQUEST")),
        "{refusal}"
    );
    assert_eq!(
        refusal["data"]["transaction_id"],
        first.transaction_id.as_str()
    );

    let (status, refusal) = chaincode_refusal(scene.pay_raw(&json!("5"), id.as_str()).await);
    assert_eq!(
        (status, &refusal["code"]),
        (409, &json!("REQUEST_ID_REUSED")),
        "{refusal}"
    );
    let poor = scene
        .client
        .balance(&scene.token, &scene.poor)
        .await
        .expect("a balance can be read");
    assert_eq!(poor.amount.units(), 4, "executed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn note_that_was_spent_or_never_was_is_refused() {
    let scene = Scene::set().await;
    let note = "00".repeat(32) + ".0";
    let note = note.parse().expect("a note id");
    let request = transfer(&scene.token, &scene.rich, &scene.poor, 1, &note);
    let submit = scene
        .client
        .contract()
        .submit(function::TOKENS_TRANSFER)
        .json_arg(&request);
    let (status, refusal) = chaincode_refusal(submit.await);
    assert_eq!(
        (status, &refusal["code"]),
        (409, &json!("NOTE_SPENT")),
        "{refusal}"
    );
    scene.nothing_moved().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn argument_of_five_megabytes_is_too_large() {
    let scene = Scene::set().await;
    let refused = scene
        .pay_raw(&json!("9".repeat(5_000_000)), request_id().as_str())
        .await;
    let (status, refusal) = chaincode_refusal(refused);
    assert_eq!(
        (status, &refusal["code"]),
        (413, &json!("ARGUMENT_TOO_LARGE")),
        "{refusal}"
    );
    scene.nothing_moved().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_that_is_not_open_is_not_found() {
    let scene = Scene::set().await;
    let nobody = unique("nobody").parse().expect("an account id");
    let refused = scene
        .client
        .balance(&scene.token, &nobody)
        .await
        .expect_err("nobody has no balance");
    let (status, refusal) = chaincode_refusal::<()>(Err(refused));
    assert_eq!(
        (status, &refusal["code"]),
        (404, &json!("ACCOUNT_NOT_FOUND")),
        "{refusal}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn account_opened_by_a_plain_user_is_unauthorized() {
    let world = World::shared().await;
    let account = unique("usurper");
    let request = json!({
        "request_id": request_id(),
        "account": account,
        "controllers": [{ "msp_id": "Org1MSP", "key_hash": "00".repeat(32) }],
        "kyc": { "class": 9, "expires_at": "2999-01-01T00:00:00Z", "credential_hash": "00".repeat(32) },
    });
    let client = world.client();
    let submit = client
        .contract()
        .submit(function::ACCOUNTS_OPEN)
        .arg(request.to_string());
    let (status, refusal) = chaincode_refusal(submit.await);
    assert_eq!(
        (status, &refusal["code"]),
        (403, &json!("UNAUTHORIZED")),
        "{refusal}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_chaincode_is_a_failed_precondition() {
    let client = World::shared().await.client();
    let contract = client.network().contract("no-such-chaincode");
    let submitted = contract
        .submit("f")
        .await
        .expect_err("there is no such chaincode");
    assert_eq!(
        submitted.code(),
        Some(Code::FailedPrecondition),
        "{submitted}"
    );
    assert!(
        submitted.to_string().contains("no-such-chaincode"),
        "{submitted}"
    );
    let evaluated = contract
        .evaluate("f")
        .await
        .expect_err("there is no such chaincode");
    assert_eq!(
        evaluated.code(),
        Some(Code::FailedPrecondition),
        "{evaluated}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_channel_is_refused_by_name() {
    let world = World::shared().await;
    let mut state = world.state().clone();
    state.channel = "other-channel".to_owned();
    let network = e2e::asset_client::network_as(&state, 1, "User1");
    let submitted = network
        .contract(CHAINCODE)
        .submit("f")
        .await
        .expect_err("there is no such channel");
    assert_eq!(
        submitted.code(),
        Some(Code::FailedPrecondition),
        "{submitted}"
    );
    let evaluated = network
        .contract(CHAINCODE)
        .evaluate("f")
        .await
        .expect_err("there is no such channel");
    assert_eq!(evaluated.code(), Some(Code::Unavailable), "{evaluated}");
    for error in [submitted, evaluated] {
        assert!(error.to_string().contains("other-channel"), "{error}");
    }
}

/// Status and JSON of what the chaincode refused.
#[track_caller]
fn chaincode_refusal<T>(outcome: Result<T, Error>) -> (i32, Value) {
    match outcome {
        Ok(_) => panic!("the chaincode should have refused"),
        Err(Error::Chaincode {
            status, message, ..
        }) => (
            status,
            serde_json::from_str(&message).unwrap_or_else(|_| panic!("no JSON: {message}")),
        ),
        Err(other) => panic!("no refusal of the chaincode: {other}"),
    }
}
