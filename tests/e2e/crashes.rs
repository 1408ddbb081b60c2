//! kill -9, one part at a time, under load: everything acknowledged is on the ledger exactly once, and
//! the mirror has exactly what the ledger has.

use e2e::load::{Load, Outcome};
use e2e::mirror::{Mirror, MirrorDatabase};
use e2e::spread::Spread;
use e2e::{AssetClient, World, books};
use fabric_gateway_sdk::Code;

/// Payers at work during a crash, and what each has to pay with.
const PAYERS: usize = 16;
const SHARE: u128 = 1_000_000;
/// Payments before and after a crash: several blocks.
const PAYMENTS: usize = 100;

/// Times that a part dies in one test.
const CRASHES: usize = 3;

/// A world under load, and a mirror of it.
struct Scene {
    world: World,
    client: AssetClient,
    spread: Spread,
    mirror: Mirror,
    load: Load,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start().await;
        let client = world.client();
        let spread = Spread::make(&client, PAYERS, SHARE).await;
        let mut mirror = Mirror::start(&world, MirrorDatabase::own().await);
        mirror.catches_up(1).await;
        let load = Load::start(&client, &spread);
        load.goes_on(PAYMENTS).await;
        Self {
            world,
            client,
            spread,
            mirror,
            load,
        }
    }

    /// Lets the load end some payments after the crash, and checks the books.
    async fn end(mut self) -> Outcome {
        self.load.goes_on(PAYMENTS).await;
        let outcome = self.load.stop().await;
        books::balance(&self.client, &mut self.mirror, &self.spread, &outcome).await;
        let (paid, failed) = (outcome.acknowledged.len(), outcome.failures.len());
        println!("{paid} payments acknowledged, {failed} failed, the books balance");
        outcome
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_chaincode_fails_calls_and_serves_again_after_a_restart() {
    let mut scene = Scene::set().await;

    scene.world.chaincode().kill();
    let payer = &scene.spread.holdings[0].account;
    let error = scene
        .client
        .balance(&scene.spread.token, payer)
        .await
        .expect_err("no chaincode runs");
    assert!(
        matches!(
            error.code(),
            Some(Code::Unavailable | Code::Aborted | Code::Unknown)
        ),
        "{error}"
    );
    // Either the stream broke under the call, or the peer cannot dial the chaincode any more.
    assert!(
        error.to_string().contains("chaincode"),
        "the error says what is missing: {error}"
    );
    scene.world.restart_chaincode().await;

    let outcome = scene.end().await;
    assert!(!outcome.failures.is_empty(), "the load met the crash");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_mirror_loses_and_repeats_nothing() {
    let mut scene = Scene::set().await;
    for _ in 0..CRASHES {
        scene.mirror.kill();
        scene.load.goes_on(PAYMENTS).await;
        scene.mirror.restart();
        scene.load.goes_on(PAYMENTS).await;
    }
    let outcome = scene.end().await;
    only_peers_out_of_step(&outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_postgres_comes_back_and_the_mirror_goes_on_by_itself() {
    let mut scene = Scene::set().await;
    scene
        .mirror
        .database_mut()
        .crash(scene.load.goes_on(PAYMENTS))
        .await;
    let outcome = scene.end().await;
    only_peers_out_of_step(&outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_network_keeps_everything_that_it_acknowledged() {
    let mut scene = Scene::set().await;
    let victims = scene.world.network().victims();
    for victim in victims.iter().cycle().take(CRASHES) {
        scene.world.network().kill(*victim).await;
        scene.world.network_mut().resume().await;
        scene.load.goes_on(PAYMENTS).await;
    }
    let outcome = scene.end().await;
    assert!(!outcome.failures.is_empty(), "the load met the crash");
}

/// The ledger needs neither mirror nor database: no payment failed, but for those that were proposed to a
/// peer which did not have the payer's last one yet.
fn only_peers_out_of_step(outcome: &Outcome) {
    let mut others = outcome
        .failures
        .iter()
        .filter(|failure| !failure.contains("NOTE_SPENT"));
    assert_eq!(others.next(), None);
}
