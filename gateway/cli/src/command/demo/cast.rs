//! Who plays: an issuer of credentials, a shop, and payers who all pay it at the same time.

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use asset_did::{DidKey, Draft};
use asset_types::{
    AccountId, AccountReply, Amount, CreateToken, Mint, NoteId, OpenAccount, TokenId, TokenReply,
    Transfer, TransferReply, function,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use time::OffsetDateTime;

use super::stage::Stage;
use crate::kyc::{CLASS_CLAIM, CREDENTIAL_TYPE, Requirement};
use crate::ledger::{Ledger, Session, request_id};
use crate::output::Output;

/// Accounts that are opened, and mints that are sent, at the same time.
const CONCURRENCY: usize = 32;
/// What each payer starts with; each payment is one unit, and at most 1,000 of them are made.
const ENDOWMENT: u128 = 1_000;

/// The accounts, and what they act through.
pub(super) struct Cast {
    pub(super) token: TokenId,
    pub(super) shop: AccountId,
    pub(super) issuer: AccountId,
    ledger: Ledger,
    payers: Vec<(AccountId, NoteId)>,
}

/// What the payments took.
pub(super) struct Run {
    pub(super) transfers: u64,
    pub(super) elapsed: Duration,
}

impl Cast {
    pub(super) async fn enter(stage: &Stage, payers: u16, output: &Output) -> anyhow::Result<Self> {
        let office = Office::open(&stage.session)?;
        output.progress(&format!("credentials  {}", office.refuse_forgery()?));
        let names = (1..=payers).map(|number| format!("payer-{number:03}"));
        let names = ["bank".to_owned(), "shop".to_owned()]
            .into_iter()
            .chain(names);
        let accounts: Vec<AccountId> = stream::iter(names)
            .map(|name| office.admit(name))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        output.progress(&format!(
            "accounts     {} opened, each on a verified credential",
            accounts.len()
        ));

        let ledger = stage.session.ledger()?;
        let (token, issuer, shop) = (parse("gold")?, parse("bank")?, parse("shop")?);
        let endowment = ENDOWMENT * u128::from(payers);
        create(&ledger, &token, &issuer, endowment).await?;
        let payers = endow(&ledger, &token, accounts).await?;
        output.progress(&format!(
            "token        gold, cap {endowment}, minted to {} payers",
            payers.len()
        ));
        Ok(Self {
            token,
            shop,
            issuer,
            ledger,
            payers,
        })
    }

    /// Number of accounts.
    pub(super) fn accounts(&self) -> usize {
        self.payers.len() + 2
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// All payers pay the shop at the same time, each as fast as its payments are committed.
    pub(super) async fn pay(&self, payments: u16, output: &Output) -> anyhow::Result<Run> {
        let transfers = u64::from(payments) * self.payers.len() as u64;
        let bar = progress_bar(transfers, *output);
        let started = Instant::now();
        let payers = self
            .payers
            .iter()
            .map(|payer| self.pay_one(payer, payments, &bar));
        stream::iter(payers)
            .buffer_unordered(self.payers.len())
            .try_collect::<Vec<()>>()
            .await?;
        let elapsed = started.elapsed();
        bar.finish_and_clear();
        Ok(Run { transfers, elapsed })
    }

    /// Each payment names the note that the one before left: nothing is searched for, so nothing
    /// conflicts.
    async fn pay_one(
        &self,
        (account, note): &(AccountId, NoteId),
        payments: u16,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let mut note = note.clone();
        for payment in 0..payments {
            let request = Transfer {
                request_id: request_id()?,
                token: self.token.clone(),
                from: account.clone(),
                to: self.shop.clone(),
                amount: Amount::new(1),
                notes: Some(vec![note]),
                memo: None,
                expires_at: None,
            };
            let done = self
                .ledger
                .transfer(&request)
                .await
                .with_context(|| format!("{account} cannot pay"))?;
            bar.inc(1);
            match done.reply.change {
                Some(change) => note = change.note,
                None if payment + 1 == payments => break,
                None => bail!("{account} ran out of money"),
            }
        }
        Ok(())
    }
}

/// Issues KYC credentials and opens accounts for those that pass the policy.
struct Office {
    issuer: DidKey,
    registrar: Ledger,
    session: Session,
}

impl Office {
    fn open(session: &Session) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: DidKey::generate_ed25519()?,
            registrar: session.registrar().ledger()?,
            session: session.clone(),
        })
    }

    /// A credential that somebody issued to themselves must not pass.
    fn refuse_forgery(&self) -> anyhow::Result<String> {
        let mallory = DidKey::generate_ed25519()?;
        let credential = credential(&mallory, &mallory)?;
        match self.requirement(&mallory)?.attest(&credential) {
            Err(error) => Ok(format!("one with a forged issuer: {error}")),
            Ok(_) => bail!("a credential with a forged issuer was accepted"),
        }
    }

    async fn admit(&self, name: String) -> anyhow::Result<AccountId> {
        let holder = DidKey::generate_ed25519()?;
        let kyc = self
            .requirement(&holder)?
            .attest(&credential(&self.issuer, &holder)?)?;
        let account: AccountId = parse(&name)?;
        let request = OpenAccount {
            request_id: request_id()?,
            account: account.clone(),
            controllers: vec![self.session.own_controller()?],
            kyc,
            expires_at: None,
        };
        let done = self
            .registrar
            .submit::<AccountReply>(function::ACCOUNTS_OPEN, &request)
            .await;
        done.with_context(|| format!("account {name} was not opened"))?;
        Ok(account)
    }

    fn requirement(&self, holder: &DidKey) -> anyhow::Result<Requirement> {
        Requirement::new(&[self.issuer.did().to_string()], holder.did().as_str())
    }
}

