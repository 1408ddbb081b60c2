//! What the asset contract did is in the mirror's columns, to the last unit.

use asset_types::{BalanceReply, NotesReply, SupplyReply, function};
use fabric_contract_api_rust::testing::{Code, Endorsed, Ledger, User, UserOptions};
use serde_json::{Value, json};

use crate::database::{block_by_block, contents, mirror, options, store};
use crate::made_chain::ChainMaker;
use crate::source::Recording;

const ACCOUNTS: [&str; 4] = ["mint", "alice", "bob", "carol"];

/// A chain of the asset contract, and the ledger that made it.
pub(crate) struct AssetChain {
    pub(crate) recording: Recording,
    ledger: Ledger,
    user: User,
}

struct Maker {
    chain: ChainMaker,
    ledger: Ledger,
    user: User,
    registrar: User,
    requests: u32,
    memo: &'static str,
}

impl Maker {
    fn new(memo: &'static str) -> Self {
        let mut ledger = Ledger::of(assets::chaincode().unwrap());
        let user = ledger.user("Org1MSP", "user").unwrap();
        let registrar = ledger
            .user_with("Org1MSP", "Admin", UserOptions::admin())
            .unwrap();
        Self {
            chain: ChainMaker::new(),
            ledger,
            user,
            registrar,
            requests: 0,
            memo,
        }
    }

    fn endorse(&mut self, who: &User, function: &str, mut request: Value) -> Endorsed {
        self.requests += 1;
        request["request_id"] = format!("r-{}", self.requests).into();
        self.ledger
            .as_user(who)
            .endorse(function, [request.to_string()])
            .unwrap()
    }

    fn block(&mut self, transactions: &[Endorsed]) -> Vec<Code> {
        let codes = self.ledger.commit(transactions.to_vec());
        self.chain.commit(transactions, &codes);
        codes
    }

    fn open_all(&mut self) {
        let caller = self.user.creator().clone();
        let identity = fabric_contract_api_rust::ClientIdentity::of(&caller).unwrap();
        let registrar = self.registrar.clone();
        let opened = ACCOUNTS.map(|account| {
            let request = json!({
                "account": account,
                "controllers": [{
                    "msp_id": identity.msp_id(), "key_hash": identity.public_key_hash(),
                }],
                "kyc": {
                    "class": 2, "expires_at": "2030-01-01T00:00:00Z",
                    "credential_hash": "a0".repeat(32),
                },
            });
            self.endorse(&registrar, function::ACCOUNTS_OPEN, request)
        });
        self.block(&opened);
    }

    fn create(&mut self, token: &str, cap: &Value) {
        let user = self.user.clone();
        let request = json!({
            "token": token, "name": "Gold", "symbol": "XAU", "decimals": 2, "issuer": "mint",
            "cap": cap, "kyc_class": 1,
        });
        let created = self.endorse(&user, function::TOKENS_CREATE, request);
        self.block(&[created]);
    }

    fn mint(&mut self, token: &str, to: &str, amount: &str) {
        let user = self.user.clone();
        let request = json!({ "token": token, "to": to, "amount": amount });
        let minted = self.endorse(&user, function::TOKENS_MINT, request);
        self.block(&[minted]);
    }

    fn pay(&mut self, from: &str, to: &str, amount: &str) -> Endorsed {
        let user = self.user.clone();
        let request = json!({
            "token": "gold", "from": from, "to": to, "amount": amount, "memo": self.memo,
        });
        self.endorse(&user, function::TOKENS_TRANSFER, request)
    }
}

/// Opens, creates, mints, pays: with conflicts, many payers in a block, exact spends, payments to
/// oneself.
pub(crate) fn asset_chain() -> AssetChain {
    asset_chain_with_memo("für Äpfel")
}

/// The same payments for another reason.
pub(crate) fn asset_chain_with_memo(memo: &'static str) -> AssetChain {
    let mut maker = Maker::new(memo);
    maker.open_all();
    maker.create("gold", &json!("1000000"));
    maker.create("huge", &Value::Null);
    maker.mint("gold", "alice", "1000");
    maker.mint("gold", "bob", "500");
    maker.mint("huge", "carol", "9007199254740993");
    let both = vec![
        maker.pay("alice", "carol", "10"),
        maker.pay("bob", "carol", "20"),
    ];
    assert_eq!(maker.block(&both), [Code::VALID, Code::VALID]);
    let twice = vec![
        maker.pay("alice", "bob", "1"),
        maker.pay("alice", "bob", "2"),
    ];
    assert!(!maker.block(&twice)[1].is_valid());
    for round in 0..5 {
        let own = maker.pay("alice", "alice", "5");
        maker.block(&[own]);
        let paid = maker.pay("bob", "carol", &(round + 1).to_string());
        maker.block(&[paid]);
    }
    let all = maker.pay("alice", "bob", "989");
    maker.block(&[all]);
    AssetChain {
        recording: maker.chain.recording(),
        ledger: maker.ledger,
        user: maker.user,
    }
}

