//! A ledger with accounts and a token, and calls as clients make them: JSON in, JSON out.

use std::collections::BTreeMap;

use asset_types::{
    BalanceReply, Note, NoteReply, NotesReply, StateKey, Token, TransferReply, function,
};
use fabric_contract_api_rust::{
    Chaincode, ClientIdentity, Key,
    testing::{Code, Endorsed, Ledger, TestingError, User, UserOptions},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The cap of the token `gold`.
pub(crate) const CAP: u128 = 1_000_000;
/// When the accounts' KYC ends: long after the ledger's clock.
pub(crate) const KYC_EXPIRES_AT: &str = "2030-01-01T00:00:00Z";

/// The account `mint` issues `gold`; `alice` is of Org1, `bob` of Org2, `carol` of Org2.
pub(crate) struct Bank {
    pub(crate) ledger: Ledger,
    users: BTreeMap<String, User>,
    requests: u64,
}

/// An answer that says no.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: i32,
    pub(crate) code: String,
    pub(crate) data: Map<String, Value>,
}

impl Bank {
    /// Accounts and a token, nothing minted.
    pub(crate) fn new() -> Self {
        let mut bank = Self::empty();
        for (account, msp_id) in [
            ("mint", "Org1MSP"),
            ("alice", "Org1MSP"),
            ("bob", "Org2MSP"),
            ("carol", "Org2MSP"),
        ] {
            bank.open(account, msp_id);
        }
        bank.create("gold", json!({ "cap": CAP.to_string() }));
        bank
    }

    /// No account but users: an administrator, `admin`.
    pub(crate) fn empty() -> Self {
        let chaincode = assets::chaincode().unwrap();
        Self::of(Ledger::of(chaincode))
    }

    /// The same with other chaincode in front.
    pub(crate) fn behind(outer: impl Chaincode, name: &str, inner: impl Chaincode) -> Self {
        Self::of(Ledger::of(outer).with_chaincode(name, inner))
    }

    /// On a ledger with the asset contracts, or with what leads to them.
    pub(crate) fn of(ledger: Ledger) -> Self {
        let mut bank = Self {
            ledger,
            users: BTreeMap::new(),
            requests: 0,
        };
        bank.user_with("admin", "Org1MSP", "Admin", UserOptions::admin());
        bank
    }

    /// Makes a user; `who` is how the tests call it, `name` is in the certificate.
    pub(crate) fn user_with(&mut self, who: &str, msp_id: &str, name: &str, options: UserOptions) {
        let user = self.ledger.user_with(msp_id, name, options).unwrap();
        self.users.insert(who.to_owned(), user);
    }

    /// A controller as requests name it.
    pub(crate) fn controller(&self, who: &str) -> Value {
        let identity = ClientIdentity::of(self.users[who].creator()).unwrap();
        json!({ "msp_id": identity.msp_id(), "key_hash": identity.public_key_hash() })
    }

    /// Opens an account whose controller is a new client of its name.
    pub(crate) fn open(&mut self, account: &str, msp_id: &str) {
        self.open_with_kyc(account, msp_id, 1, KYC_EXPIRES_AT);
    }

    pub(crate) fn open_with_kyc(&mut self, account: &str, msp_id: &str, class: u8, until: &str) {
        self.user_with(account, msp_id, account, UserOptions::default());
        let request = self.open_request(account, class, until);
        self.submit("admin", function::ACCOUNTS_OPEN, request);
    }

    pub(crate) fn open_request(&self, account: &str, class: u8, until: &str) -> Value {
        json!({
            "account": account,
            "controllers": [self.controller(account)],
            "kyc": { "class": class, "expires_at": until, "credential_hash": "0".repeat(64) },
        })
    }

    pub(crate) fn create(&mut self, token: &str, options: Value) {
        let request = create_request(token, options);
        self.submit("mint", function::TOKENS_CREATE, request);
    }

    pub(crate) fn mint(&mut self, to: &str, amount: u128) -> TransferReply {
        let request = json!({ "token": "gold", "to": to, "amount": amount.to_string() });
        self.submit("mint", function::TOKENS_MINT, request)
            .reply()
            .unwrap()
    }

    /// Pays gold, from notes that the contract chooses.
    pub(crate) fn pay(&mut self, from: &str, to: &str, amount: u128) -> TransferReply {
        let request = payment(from, to, amount, json!({}));
        self.submit(from, function::TOKENS_TRANSFER, request)
            .reply()
            .unwrap()
    }