fn credential(issuer: &DidKey, holder: &DidKey) -> anyhow::Result<String> {
    let now = OffsetDateTime::now_utc();
    let draft = Draft::new(CREDENTIAL_TYPE, holder.did()).claim(CLASS_CLAIM, "1");
    Ok(draft
        .valid(now, now + time::Duration::days(365))
        .issue(issuer)?)
}

async fn create(
    ledger: &Ledger,
    token: &TokenId,
    issuer: &AccountId,
    cap: u128,
) -> anyhow::Result<()> {
    let request = CreateToken {
        request_id: request_id()?,
        token: token.clone(),
        name: parse("Gold")?,
        symbol: parse("XAU")?,
        decimals: 2_u8.try_into().map_err(|error: String| anyhow!(error))?,
        cap: Some(Amount::new(cap)),
        issuer: issuer.clone(),
        kyc_class: Some(1),
        expires_at: None,
    };
    ledger
        .submit::<TokenReply>(function::TOKENS_CREATE, &request)
        .await
        .map(drop)
}

/// Mints to each payer, one after the other: mints share the note of what is not issued yet.
async fn endow(
    ledger: &Ledger,
    token: &TokenId,
    accounts: Vec<AccountId>,
) -> anyhow::Result<Vec<(AccountId, NoteId)>> {
    let mut payers = Vec::new();
    for account in accounts
        .into_iter()
        .filter(|account| account.as_str().starts_with("payer-"))
    {
        let request = Mint {
            request_id: request_id()?,
            token: token.clone(),
            to: account.clone(),
            amount: Amount::new(ENDOWMENT),
            notes: None,
            expires_at: None,
        };
        let done = ledger
            .submit::<TransferReply>(function::TOKENS_MINT, &request)
            .await?;
        payers.push((account, done.reply.note));
    }
    Ok(payers)
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|error| anyhow!("{text}: {error}"))
}

fn progress_bar(length: u64, output: Output) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("transfers    {bar:40} {pos}/{len}  {per_sec}");
    let bar = ProgressBar::new(length);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