impl AssetChain {
    fn ask<T: serde::de::DeserializeOwned>(&mut self, function: &str, request: &Value) -> T {
        self.ledger
            .as_user(&self.user)
            .evaluate(function, [request.to_string()])
            .unwrap()
    }
}

#[tokio::test]
async fn balances_notes_and_supplies_are_the_contracts() {
    let mut chain = asset_chain();
    let store = store().await;
    mirror(&store, &chain.recording, options()).await.unwrap();
    for token in ["gold", "huge"] {
        let id = token.parse().unwrap();
        for account in ACCOUNTS {
            let request = json!({ "token": token, "account": account });
            let expected: BalanceReply = chain.ask(function::TOKENS_BALANCE, &request);
            let found = store.balance(&id, &account.parse().unwrap()).await.unwrap();
            assert_eq!(
                (found.amount, found.notes),
                (expected.amount, expected.notes),
                "{account}"
            );
            let expected: NotesReply = chain.ask(function::TOKENS_NOTES, &request);
            let mut notes = store
                .notes(&id, &account.parse().unwrap(), 100)
                .await
                .unwrap();
            notes.sort_by(|one, other| one.note.cmp(&other.note));
            let found: Vec<_> = notes
                .into_iter()
                .map(|note| (note.note, note.amount))
                .collect();
            let notes = expected
                .notes
                .into_iter()
                .map(|note| (note.note, note.amount));
            assert_eq!(found, notes.collect::<Vec<_>>(), "{account}");
        }
        let expected: SupplyReply = chain.ask(function::TOKENS_SUPPLY, &json!({ "token": token }));
        let supply = store.supply(&id).await.unwrap().unwrap();
        assert_eq!(
            (supply.cap, supply.circulating),
            (expected.cap, expected.supply)
        );
        assert!(supply.is_exact());
    }
    let verification = asset_mirror::verify(&store).await.unwrap();
    assert_eq!((verification.findings, verification.tokens), (vec![], 2));
}

#[tokio::test]
async fn the_size_of_batches_changes_nothing() {
    let chain = asset_chain();
    let (one, many) = (store().await, store().await);
    mirror(&one, &chain.recording, options()).await.unwrap();
    mirror(&many, &chain.recording, block_by_block())
        .await
        .unwrap();
    assert_eq!(
        contents(&one.database).await,
        contents(&many.database).await
    );
}

#[tokio::test]
async fn transfers_are_those_of_valid_transactions() {
    let store = store().await;
    mirror(&store, &asset_chain().recording, options())
        .await
        .unwrap();
    let alice = store
        .transfers(&"alice".parse().unwrap(), None, 100)
        .await
        .unwrap();
    // Minted, paid to carol, paid to bob (once), five times to herself, all to bob.
    assert_eq!(alice.len(), 9);
    assert_eq!(alice[0].amount.to_string(), "989");
    assert_eq!(alice[0].memo.as_ref().unwrap().as_str(), "für Äpfel");
    assert!(alice[8].from.is_reserved());
    let (all, valid) = store.transaction_counts().await.unwrap();
    assert_eq!(all - valid, 1);
    let found = store.transactions(&alice[0].transaction_id).await.unwrap();
    assert_eq!(found[0].position, alice[0].position);
    let bob = store
        .account(&"bob".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bob.account.kyc.class, 2);
    let gold = store
        .token(&"gold".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(gold.token.kyc_class, Some(1));
}

#[tokio::test]
async fn another_chaincodes_records_are_left_alone() {
    let store = store().await;
    let other = asset_mirror::Options {
        chaincode: "other".to_owned(),
        ..options()
    };
    mirror(&store, &asset_chain().recording, other)
        .await
        .unwrap();
    assert_eq!(store.tokens(None, 9).await.unwrap(), []);
    assert_eq!(store.accounts(None, 9).await.unwrap(), []);
    assert!(asset_mirror::verify(&store).await.unwrap().is_good());
}
