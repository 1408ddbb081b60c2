//! The asset chaincode through the SDK, for what a test does too often for a process per call, and for
//! requests that the command line program would not make.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use asset_types::{
    AccountId, AccountReply, Amount, BalanceReply, Controller, CreateToken, Kyc, Mint, NoteId,
    NoteReply, NotesReply, OpenAccount, ReadBalance, ReadNotes, ReadSupply, RequestId, SupplyReply,
    TokenId, TokenReply, Transfer, TransferReply, function,
};
use fabric_gateway_sdk::{
    Contract, Endpoint, Error, Gateway, Identity, Network, Receipt, Retry, SigningIdentity,
};
use fabric_msp::layout::{ADMIN, OrganizationLayout};
use fabric_testnet::wait_until;
use futures::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::network::State;
use crate::world::CHAINCODE;

/// Conflicts with other tests' transactions in the same block, which a repetition mends.
const CONFLICT_RETRIES: u32 = 5;
/// Peers get a block within a moment of each other.
const STEP_DEADLINE: Duration = Duration::from_secs(60);

/// The asset chaincode, called by one user. Cheap to clone.
#[derive(Clone)]
pub struct AssetClient {
    network: Network,
    contract: Contract,
    /// The same chaincode called by an administrator, who may open accounts.
    registrar: Contract,
    /// The channel through each organisation's peer.
    peers: Vec<Network>,
    controller: Controller,
}

impl AssetClient {
    /// Calls through the peer of organisation `number`, from 1, as one of its users.
    ///
    /// # Panics
    /// Where the network has no such organisation or user.
    #[must_use]
    pub fn connect(state: &State, number: usize, user: &str) -> Self {
        let identity = signing_identity(state, number, user);
        let controller = Controller {
            msp_id: state.peers[number - 1].msp_id.parse().expect("an MSP id"),
            key_hash: hex::encode(Sha256::digest(identity.public_key_der()))
                .parse()
                .expect("a hash"),
        };
        let network = network(state, number, identity.clone().into());
        let numbers = 1..=state.peers.len();
        let peers = numbers.map(|peer| self::network(state, peer, identity.clone().into()));
        let peers = peers.collect();
        let registrar = network_as(state, number, ADMIN).contract(CHAINCODE);
        Self {
            contract: network.contract(CHAINCODE),
            network,
            registrar,
            peers,
            controller,
        }
    }

    /// The channel.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The chaincode.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Opens accounts, all at once, which this client's user controls.
    ///
    /// # Panics
    /// Where one is refused.
    pub async fn open_accounts(&self, accounts: &[AccountId]) {
        join_all(accounts.iter().map(|account| self.open_account(account))).await;
        self.peers_are_in_step().await;
    }

    /// Waits until every peer has all blocks that any of them had at the call: an acknowledgement
    /// comes from one peer, and the next proposal may go to another.
    ///
    /// # Panics
    /// Where a peer stays behind.
    pub async fn peers_are_in_step(&self) {
        let highest = self.heights().await.into_iter().max();
        let in_step = wait_until(STEP_DEADLINE, || async {
            self.heights().await.into_iter().min() >= highest
        });
        let heights = self.heights().await;
        in_step
            .await
            .unwrap_or_else(|error| panic!("{error}: a peer stays behind: {heights:?}"));
    }

    async fn heights(&self) -> Vec<u64> {
        let heights = join_all(self.peers.iter().map(Network::height)).await;
        heights
            .into_iter()
            .map(|height| height.expect("a peer tells its height"))
            .collect()
    }

    async fn open_account(&self, account: &AccountId) {
        let request = OpenAccount {
            request_id: request_id(),
            account: account.clone(),
            controllers: vec![self.controller.clone()],
            kyc: Kyc {
                class: 1,
                expires_at: "2999-01-01T00:00:00Z".parse().expect("a time"),
                credential_hash: "00".repeat(32).parse().expect("a hash"),
            },
            expires_at: None,
        };
        let submit = self
            .registrar
            .submit(function::ACCOUNTS_OPEN)
            .json_arg(&request);
        let opened: AccountReply = succeeded("open", submit.retry(retry()).await);
        assert_eq!(&opened.account, account);
    }

