//! What came of it: figures, and the mirror held against the ledger.

use std::time::Duration;

use anyhow::Context as _;
use asset_mirror::{Verification, Verifier};
use asset_types::{AccountId, Amount, BalanceReply, ReadBalance, function};
use fabric_testnet::wait_until;
use serde::Serialize;

use super::cast::{Cast, Run};
use super::stage::Stage;
use crate::command::mirror;
use crate::output::Output;

/// A mirror is milliseconds behind; on a loaded machine seconds.
const MIRROR_DEADLINE: Duration = Duration::from_secs(60);

/// The outcome of the demo.
#[derive(Serialize)]
pub(super) struct Report {
    accounts: usize,
    transfers: u64,
    seconds: f64,
    transfers_per_second: f64,
    blocks: u64,
    transactions: u64,
    valid_transactions: u64,
    balances: Vec<Balance>,
    mirror_verified: bool,
    mirror_findings: Vec<String>,
    #[serde(skip)]
    verification: Verification,
}

/// One account on the ledger and in the mirror.
#[derive(Serialize)]
struct Balance {
    account: AccountId,
    ledger: Amount,
    mirror: Amount,
}

impl Report {
    pub(super) async fn make(
        stage: &Stage,
        cast: &Cast,
        run: &Run,
        output: &Output,
    ) -> anyhow::Result<Self> {
        let blocks = stage.session.height().await?;
        wait_until(MIRROR_DEADLINE, || async {
            let checkpoint = stage.store.checkpoint().await.ok().flatten();
            checkpoint.is_some_and(|checkpoint| checkpoint.block + 1 >= blocks)
        })
        .await
        .context("the mirror did not catch up; see the messages above")?;
        output.progress("mirror       has caught up; comparing it with the ledger");
        let network = stage.session.network()?;
        let verifier = Verifier::new(&stage.store).against(&network);
        let verification = verifier.run().await?;
        let (transactions, valid_transactions) = stage.store.transaction_counts().await?;
        let seconds = run.elapsed.as_secs_f64();
        Ok(Self {
            accounts: cast.accounts(),
            transfers: run.transfers,
            seconds,
            #[expect(
                clippy::cast_precision_loss,
                reason = "a figure for people, far below 2^52"
            )]
            transfers_per_second: run.transfers as f64 / seconds,
            blocks,
            transactions,
            valid_transactions,
            balances: vec![
                balance(stage, cast, &cast.shop).await?,
                balance(stage, cast, &cast.issuer).await?,
            ],
            mirror_verified: verification.is_good(),
            mirror_findings: verification
                .findings
                .iter()
                .map(ToString::to_string)
                .collect(),
            verification,
        })
    }

    /// Whether the mirror is proved and agrees with the ledger.
    pub(super) fn is_good(&self) -> bool {
        self.mirror_verified && self.balances_agree()
    }

    fn balances_agree(&self) -> bool {
        let mut balances = self.balances.iter();
        balances.all(|balance| balance.ledger == balance.mirror)
    }

    pub(super) fn describe(&self) -> String {
        let mut text = format!(
            "\n{} accounts, {} blocks, {} transactions ({} valid)\n\
             {} transfers to one account in {:.1} s: {:.0} per second, {} conflicts\n",
            self.accounts,
            self.blocks,
            self.transactions,
            self.valid_transactions,
            self.transfers,
            self.seconds,
            self.transfers_per_second,
            self.transactions - self.valid_transactions,
        );
        for Balance {
            account,
            ledger,
            mirror,
        } in &self.balances
        {
            text.push_str(&format!(
                "  {account:<6} {ledger} on the ledger, {mirror} in the mirror\n"
            ));
        }
        text.push_str(match self.balances_agree() {
            true => "the balances agree\n",
            false => "the balances DIFFER: the mirror is not what the ledger says\n",
        });
        text.push_str(&mirror::describe(&self.verification));
        text
    }
}

async fn balance(stage: &Stage, cast: &Cast, account: &AccountId) -> anyhow::Result<Balance> {
    let request = ReadBalance {
        token: cast.token.clone(),
        account: account.clone(),
    };
    let ledger: BalanceReply = cast
        .ledger()
        .evaluate(function::TOKENS_BALANCE, &request)
        .await?;
    let mirror = stage.store.balance(&cast.token, account).await?;
    Ok(Balance {
        account: account.clone(),
        ledger: ledger.amount,
        mirror: mirror.amount,
    })
}
