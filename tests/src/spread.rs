//! A token whose units are spread over many accounts, each with one note of the same size: what many
//! payers need to pay at the same time.

use std::time::Duration;

use asset_types::{AccountId, Amount, NoteId, NoteReply, TokenId, TransferReply};
use futures::future::join_all;

use crate::asset_client::{AssetClient, transfer, unique};

/// A commit takes a moment; a machine under load takes longer.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A token and the accounts that have all of what circulates of it.
#[derive(Debug, Clone)]
pub struct Spread {
    /// The token; all of its cap circulates.
    pub token: TokenId,
    /// The most that can circulate.
    pub cap: u128,
    /// An account that has nothing yet.
    pub payee: AccountId,
    /// Accounts with one note each.
    pub holdings: Vec<Holding>,
}

/// An account with one note.
#[derive(Debug, Clone)]
pub struct Holding {
    /// Whose.
    pub account: AccountId,
    /// Its only note.
    pub note: NoteId,
}

impl Spread {
    /// Opens `count` accounts and a payee, creates a token, mints all of it and halves the note again and
    /// again until each account has one of `share` units.
    ///
    /// # Panics
    /// Where `count` is no power of two, or the network refuses something.
    pub async fn make(client: &AssetClient, count: usize, share: u128) -> Self {
        assert!(
            count.is_power_of_two(),
            "halving makes a power of two, not {count}"
        );
        let token: TokenId = unique("gold").parse().expect("a token id");
        let name = |role: String| unique(&role).parse().expect("an account id");
        let payee: AccountId = name("payee".to_owned());
        let accounts: Vec<AccountId> = (0..count)
            .map(|index| name(format!("payer-{index}")))
            .collect();
        client
            .open_accounts(&[&accounts[..], std::slice::from_ref(&payee)].concat())
            .await;

        let cap = share * u128::try_from(count).expect("few accounts");
        client.create_token(&token, cap, &accounts[0]).await;
        let first = client.mint(&token, &accounts[0], cap).await;
        let mut notes: Vec<NoteReply> = vec![first];
        while notes.len() < count {
            let halves = notes.iter().enumerate().map(|(index, note)| {
                let (from, to) = (&accounts[index], &accounts[index + notes.len()]);
                halve(client, &token, from, to, note)
            });
            let (kept, given): (Vec<_>, Vec<_>) = join_all(halves).await.into_iter().unzip();
            notes = [kept, given].concat();
            client.peers_are_in_step().await;
        }
        let holdings = accounts.into_iter().zip(notes);
        let holdings = holdings
            .map(|(account, note)| Holding {
                account,
                note: note.note,
            })
            .collect();
        Self {
            token,
            cap,
            payee,
            holdings,
        }
    }

    /// All accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountId> {
        let payers = self.holdings.iter().map(|holding| holding.account.clone());
        payers.chain([self.payee.clone()]).collect()
    }
}

/// Pays half of a note; gives the half that is kept and the half that is given.
async fn halve(
    client: &AssetClient,
    token: &TokenId,
    from: &AccountId,
    to: &AccountId,
    note: &NoteReply,
) -> (NoteReply, NoteReply) {
    let amount = note.amount.units() / 2;
    let request = transfer(token, from, to, amount, &note.note);
    let receipt = client
        .transfer(&request, COMMIT_TIMEOUT)
        .await
        .expect("half of a note is paid");
    let reply: TransferReply = receipt.json().expect("a transfer has a reply");
    let kept = reply.change.expect("half of a note is left");
    (
        kept,
        NoteReply {
            note: reply.note,
            amount: Amount::new(amount),
        },
    )
}