    /// Creates a token with this cap.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn create_token(&self, token: &TokenId, cap: u128, issuer: &AccountId) {
        let request = CreateToken {
            request_id: request_id(),
            token: token.clone(),
            name: "Gold".parse().expect("a name"),
            symbol: "XAU".parse().expect("a symbol"),
            decimals: 2.try_into().expect("few decimals"),
            cap: Some(Amount::new(cap)),
            issuer: issuer.clone(),
            kyc_class: None,
            expires_at: None,
        };
        let submit = self
            .contract
            .submit(function::TOKENS_CREATE)
            .json_arg(&request);
        let _: TokenReply = succeeded("create", submit.retry(retry()).await);
        self.peers_are_in_step().await;
    }

    /// Mints, and gives the new note.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn mint(&self, token: &TokenId, to: &AccountId, amount: u128) -> NoteReply {
        let amount = Amount::new(amount);
        let request = Mint {
            request_id: request_id(),
            token: token.clone(),
            to: to.clone(),
            amount,
            notes: None,
            expires_at: None,
        };
        let submit = self
            .contract
            .submit(function::TOKENS_MINT)
            .json_arg(&request);
        let minted: TransferReply = succeeded("mint", submit.retry(retry()).await);
        self.peers_are_in_step().await;
        NoteReply {
            note: minted.note,
            amount,
        }
    }

    /// Pays, without any retry but the resending of one envelope.
    ///
    /// # Errors
    /// What the SDK says.
    pub async fn transfer(
        &self,
        request: &Transfer,
        commit_timeout: Duration,
    ) -> Result<Receipt, Error> {
        let submit = self
            .contract
            .submit(function::TOKENS_TRANSFER)
            .json_arg(request);
        submit.commit_timeout(commit_timeout).await
    }

    /// What an account has.
    ///
    /// # Errors
    /// What the SDK says.
    pub async fn balance(
        &self,
        token: &TokenId,
        account: &AccountId,
    ) -> Result<BalanceReply, Error> {
        let request = ReadBalance {
            token: token.clone(),
            account: account.clone(),
        };
        self.read(function::TOKENS_BALANCE, &request).await
    }

    /// An account's first notes.
    ///
    /// # Errors
    /// What the SDK says.
    pub async fn notes(&self, token: &TokenId, account: &AccountId) -> Result<NotesReply, Error> {
        let (token, account) = (token.clone(), account.clone());
        let request = ReadNotes {
            token,
            account,
            page_size: None,
            bookmark: None,
        };
        self.read(function::TOKENS_NOTES, &request).await
    }

    /// What circulates.
    ///
    /// # Errors
    /// What the SDK says.
    pub async fn supply(&self, token: &TokenId) -> Result<SupplyReply, Error> {
        self.read(
            function::TOKENS_SUPPLY,
            &ReadSupply {
                token: token.clone(),
            },
        )
        .await
    }

    async fn read<T: DeserializeOwned + 'static>(
        &self,
        function: &str,
        request: &impl Serialize,
    ) -> Result<T, Error> {
        self.contract
            .evaluate(function)
            .json_arg(request)
            .json()
            .await
    }
}

/// The channel as a user of organisation `number` sees it, through that organisation's peer.
///
/// # Panics
/// Where the network has no such organisation or user.
#[must_use]
pub fn network_as(state: &State, number: usize, user: &str) -> Network {
    network(state, number, signing_identity(state, number, user).into())
}

/// The channel through the peer of organisation `number`, for any identity.
///
/// # Panics
/// Where the network has no such organisation.
#[must_use]
pub fn network(state: &State, number: usize, identity: Identity) -> Network {
    let peer = &state.peers[number - 1];
    let tls_ca = std::fs::read(&peer.tls_ca).expect("the TLS authority can be read");
    let endpoint = Endpoint::tls(format!("https://{}", peer.address), tls_ca).expect("an endpoint");
    let gateway = Gateway::builder(identity)
        .endpoint(endpoint)
        .connect_lazy()
        .expect("a gateway");
    gateway.network(&state.channel)
}

/// A request that pays `amount` from named notes.
#[must_use]
pub fn transfer(
    token: &TokenId,
    from: &AccountId,
    to: &AccountId,
    amount: u128,
    note: &NoteId,
) -> Transfer {
    Transfer {
        request_id: request_id(),
        token: token.clone(),
        from: from.clone(),
        to: to.clone(),
        amount: Amount::new(amount),
        notes: Some(vec![note.clone()]),
        memo: None,
        expires_at: None,
    }
}

/// A request id that nobody has used.
///
/// # Panics
/// Where the system has no randomness.
#[must_use]
pub fn request_id() -> RequestId {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).expect("the system has randomness");
    hex::encode(random)
        .parse()
        .expect("hex digits are a request id")
}

/// A name that no other test of this process has.
#[must_use]
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A user's certificate and key.
///
/// # Panics
/// Where the network has no such organisation or user.
#[must_use]
pub fn signing_identity(state: &State, number: usize, user: &str) -> SigningIdentity {
    let folder = OrganizationLayout::peer(&state.organizations, number)
        .user(user)
        .join("msp");
    let msp_id = &state.peers[number - 1].msp_id;
    SigningIdentity::from_msp_dir(folder, msp_id).expect("the user has an MSP folder")
}

fn retry() -> Retry {
    Retry::on_conflict(CONFLICT_RETRIES)
}

#[track_caller]
fn succeeded<T: DeserializeOwned>(what: &str, outcome: Result<Receipt, Error>) -> T {
    let receipt = outcome.unwrap_or_else(|error| panic!("cannot {what}: {error}"));
    receipt
        .json()
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}
