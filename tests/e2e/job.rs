//! The main job: credentials decide who opens an account, tokens are minted and paid, and a mirror
//! proves that it has all of it.

use asset_types::AccountId;
use e2e::mirror::{Mirror, MirrorDatabase};
use e2e::people::Person;
use e2e::selvedge::Selvedge;
use e2e::{AssetClient, World, asset_client::unique};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn credential_opens_accounts_and_tokens_move_and_the_mirror_proves_it() {
    let world = World::shared().await;
    let selvedge = world.selvedge();
    let [alice, bob, gold] = ["alice", "bob", "gold"].map(unique);
    let issuer = Person::new(world, &unique("issuer")).await;
    for account in [&alice, &bob] {
        let holder = Person::new(world, account).await;
        let credential = issuer.certify(world, &holder).await;
        let _ = holder
            .open_account(world, account, &credential, &issuer)
            .await
            .succeeded();
    }
    world.client().peers_are_in_step().await;

    let token = [
        "token", "create", &gold, "--name", "Gold", "--symbol", "XAU", "--cap", "1000",
    ];
    write(world, &[&token[..], &["--issuer", &alice]].concat()).await;
    write(
        world,
        &["token", "mint", &gold, "--to", &alice, "--amount", "700"],
    )
    .await;
    pay(world, &gold, &alice, &bob, "250").await;
    pay(world, &gold, &bob, &alice, "50").await;

    assert_eq!(balance(&selvedge, &gold, &alice).await, "500");
    assert_eq!(balance(&selvedge, &gold, &bob).await, "200");
    let supply = selvedge.run(&["token", "supply", &gold]).await;
    assert_eq!(
        (&supply["supply"], &supply["cap"]),
        (&"700".into(), &"1000".into())
    );

    let mut mirror = Mirror::start(world, MirrorDatabase::shared().await);
    let height = world
        .client()
        .network()
        .height()
        .await
        .expect("the peer tells its height");
    mirror.catches_up(height).await;
    let rows =
        format!("SELECT account, amount FROM balance WHERE token = '{gold}' ORDER BY amount");
    let mirrored = mirror.query(&rows).await;
    assert!(mirrored.contains(&format!("{alice}|500")), "{mirrored}");
    assert!(mirrored.contains(&format!("{bob}|200")), "{mirrored}");
    let notes = format!("SELECT sum(amount) FROM note WHERE token = '{gold}'");
    assert_eq!(
        mirror.query(&notes).await,
        "1000",
        "all notes add up to the cap"
    );
    let _ = mirror.verify().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn credential_of_a_forged_issuer_opens_no_account() {
    let world = World::shared().await;
    let mallory = unique("mallory");
    let issuer = Person::new(world, &unique("trusted")).await;
    let forger = Person::new(world, &unique("forger")).await;
    let holder = Person::new(world, &mallory).await;
    let forged = forger.certify(world, &holder).await;

    let text = holder
        .open_account(world, &mallory, &forged, &issuer)
        .await
        .refused();

    assert!(text.contains("issuer"), "the text names the check: {text}");
    no_account(&world.selvedge(), &mallory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credential_about_somebody_else_opens_no_account() {
    let world = World::shared().await;
    let thief = unique("thief");
    let issuer = Person::new(world, &unique("trusted")).await;
    let [holder, other] = [
        Person::new(world, &thief).await,
        Person::new(world, &unique("owner")).await,
    ];
    let stolen = issuer.certify(world, &other).await;

    let text = holder
        .open_account(world, &thief, &stolen, &issuer)
        .await
        .refused();

    assert!(text.contains("holder"), "the text names the check: {text}");
    no_account(&world.selvedge(), &thief).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn organisations_pay_each_other_through_their_own_peers() {
    let world = World::shared().await;
    let clients = [1, 2].map(|number| AssetClient::connect(world.state(), number, "User1"));
    let names: Vec<AccountId> = ["first", "second"]
        .map(|name| unique(name).parse().expect("an account id"))
        .to_vec();
    for (client, name) in clients.iter().zip(&names) {
        client.open_accounts(std::slice::from_ref(name)).await;
    }
    let token = unique("bond").parse().expect("a token id");
    clients[0].create_token(&token, 10, &names[0]).await;
    clients[0].mint(&token, &names[1], 10).await;

    let selvedge = world.selvedge();
    let pay = [
        "token",
        "transfer",
        token.as_str(),
        "--from",
        names[1].as_str(),
        "--to",
        names[0].as_str(),
    ];
    let stranger = selvedge
        .call(&[&pay[..], &["--amount", "4"]].concat())
        .await
        .refused();
    write(
        world,
        &[&pay[..], &["--amount", "4", "--org", "2"]].concat(),
    )
    .await;

    assert!(
        stranger.contains("UNAUTHORIZED"),
        "only the account's controller pays: {stranger}"
    );
    assert_eq!(
        balance(&selvedge, token.as_str(), names[0].as_str()).await,
        "4"
    );
    assert_eq!(
        balance(&selvedge, token.as_str(), names[1].as_str()).await,
        "6"
    );
}

async fn pay(world: &World, token: &str, from: &str, to: &str, amount: &str) {
    let parties = ["token", "transfer", token, "--from", from, "--to", to];
    let paid = write(world, &[&parties[..], &["--amount", amount]].concat()).await;
    assert_eq!(
        paid["transaction_id"], paid["reply"]["transaction_id"],
        "{paid}"
    );
}

/// Runs a command that changes the ledger, and waits until every peer has the change.
async fn write(world: &World, arguments: &[&str]) -> Value {
    let done = world.selvedge().run(arguments).await;
    world.client().peers_are_in_step().await;
    done
}

async fn balance(selvedge: &Selvedge, token: &str, account: &str) -> String {
    let found = selvedge.run(&["token", "balance", token, account]).await;
    found["amount"]
        .as_str()
        .expect("an amount is text")
        .to_owned()
}

async fn no_account(selvedge: &Selvedge, account: &str) {
    let text = selvedge.call(&["account", "read", account]).await.refused();
    assert!(text.contains("ACCOUNT_NOT_FOUND"), "{text}");
}