    /// Commits a call as a block of its own.
    #[track_caller]
    pub(crate) fn submit(&mut self, who: &str, function: &str, request: Value) -> Endorsed {
        let endorsed = self.endorse(who, function, request).unwrap();
        assert_eq!(self.ledger.commit([endorsed.clone()]), [Code::VALID]);
        endorsed
    }

    /// Endorses a call; gives it a request id of its own where it writes and has none.
    pub(crate) fn endorse(
        &mut self,
        who: &str,
        function: &str,
        mut request: Value,
    ) -> Result<Endorsed, TestingError> {
        let writes = [
            function::ACCOUNTS_OPEN,
            function::TOKENS_CREATE,
            function::TOKENS_MINT,
            function::TOKENS_TRANSFER,
        ];
        if writes.contains(&function) && request.get("request_id").is_none() {
            self.requests += 1;
            request["request_id"] = format!("r-{}", self.requests).into();
        }
        let user = self.users[who].clone();
        let client = self.ledger.as_user(&user);
        client.endorse(function, [request.to_string()])
    }

    /// What a call is refused with.
    #[track_caller]
    pub(crate) fn refused(&mut self, who: &str, function: &str, request: Value) -> Refused {
        match self.endorse(who, function, request) {
            Err(TestingError::Refused { response }) => {
                let mut message: Value = serde_json::from_str(&response.message).unwrap();
                Refused {
                    status: response.status,
                    code: message["code"].as_str().unwrap().to_owned(),
                    data: message["data"]
                        .as_object_mut()
                        .map(std::mem::take)
                        .unwrap_or_default(),
                }
            }
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Asks, as a user who controls nothing.
    #[track_caller]
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, function: &str, request: Value) -> T {
        self.endorse("admin", function, request)
            .unwrap()
            .reply()
            .unwrap()
    }

    pub(crate) fn balance(&mut self, account: &str) -> u128 {
        let request = json!({ "token": "gold", "account": account });
        let reply: BalanceReply = self.ask(function::TOKENS_BALANCE, request);
        reply.amount.units()
    }

    /// All gold notes of an account that has few.
    pub(crate) fn notes(&mut self, account: &str) -> Vec<NoteReply> {
        let request = json!({ "token": "gold", "account": account, "page_size": 1_000 });
        let reply: NotesReply = self.ask(function::TOKENS_NOTES, request);
        assert_eq!(reply.bookmark, None, "one page");
        reply.notes
    }

    /// What must hold always: the notes of each token add up to its cap, and none is zero.
    #[track_caller]
    pub(crate) fn check(&self) {
        let (mut caps, mut sums) = (BTreeMap::new(), BTreeMap::new());
        for key in self.ledger.keys() {
            let (object_type, attributes) = key.split().unwrap();
            match StateKey::parse(object_type, &attributes).unwrap() {
                StateKey::Token(token) => {
                    caps.insert(token, self.read::<Token>(&key).cap.units());
                }
                StateKey::Note { token, .. } => {
                    let amount = self.read::<Note>(&key).amount.units();
                    assert_ne!(amount, 0, "no note is zero");
                    let sum = sums.entry(token).or_insert(0_u128);
                    *sum = sum.checked_add(amount).unwrap();
                }
                _ => {}
            }
        }
        assert_eq!(sums, caps, "notes add up to the cap");
    }

    fn read<T: serde::Serialize + DeserializeOwned>(&self, key: &Key) -> T {
        self.ledger.get(&key.clone().json::<T>()).unwrap().unwrap()
    }
}

/// A transfer of gold, with more members.
pub(crate) fn payment(from: &str, to: &str, amount: u128, more: Value) -> Value {
    let request = json!({ "token": "gold", "from": from, "to": to, "amount": amount.to_string() });
    with(request, more)
}

pub(crate) fn create_request(token: &str, options: Value) -> Value {
    let request = json!({
        "token": token, "name": token, "symbol": "T", "decimals": 2, "issuer": "mint",
    });
    with(request, options)
}

/// An object with the members of both, the later ones winning.
pub(crate) fn with(mut request: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("an object")
    };
    request.as_object_mut().unwrap().extend(more);
    request
}
