//! Many payers at once: credits to one account never conflict.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::World;
use e2e::asset_client::transfer;
use e2e::books::Chain;
use e2e::spread::Spread;
use futures::future::join_all;

const PAYERS: usize = 64;
const COMMIT_TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_payers_to_one_payee_at_once_all_commit() {
    let world = World::shared().await;
    let client = world.client();
    let spread = Spread::make(&client, PAYERS, 10).await;

    let payments = spread.holdings.iter().map(|holding| {
        let request = transfer(
            &spread.token,
            &holding.account,
            &spread.payee,
            3,
            &holding.note,
        );
        let client = client.clone();
        async move { client.transfer(&request, COMMIT_TIMEOUT).await }
    });
    let receipts = join_all(payments).await;

    let ids = receipts
        .into_iter()
        .map(|receipt| receipt.expect("every payment commits").transaction_id);
    let chain = Chain::read(client.network()).await;
    let verdicts: BTreeMap<_, _> = ids.map(|id| (chain.verdicts(&id), id)).collect();
    assert_eq!(
        verdicts.keys().collect::<Vec<_>>(),
        [&vec![0]],
        "no conflict: {verdicts:?}"
    );
    let payee = client
        .balance(&spread.token, &spread.payee)
        .await
        .expect("a balance can be read");
    assert_eq!((payee.amount.units(), payee.notes), (192, 64));
    let supply = client
        .supply(&spread.token)
        .await
        .expect("the supply can be read");
    assert_eq!(supply.supply.units(), spread.cap);
}
