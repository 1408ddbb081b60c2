//! Replays: a proposal or an envelope sent again is executed once.

use std::time::Duration;

use asset_types::function;
use e2e::World;
use e2e::asset_client::transfer;
use e2e::books::Chain;
use e2e::spread::Spread;
use fabric_gateway_sdk::{Code, ValidationCode};
use fabric_testnet::wait_until;

const BLOCK_DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn envelope_sent_again_is_a_duplicate_and_executed_once() {
    let client = World::shared().await.client();
    let spread = Spread::make(&client, 2, 10).await;
    let payer = &spread.holdings[0];
    let request = transfer(&spread.token, &payer.account, &spread.payee, 3, &payer.note);
    let proposal = client
        .contract()
        .proposal(function::TOKENS_TRANSFER)
        .json_arg(&request)
        .build();
    let proposal = proposal.expect("a proposal");
    let transaction = proposal.endorse().await.expect("the proposal is endorsed");
    let first = transaction
        .submit()
        .await
        .expect("the envelope is accepted");
    assert!(first.status().await.expect("it commits").is_valid());

    let again = transaction
        .submit()
        .await
        .expect("an orderer knows no transactions");
    let verdicts = || async {
        Chain::read(client.network())
            .await
            .verdicts(again.transaction_id())
    };
    let both = wait_until(BLOCK_DEADLINE, || async { verdicts().await.len() == 2 }).await;

    assert!(
        both.is_ok(),
        "the second copy is in a block too: {:?}",
        verdicts().await
    );
    let expected =
        [ValidationCode::VALID, ValidationCode::DUPLICATE_TXID].map(ValidationCode::number);
    assert_eq!(verdicts().await, expected);
    assert!(
        again
            .status()
            .await
            .expect("the first verdict counts")
            .is_valid()
    );
    let payee = client
        .balance(&spread.token, &spread.payee)
        .await
        .expect("a balance can be read");
    assert_eq!((payee.amount.units(), payee.notes), (3, 1), "executed once");

    let Err(replayed) = proposal.endorse().await else {
        panic!("a replayed proposal is refused")
    };
    assert_eq!(replayed.code(), Some(Code::Aborted), "{replayed}");
    let expected = format!(
        "duplicate transaction found [{}]",
        proposal.transaction_id()
    );
    assert!(
        replayed
            .details()
            .iter()
            .any(|detail| detail.message.contains(&expected)),
        "{replayed}"
    );
}
