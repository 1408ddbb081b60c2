//! The asset chaincode through the SDK: who acts, on which network, and the calls.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use asset_types::{Controller, RequestId, function};
use clap::Args;
use fabric_gateway_sdk::admin::{ChannelAdmin, PeerAdmin};
use fabric_gateway_sdk::{Contract, Endpoint, Gateway, Identity, Network, Retry};
use fabric_msp::SigningIdentity;
use fabric_msp::layout::{ADMIN, OrganizationLayout};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::place::{Kind, Peer, Place, State};

/// A debit that scans for notes conflicts when credits arrive meanwhile; a few more tries settle it.
const CONFLICT_RETRIES: u32 = 5;

/// Who acts on which network, as the commands take it.
#[derive(Args, Debug, Clone)]
pub(crate) struct Session {
    #[command(flatten)]
    place: Place,
    /// Channel; the network's first where none is given.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Number of the organisation whose peer is used and whose user acts; the first of the
    /// channel's members where none is given.
    #[arg(long, value_name = "N")]
    org: Option<usize>,
    /// User of the organisation who acts.
    #[arg(long, default_value = "User1")]
    user: String,
    /// Name of the asset chaincode on the channel.
    #[arg(long, default_value = "assets")]
    chaincode: String,
}

/// A channel, and the organisation that acts on it.
struct Seat<'s> {
    channel: &'s str,
    /// Its number, from 1.
    organization: usize,
    peer: &'s Peer,
}

impl Session {
    /// The first user of the first organisation of the first channel.
    pub(crate) fn at(place: Place) -> Self {
        Self {
            place,
            channel: None,
            org: None,
            user: "User1".to_owned(),
            chaincode: "assets".to_owned(),
        }
    }

    /// A user of an organisation on a channel; the first of either where none is named.
    pub(crate) fn of(
        place: Place,
        channel: Option<String>,
        org: Option<usize>,
        user: &str,
    ) -> Self {
        Self {
            channel,
            org,
            ..Self::at(place).acting_as(user)
        }
    }

    /// The same session as another user of the organisation.
    pub(crate) fn acting_as(&self, user: &str) -> Self {
        Self {
            user: user.to_owned(),
            ..self.clone()
        }
    }

    /// The same session as an administrator of the organisation, who may open accounts.
    pub(crate) fn registrar(&self) -> Self {
        self.acting_as(ADMIN)
    }

    /// Name of the asset chaincode.
    pub(crate) fn chaincode(&self) -> &str {
        &self.chaincode
    }

    /// How many blocks the peer has.
    pub(crate) async fn height(&self) -> anyhow::Result<u64> {
        Ok(self.network()?.height().await?)
    }

    /// The channel, seen by this session's user.
    pub(crate) fn network(&self) -> anyhow::Result<Network> {
        let state = self.place.state()?;
        let seat = self.seat(&state)?;
        let (identity, endpoint) = self.connection(&state, &seat)?;
        let gateway = Gateway::builder(identity)
            .endpoint(endpoint)
            .connect_lazy()?;
        Ok(gateway.network(seat.channel))
    }

    /// The channel's ledger, as the peer's system chaincodes tell it to this session's user.
    pub(crate) fn channel_admin(&self) -> anyhow::Result<ChannelAdmin> {
        let state = self.place.state()?;
        let seat = self.seat(&state)?;
        let (identity, endpoint) = self.connection(&state, &seat)?;
        Ok(PeerAdmin::connect_lazy(identity, endpoint)?.channel(seat.channel))
    }

    /// The network's channels but for this session's.
    pub(crate) fn other_channels(&self) -> anyhow::Result<Vec<String>> {
        let state = self.place.state()?;
        let own = self.seat(&state)?.channel;
        let others = state.channels.iter().map(|channel| &channel.name);
        Ok(others.filter(|name| *name != own).cloned().collect())
    }

    /// The ledger calls of a transaction, where the network remembers any.
    pub(crate) async fn calls_of(&self, transaction_id: &str) -> anyhow::Result<Option<Value>> {
        if self.place.kind()? != Kind::Embedded {
            return Ok(None);
        }
        let path = format!("/traces/{transaction_id}");
        self.place.admin("GET", &path, None).await.map(Some)
    }

