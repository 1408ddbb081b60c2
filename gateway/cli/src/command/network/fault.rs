//! `selvedge network fault`: makes something go wrong on purpose.

use clap::{Args, Subcommand};
use fabric_devnet::{Delivery, Fault as Wrong};
use serde_json::Value;

use crate::output::Output;
use crate::place::Place;

#[derive(Args)]
pub(crate) struct Fault {
    #[command(subcommand)]
    kind: Kind,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Kind {
    /// Keep a peer at its present height: it answers as if no further block had come.
    Hold(PeerOnChannel),
    /// Keep a peer some blocks behind the chain, as soon as the chain has grown by as many.
    Lag {
        #[command(flatten)]
        on: PeerOnChannel,
        /// The distance.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=100))]
        blocks: u16,
    },
    /// Let a peer that is held or lags catch up.
    Release(PeerOnChannel),
    /// Lose a block, deliver it twice or late, on streams of blocks and events.
    Deliver {
        /// Number of the block; it need not be there yet.
        #[arg(long)]
        block: u64,
        #[command(flatten)]
        how: How,
        /// Host name of the peer whose streams do so, or `orderer`; all nodes where none is given.
        #[arg(long)]
        node: Option<String>,
        /// Channel; the first one where none is given.
        #[arg(long)]
        channel: Option<String>,
    },
    /// Have the peers of an organisation refuse to endorse; they still answer queries.
    Refuse {
        /// The organisation, such as Org2MSP.
        msp_id: String,
    },
    /// Break the streams to a chaincode, as if it had died; the next call connects again.
    BreakChaincode {
        /// Name of the chaincode.
        chaincode: String,
        /// Host name of the peer whose streams break; all peers where none is given.
        #[arg(long)]
        peer: Option<String>,
    },
    /// Make the network's clock fast, or slow by a negative number; by 50 years at most.
    ClockSkew {
        /// By how many milliseconds.
        #[arg(allow_negative_numbers = true, value_name = "MILLISECONDS")]
        skew_ms: i64,
    },
    /// Let everything go right again.
    Clear,
    /// Print what goes wrong at present.
    List,
}

#[derive(Args)]
struct PeerOnChannel {
    /// Host name of the peer, such as peer0.org1.example.com.
    peer: String,
    /// Channel; the first one where none is given.
    #[arg(long)]
    channel: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct How {
    /// Do not deliver it.
    #[arg(long)]
    drop: bool,
    /// Deliver it twice.
    #[arg(long)]
    duplicate: bool,
    /// Deliver it, and what follows it, so much later; an hour at most.
    #[arg(long, value_name = "MILLISECONDS")]
    delay_ms: Option<u64>,
}

impl How {
    fn delivery(&self) -> Delivery {
        match (self.drop, self.delay_ms) {
            (true, _) => Delivery::Drop,
            (false, Some(delay_ms)) => Delivery::DelayMs(delay_ms),
            (false, None) => Delivery::Duplicate,
        }
    }
}

impl Fault {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<()> {
        let place = &self.place;
        let in_force = match self.kind.wrong(place)? {
            None => place.admin("GET", "/faults", None).await?,
            Some(wrong) => {
                let request = serde_json::to_value(wrong)?;
                place.admin("POST", "/faults", Some(&request)).await?
            }
        };
        print(in_force, output)
    }
}

impl Kind {
    /// What to ask for; none where it is only to be told what is in force.
    fn wrong(self, place: &Place) -> anyhow::Result<Option<Wrong>> {
        let channel_or_first = |channel: Option<String>| match channel {
            Some(channel) => Ok(channel),
            None => place.state().map(|state| state.channel),
        };
        Ok(Some(match self {
            Self::Hold(PeerOnChannel { peer, channel }) => Wrong::Hold {
                peer,
                channel: channel_or_first(channel)?,
            },
            Self::Lag { on, blocks } => Wrong::Lag {
                peer: on.peer,
                channel: channel_or_first(on.channel)?,
                blocks: usize::from(blocks),
            },
            Self::Release(PeerOnChannel { peer, channel }) => Wrong::Release {
                peer,
                channel: channel_or_first(channel)?,
            },
            Self::Deliver {
                block,
                how,
                node,
                channel,
            } => Wrong::Deliver {
                node,
                channel: channel_or_first(channel)?,
                block,
                how: how.delivery(),
            },
            Self::Refuse { msp_id } => Wrong::Refuse { msp_id },
            Self::BreakChaincode { chaincode, peer } => Wrong::BreakChaincode { chaincode, peer },
            Self::ClockSkew { skew_ms } => Wrong::ClockSkew { skew_ms },
            Self::Clear => Wrong::Clear,
            Self::List => return Ok(None),
        }))
    }
}

fn print(in_force: Value, output: &Output) -> anyhow::Result<()> {
    let faults: Vec<Wrong> = serde_json::from_value(in_force)?;
    output.result(&faults, |faults| match faults.as_slice() {
        [] => "nothing goes wrong on purpose".to_owned(),
        some => some.iter().map(describe).collect::<Vec<_>>().join("\n"),
    })
}

fn describe(fault: &Wrong) -> String {
    match fault {
        Wrong::Hold { peer, channel } => format!("{peer} is held on {channel}"),
        Wrong::Lag {
            peer,
            channel,
            blocks,
        } => format!("{peer} stays {blocks} block(s) behind on {channel}"),
        Wrong::Release { peer, channel } => format!("{peer} follows {channel}"),
        Wrong::Deliver {
            node,
            channel,
            block,
            how,
        } => {
            let node = node.as_deref().unwrap_or("every node");
            let how = match how {
                Delivery::Drop => "does not deliver".to_owned(),
                Delivery::Duplicate => "delivers twice".to_owned(),
                Delivery::DelayMs(delay_ms) => format!("delivers {delay_ms} ms late"),
            };
            format!("{node} {how} block {block} of {channel}")
        }
        Wrong::Refuse { msp_id } => format!("{msp_id} refuses to endorse"),
        Wrong::BreakChaincode { chaincode, .. } => format!("streams to {chaincode} break"),
        Wrong::ClockSkew { skew_ms } => {
            let how = if *skew_ms < 0 { "slow" } else { "fast" };
            format!("the clock is {} ms {how}", skew_ms.unsigned_abs())
        }
        Wrong::Clear => "nothing".to_owned(),
    }
}
