//! Tokens, accounts, notes and sums, exact to the last unit.

use asset_store::{
    AccountChange, AccountRow, Batch, NoteChange, NoteRow, Supply, TokenChange, TokenRow, Transfer,
};
use asset_types::{Account, AccountId, Amount, Controller, Kyc, NoteId, Token, TokenId};

use crate::database::{TestStore, batch, position, store};

fn token() -> TokenId {
    "gold".parse().unwrap()
}

fn account(name: &str) -> AccountId {
    name.parse().unwrap()
}

fn change(block: u64, name: &str, lane: u32, units: u128) -> NoteChange {
    NoteChange {
        token: token(),
        account: account(name),
        note: NoteId::lane(lane),
        amount: (units > 0).then(|| Amount::new(units)),
        position: position(block),
    }
}

fn token_row(cap: Amount) -> TokenRow {
    TokenRow {
        id: token(),
        token: Token {
            name: "Gold, 1 g".parse().unwrap(),
            symbol: "XAU".parse().unwrap(),
            decimals: 38.try_into().unwrap(),
            cap,
            issuer: account("mint"),
            kyc_class: Some(255),
        },
    }
}

fn token_change(cap: Amount) -> TokenChange {
    let TokenRow { id, token } = token_row(cap);
    TokenChange {
        id,
        token: Some(token),
    }
}

fn kept(AccountRow { id, account }: AccountRow) -> AccountChange {
    AccountChange {
        id,
        account: Some(account),
    }
}

async fn balance_differences(store: &TestStore) -> Vec<asset_store::BalanceDifference> {
    let snapshot = store.snapshot().await.unwrap();
    let mut reader = snapshot.reader().await.unwrap();
    reader.balance_differences(9).await.unwrap()
}

async fn supply_differences(store: &TestStore) -> Vec<asset_store::SupplyDifference> {
    let snapshot = store.snapshot().await.unwrap();
    let mut reader = snapshot.reader().await.unwrap();
    reader.supply_differences(9).await.unwrap()
}

async fn balance(store: &TestStore, name: &str) -> (u128, u64) {
    let balance = store.balance(&token(), &account(name)).await.unwrap();
    (balance.amount.units(), balance.notes)
}

#[tokio::test]
async fn balances_follow_the_notes() {
    let store = store().await;
    let first = vec![
        change(0, "alice", 0, 5),
        change(0, "alice", 1, 7),
        change(0, "bob", 0, 1),
    ];
    store
        .apply(&Batch {
            notes: first,
            ..batch(0)
        })
        .await
        .unwrap();
    assert_eq!(balance(&store, "alice").await, (12, 2));
    assert_eq!(balance(&store, "bob").await, (1, 1));
    assert_eq!(balance(&store, "carol").await, (0, 0));
    // One note changes, one is spent, one is new; a note that never was is spent.
    let second = vec![
        change(1, "alice", 0, 2),
        change(1, "alice", 1, 0),
        change(1, "bob", 1, 10),
        change(1, "carol", 0, 0),
    ];
    store
        .apply(&Batch {
            notes: second,
            ..batch(1)
        })
        .await
        .unwrap();
    assert_eq!(balance(&store, "alice").await, (2, 1));
    assert_eq!(balance(&store, "bob").await, (11, 2));
    assert_eq!(balance_differences(&store).await, []);
    store
        .apply(&Batch {
            notes: vec![change(2, "alice", 0, 0)],
            ..batch(2)
        })
        .await
        .unwrap();
    assert_eq!(balance(&store, "alice").await, (0, 0));
    assert_eq!(store.balances(&account("alice")).await.unwrap(), []);
    assert_eq!(balance_differences(&store).await, []);
}