    /// Where this session acts: its channel, and a member of it.
    fn seat<'s>(&'s self, state: &'s State) -> anyhow::Result<Seat<'s>> {
        let channel = state.channel_or_first(self.channel.as_deref())?;
        let organization = match self.org {
            Some(organization) => organization,
            None => state.first_member(channel)?,
        };
        let peer = state.first_peer(organization)?;
        if !state.members(channel)(&peer.msp_id) {
            bail!(
                "{} is no member of channel {channel}; leave --org away, or give the number of a member",
                peer.msp_id
            );
        }
        Ok(Seat {
            channel,
            organization,
            peer,
        })
    }

    fn connection(&self, state: &State, seat: &Seat) -> anyhow::Result<(Identity, Endpoint)> {
        let peer = seat.peer;
        let tls_ca = std::fs::read(&peer.tls_ca)
            .with_context(|| format!("cannot read {}", peer.tls_ca.display()))?;
        let identity = Identity::from_msp_dir(self.msp_dir(state, seat), peer.msp_id.clone())?;
        let endpoint = Endpoint::tls(format!("https://{}", peer.address), tls_ca)?;
        Ok((identity, endpoint))
    }

    /// The asset chaincode, called by this session's user.
    pub(crate) fn ledger(&self) -> anyhow::Result<Ledger> {
        Ok(Ledger {
            contract: self.network()?.contract(&self.chaincode),
        })
    }

    /// The key of this session's user, as accounts name their controllers.
    pub(crate) fn own_controller(&self) -> anyhow::Result<Controller> {
        let state = self.place.state()?;
        let seat = self.seat(&state)?;
        let peer = seat.peer;
        let identity = SigningIdentity::from_msp_dir(self.msp_dir(&state, &seat), &peer.msp_id)?;
        let key_hash = hex::encode(Sha256::digest(identity.public_key_der()));
        Ok(Controller {
            msp_id: peer.msp_id.parse().map_err(|error| anyhow!("{error}"))?,
            key_hash: key_hash.parse().map_err(|error| anyhow!("{error}"))?,
        })
    }

    fn msp_dir(&self, state: &State, seat: &Seat) -> PathBuf {
        OrganizationLayout::peer(&state.organizations, seat.organization)
            .user(&self.user)
            .join("msp")
    }
}

/// The asset chaincode. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ledger {
    contract: Contract,
}

/// A committed operation and what the contract answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done<T> {
    pub(crate) transaction_id: String,
    pub(crate) block: u64,
    pub(crate) reply: T,
}

impl Ledger {
    /// Runs an operation to its commit.
    pub(crate) async fn submit<R: DeserializeOwned>(
        &self,
        function: &str,
        request: &impl Serialize,
    ) -> anyhow::Result<Done<R>> {
        let call = self.contract.submit(function).json_arg(request);
        let receipt = call.retry(Retry::on_conflict(CONFLICT_RETRIES)).await?;
        Ok(Done {
            transaction_id: receipt.transaction_id.to_string(),
            block: receipt.block_number,
            reply: receipt.json()?,
        })
    }

    /// Reads.
    pub(crate) async fn evaluate<R: DeserializeOwned + 'static>(
        &self,
        function: &str,
        request: &impl Serialize,
    ) -> anyhow::Result<R> {
        Ok(self
            .contract
            .evaluate(function)
            .json_arg(request)
            .json::<R>()
            .await?)
    }

    /// Pays.
    pub(crate) async fn transfer(
        &self,
        request: &asset_types::Transfer,
    ) -> anyhow::Result<Done<asset_types::TransferReply>> {
        self.submit(function::TOKENS_TRANSFER, request).await
    }
}

/// A request id that nobody has used: 128 random bits.
pub(crate) fn request_id() -> anyhow::Result<RequestId> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow!("no randomness from the system"))?;
    hex::encode(random)
        .parse()
        .map_err(|error| anyhow!("{error}"))
}
