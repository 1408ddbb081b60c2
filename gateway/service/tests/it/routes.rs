//! Each route's answers, good and bad.

use asset_did::{DidKey, Draft, Policy};
use asset_service::{Cache, Service, router};
use asset_store::{AccountChange, Batch, Block, Channel, NoteChange, Position, Store, TokenChange};
use asset_types::{Account, Amount, Kyc, Token};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use fabric_testnet::postgres::{Database, database};
use fabric_testnet::redis::Redis;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A database with one account that has 250 of 1,000 gold.
async fn mirrored() -> (Database, Store) {
    let database = database().await.unwrap();
    let store = Store::connect(database.url(), "selvedge").await.unwrap();
    store.migrate().await.unwrap();
    let channel = Channel {
        name: "mychannel".to_owned(),
        genesis_hash: vec![1; 32],
        chaincode: "assets".to_owned(),
    };
    store.claim(&channel).await.unwrap();
    let position = Position { block: 0, index: 0 };
    let note = |account: &str, note: &str, amount: u128| NoteChange {
        token: "gold".parse().unwrap(),
        account: account.parse().unwrap(),
        note: note.parse().unwrap(),
        amount: Some(Amount::new(amount)),
        position,
    };
    let id = "ab".repeat(32);
    let batch = Batch {
        blocks: vec![Block {
            number: 0,
            header_hash: vec![1; 32],
            previous_hash: Vec::new(),
            data_hash: vec![2; 32],
            commit_hash: None,
            transaction_count: 0,
            size_bytes: 100,
            seal: vec![3; 32],
        }],
        tokens: vec![TokenChange {
            id: "gold".parse().unwrap(),
            token: Some(gold()),
        }],
        accounts: vec![AccountChange {
            id: "alice".parse().unwrap(),
            account: Some(alice()),
        }],
        notes: vec![
            note("alice", &format!("{id}.0"), 250),
            note("unissued", &format!("{id}.1"), 750),
        ],
        ..Batch::default()
    };
    store.apply(&batch).await.unwrap();
    (database, store)
}

fn gold() -> Token {
    Token {
        name: "Gold".parse().unwrap(),
        symbol: "XAU".parse().unwrap(),
        decimals: 2.try_into().unwrap(),
        cap: Amount::new(1000),
        issuer: "alice".parse().unwrap(),
        kyc_class: None,
    }
}

fn alice() -> Account {
    let kyc = Kyc {
        class: 1,
        expires_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        credential_hash: "00".repeat(32).parse().unwrap(),
    };
    Account {
        controllers: Vec::new(),
        kyc,
    }
}

async fn call(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let value = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    (status, value)
}

async fn get(router: &Router, path: &str) -> (StatusCode, Value) {
    call(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(router: &Router, path: &str, body: String) -> (StatusCode, Value) {
    let request = Request::post(path).header("content-type", "application/json");
    call(router, request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn mirrored_accounts_tokens_and_sums_are_served() {
    let (_database, store) = mirrored().await;
    let router = router(Service::new(store, Cache::none(), None));
    assert_eq!(get(&router, "/livez").await.0, StatusCode::OK);
    assert_eq!(
        get(&router, "/readyz").await,
        (StatusCode::OK, json!({ "block": 0 }))
    );
    let (_, balances) = get(&router, "/api/v1/accounts/alice/balances").await;
    assert_eq!(
        balances,
        json!([{ "token": "gold", "account": "alice", "amount": "250", "notes": 1 }])
    );
    let (_, supply) = get(&router, "/api/v1/tokens/gold/supply").await;
    assert_eq!(
        supply,
        json!({ "token": "gold", "cap": "1000", "supply": "250" })
    );
    let (_, account) = get(&router, "/api/v1/accounts/alice").await;
    assert_eq!(account["kyc"]["class"], 1);
    let (_, token) = get(&router, "/api/v1/tokens/gold").await;
    assert_eq!(token["symbol"], "XAU");
}

#[tokio::test]
async fn what_is_absent_or_misspelt_is_a_problem_document() {
    let (_database, store) = mirrored().await;
    let router = router(Service::new(store, Cache::none(), None));
    for (path, status, code) in [
        ("/api/v1/accounts/bob", 404, "UNKNOWN_ACCOUNT"),
        ("/api/v1/accounts/bob/balances", 404, "UNKNOWN_ACCOUNT"),
        ("/api/v1/accounts/b%00b", 400, "INVALID_ACCOUNT_ID"),
        ("/api/v1/tokens/silver", 404, "UNKNOWN_TOKEN"),
        ("/api/v1/tokens/%20/supply", 400, "INVALID_TOKEN_ID"),
        ("/elsewhere", 404, "NOT_FOUND"),
    ] {
        let (found, problem) = get(&router, path).await;
        assert_eq!(
            (found.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{path}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_database_without_a_mirror_is_not_ready() {
    let database = database().await.unwrap();
    let store = Store::connect(database.url(), "selvedge").await.unwrap();
    let router = router(Service::new(store, Cache::none(), None));
    let (status, problem) = get(&router, "/readyz").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("NOT_MIRRORED"))
    );
}

#[tokio::test]
async fn a_credential_is_checked_under_the_services_policy() {
    let (_database, store) = mirrored().await;
    let (issuer, holder) = (
        DidKey::generate_ed25519().unwrap(),
        DidKey::generate_ed25519().unwrap(),
    );
    let policy = Policy::for_type("KycCredential").trust_issuer(issuer.did());
    let router = router(Service::new(store, Cache::none(), Some(policy)));
    let path = "/api/v1/credentials/verify";
    for (key, verified) in [(&issuer, true), (&holder, false)] {
        let credential = Draft::new("KycCredential", holder.did())
            .issue(key)
            .unwrap();
        let (status, verdict) = post(
            &router,
            path,
            json!({ "credential": credential }).to_string(),
        )
        .await;
        assert_eq!(
            (status, &verdict["verified"]),
            (StatusCode::OK, &json!(verified))
        );
    }
    for body in [
        "",
        "{",
        "[]",
        "{\"credential\":1}",
        "{\"credential\":\"x\",\"y\":1}",
    ] {
        let (status, problem) = post(&router, path, body.to_owned()).await;
        assert!(status.is_client_error(), "{body}");
        assert_eq!(problem["code"], "INVALID_BODY");
    }
    let (status, _) = post(&router, path, "x".repeat(asset_service::BODY_BYTES_MAX + 1)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_cache_that_dies_is_no_reason_to_fail() {
    let (_database, store) = mirrored().await;
    let mut redis = Redis::start().await.unwrap();
    let cache = Cache::connect(&redis.url()).await.unwrap();
    let router = router(Service::new(store, cache, None));
    for _ in 0..2 {
        assert_eq!(get(&router, "/api/v1/tokens/gold").await.1["cap"], "1000");
    }
    assert!(
        redis
            .command("KEYS *")
            .await
            .unwrap()
            .contains("token:gold")
    );
    redis.kill();
    assert_eq!(get(&router, "/api/v1/tokens/gold").await.1["cap"], "1000");
}