#[tokio::test]
async fn amounts_are_exact_up_to_the_largest() {
    let store = store().await;
    let notes = vec![
        change(0, "unissued", 0, u128::MAX - (1 << 53) - 1),
        change(0, "a", 0, (1 << 53) + 1),
    ];
    let tokens = vec![token_change(Amount::MAX)];
    store
        .apply(&Batch {
            tokens,
            notes,
            ..batch(0)
        })
        .await
        .unwrap();
    assert_eq!(balance(&store, "a").await, ((1 << 53) + 1, 1));
    let supply = Supply {
        token: token(),
        cap: Amount::MAX,
        circulating: Amount::new((1 << 53) + 1),
        unissued: Amount::new(u128::MAX - (1 << 53) - 1),
    };
    assert!(supply.is_exact());
    assert_eq!(store.supply(&token()).await.unwrap(), Some(supply.clone()));
    assert_eq!(
        store.token(&token()).await.unwrap(),
        Some(token_row(Amount::MAX))
    );
    assert_eq!(
        store.tokens(None, 9).await.unwrap(),
        [token_row(Amount::MAX)]
    );
    assert_eq!(store.tokens(Some(&token()), 9).await.unwrap(), []);
    let gone = TokenChange {
        id: token(),
        token: None,
    };
    store
        .apply(&Batch {
            tokens: vec![gone],
            ..batch(1)
        })
        .await
        .unwrap();
    assert_eq!(store.tokens(None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn notes_are_read_oldest_first() {
    let store = store().await;
    store
        .apply(&Batch {
            notes: vec![change(0, "alice", 9, 5)],
            ..batch(0)
        })
        .await
        .unwrap();
    store
        .apply(&Batch {
            notes: vec![change(1, "alice", 1, 6)],
            ..batch(1)
        })
        .await
        .unwrap();
    let row = |lane, units| NoteRow {
        note: NoteId::lane(lane),
        amount: Amount::new(units),
    };
    let notes = store.notes(&token(), &account("alice"), 9).await.unwrap();
    assert_eq!(notes, [row(9, 5), row(1, 6)]);
    assert_eq!(
        store.notes(&token(), &account("alice"), 1).await.unwrap(),
        [row(9, 5)]
    );
}

#[tokio::test]
async fn accounts_are_read_as_they_were_written() {
    let store = store().await;
    let row = |name: &str, class| AccountRow {
        id: account(name),
        account: Account {
            controllers: vec![Controller {
                msp_id: "Org1MSP".parse().unwrap(),
                key_hash: "0f".repeat(32).parse().unwrap(),
            }],
            kyc: Kyc {
                class,
                expires_at: "9999-12-31T23:59:59Z".parse().unwrap(),
                credential_hash: "a0".repeat(32).parse().unwrap(),
            },
        },
    };
    let accounts = vec![row("alice", 0), row("bob", 255)];
    store
        .apply(&Batch {
            accounts: accounts.iter().cloned().map(kept).collect(),
            ..batch(0)
        })
        .await
        .unwrap();
    assert_eq!(store.accounts(None, 9).await.unwrap(), accounts);
    let changed = row("alice", 3);
    let gone = AccountChange {
        id: account("bob"),
        account: None,
    };
    store
        .apply(&Batch {
            accounts: vec![kept(changed.clone()), gone],
            ..batch(1)
        })
        .await
        .unwrap();
    assert_eq!(
        store.account(&account("alice")).await.unwrap(),
        Some(changed)
    );
    assert_eq!(store.account(&account("bob")).await.unwrap(), None);
    assert_eq!(store.account(&account("carol")).await.unwrap(), None);
}

#[tokio::test]
async fn transfers_are_read_newest_first() {
    let store = store().await;
    let transfer = |block, from: &str, to: &str| Transfer {
        position: position(block),
        item: 0,
        transaction_id: format!("tx {block}"),
        token: token(),
        from: account(from),
        to: account(to),
        amount: Amount::MAX,
        memo: Some("für Äpfel".parse().unwrap()),
        request_id: "r-1".parse().unwrap(),
    };
    let all = [
        transfer(0, "unissued", "alice"),
        transfer(1, "alice", "bob"),
        transfer(2, "bob", "carol"),
        transfer(3, "alice", "alice"),
    ];
    for (number, transfer) in (0..).zip(&all) {
        let transfers = vec![transfer.clone()];
        store
            .apply(&Batch {
                transfers,
                ..batch(number)
            })
            .await
            .unwrap();
    }
    let [minted, paid, _, own] = all;
    let of = |limit, before| {
        let store = store.store.clone();
        async move {
            store
                .transfers(&account("alice"), before, limit)
                .await
                .unwrap()
        }
    };
    assert_eq!(
        of(9, None).await,
        [own.clone(), paid.clone(), minted.clone()]
    );
    assert_eq!(of(2, None).await, [own, paid.clone()]);
    assert_eq!(of(9, Some(3)).await, [paid, minted]);
}

#[tokio::test]
async fn sums_that_were_changed_by_hand_are_found() {
    let store = store().await;
    let tokens = vec![token_change(Amount::new(10))];
    let notes = vec![change(0, "alice", 0, 4), change(0, "unissued", 0, 6)];
    store
        .apply(&Batch {
            tokens,
            notes,
            ..batch(0)
        })
        .await
        .unwrap();
    assert_eq!(supply_differences(&store).await, []);
    assert_eq!(store.holders(&token(), None, 9).await.unwrap().len(), 2);
    let sql = "UPDATE mirror.note SET amount = 5 WHERE account = 'alice'";
    store.database.query(sql).await.unwrap();
    let [difference] = supply_differences(&store).await.try_into().unwrap();
    assert_eq!(
        (difference.cap, difference.circulating),
        ("10".into(), "5".into())
    );
    let [difference] = balance_differences(&store).await.try_into().unwrap();
    assert_eq!(
        (difference.recorded.as_deref(), difference.summed.as_deref()),
        (Some("4"), Some("5"))
    );
}
