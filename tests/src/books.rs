//! The books: what the ledger says, what the mirror says, and that both are exactly the same.

use std::collections::BTreeMap;

use asset_types::{AccountId, Amount};
use fabric_gateway_sdk::{HeaderType, Network, TransactionId};
use futures::TryStreamExt as _;

use crate::AssetClient;
use crate::load::Outcome;
use crate::mirror::Mirror;
use crate::spread::Spread;

/// The whole chain, as far as a transaction's place and verdict go.
#[derive(Debug, Default)]
pub struct Chain {
    /// Number of blocks.
    pub height: u64,
    /// Every transaction with an id, in order.
    pub transactions: Vec<Committed>,
    /// Number of envelopes per verdict, by Fabric's number.
    pub codes: BTreeMap<i32, u64>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its id.
    pub id: TransactionId,
    /// The block that holds it.
    pub block: u64,
    /// The peer's verdict, by Fabric's number.
    pub code: i32,
}

impl Chain {
    /// Reads every block that the peer has.
    ///
    /// # Panics
    /// Where a block is missing or cannot be decoded.
    pub async fn read(network: &Network) -> Self {
        let height = network.height().await.expect("the peer tells its height");
        let mut chain = Self {
            height,
            ..Self::default()
        };
        let mut blocks = network
            .blocks()
            .from_block(0)
            .end_block(height - 1)
            .stream();
        let mut next = 0;
        while let Some(block) = blocks
            .try_next()
            .await
            .expect("the peer streams its blocks")
        {
            assert_eq!(block.number(), next, "blocks are gapless");
            next += 1;
            for transaction in block.transactions() {
                let code = transaction.code().number();
                *chain.codes.entry(code).or_default() += 1;
                let summary = transaction.decode().expect("a transaction decodes");
                if summary.header_type == HeaderType::EndorserTransaction {
                    let (id, block) = (summary.transaction_id, block.number());
                    chain.transactions.push(Committed { id, block, code });
                }
            }
        }
        assert_eq!(next, height, "the stream ends with the last block");
        chain
    }

    /// The verdicts on every occurrence of a transaction, in order.
    #[must_use]
    pub fn verdicts(&self, id: &TransactionId) -> Vec<i32> {
        let found = self
            .transactions
            .iter()
            .filter(|transaction| transaction.id == *id);
        found.map(|transaction| transaction.code).collect()
    }
}

/// Checks that load left the ledger and the mirror exact: everything acknowledged is there once, nothing
/// was made or lost, and both say the same.
///
/// # Panics
/// Where the books do not balance.
pub async fn balance(
    client: &AssetClient,
    mirror: &mut Mirror,
    spread: &Spread,
    outcome: &Outcome,
) {
    let chain = Chain::read(client.network()).await;
    for id in &outcome.acknowledged {
        let valid = chain.verdicts(id).iter().filter(|code| **code == 0).count();
        assert_eq!(
            valid,
            1,
            "transaction {id} was acknowledged; its verdicts: {:?}",
            chain.verdicts(id)
        );
    }
    let balances = ledger_balances(client, spread).await;
    let sum = Amount::checked_sum(balances.values().copied()).expect("balances add up");
    let supply = client
        .supply(&spread.token)
        .await
        .expect("the supply can be read");
    assert_eq!(
        sum.units(),
        spread.cap,
        "nothing was made or lost: {balances:?}"
    );
    assert_eq!(
        (supply.supply, supply.cap),
        (sum, sum),
        "all of the cap circulates"
    );
    let paid = balances[&spread.payee].units();
    assert!(
        paid >= outcome.acknowledged.len() as u128,
        "{paid} payments on the ledger"
    );

    mirror.catches_up(chain.height).await;
    agree(mirror, &chain, spread, &balances).await;
    mirrored_once(mirror, &outcome.acknowledged).await;
    let _ = mirror.verify().await.succeeded();
}

/// Every account's balance, from the ledger.
///
/// # Panics
/// Where one cannot be read.
pub async fn ledger_balances(client: &AssetClient, spread: &Spread) -> BTreeMap<AccountId, Amount> {
    let mut balances = BTreeMap::new();
    for account in spread.accounts() {
        let found = client
            .balance(&spread.token, &account)
            .await
            .expect("a balance can be read");
        balances.insert(account, found.amount);
    }
    balances
}

/// The mirror has the ledger's blocks, verdicts, balances and payments.
async fn agree(
    mirror: &Mirror,
    chain: &Chain,
    spread: &Spread,
    ledger: &BTreeMap<AccountId, Amount>,
) {
    let height = chain.height;
    let blocks = "SELECT count(*), min(number), max(number) FROM block WHERE number <";
    let blocks = mirror.query(&format!("{blocks} {height}")).await;
    assert_eq!(blocks, format!("{height}|0|{}", height - 1));

    let codes = "SELECT code, count(*) FROM transaction";
    let codes = format!("{codes} WHERE block < {height} GROUP BY code ORDER BY code");
    let codes = mirror.query(&codes).await;
    let expected: Vec<String> = chain
        .codes
        .iter()
        .map(|(code, count)| format!("{code}|{count}"))
        .collect();
    assert_eq!(codes, expected.join("\n"), "transactions per verdict");

    let token = &spread.token;
    let rows =
        format!("SELECT account, amount FROM balance WHERE token = '{token}' AND amount > 0");
    let mut mirrored: Vec<String> = mirror
        .query(&rows)
        .await
        .lines()
        .map(str::to_owned)
        .collect();
    mirrored.sort();
    let on_ledger = ledger.iter().filter(|(_, amount)| !amount.is_zero());
    let mut expected: Vec<String> = on_ledger
        .map(|(account, amount)| format!("{account}|{amount}"))
        .collect();
    expected.sort();
    assert_eq!(mirrored, expected, "balances");

    let notes = mirror
        .query(&format!(
            "SELECT sum(amount) FROM note WHERE token = '{token}'"
        ))
        .await;
    assert_eq!(notes, spread.cap.to_string(), "all notes add up to the cap");

    let payments = format!(
        "SELECT count(*), count(DISTINCT transaction_id), sum(amount) FROM transfer \
         WHERE token = '{token}' AND to_account = '{}'",
        spread.payee
    );
    let paid = ledger[&spread.payee].units();
    let expected = if paid == 0 {
        "0|0|".to_owned()
    } else {
        format!("{paid}|{paid}|{paid}")
    };
    assert_eq!(
        mirror.query(&payments).await,
        expected,
        "payments of one unit each"
    );
}

/// Every acknowledged payment is in the mirror as valid, once.
async fn mirrored_once(mirror: &Mirror, acknowledged: &[TransactionId]) {
    let rows = mirror
        .query("SELECT transaction_id FROM transaction WHERE code = 0")
        .await;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in rows.lines() {
        *counts.entry(id).or_default() += 1;
    }
    for id in acknowledged {
        assert_eq!(
            counts.get(id.as_str()),
            Some(&1),
            "payment {id} in the mirror"
        );
    }
}
