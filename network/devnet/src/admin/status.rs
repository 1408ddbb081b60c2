//! `/status`: addresses, heights and chaincodes of the network.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::Serialize;

use super::{Admin, Failure, internal};
use crate::{StateFile, channel::Channel, storage::StorageError};

/// Answer of `/status`.
#[derive(Serialize)]
pub(super) struct StatusReport {
    #[serde(flatten)]
    state: StateFile,
    /// Number of blocks of the first channel.
    height: u64,
    /// Number of blocks of each channel, and of each peer that has joined it.
    heights: BTreeMap<String, HeightReport>,
    chaincodes: Vec<ChaincodeReport>,
}

#[derive(Serialize)]
struct HeightReport {
    chain: u64,
    peers: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct ChaincodeReport {
    channel: String,
    name: String,
    /// Where the first peer that runs it finds it; none where no peer does.
    address: Option<String>,
    sequence: i64,
    version: String,
}

pub(super) async fn status(State(admin): State<Admin>) -> Result<Json<StatusReport>, Failure> {
    let channels = &admin.control.channels;
    let mut chaincodes = Vec::new();
    for channel in channels {
        chaincodes.extend(admin.chaincodes(channel).map_err(internal)?);
    }
    let state = StateFile::clone(&admin.control.state);
    Ok(Json(StatusReport {
        state,
        height: channels.first().map_or(0, |first| first.chain().height()),
        heights: admin.heights(),
        chaincodes,
    }))
}

impl Admin {
    /// How far each channel is, and each peer in it.
    fn heights(&self) -> BTreeMap<String, HeightReport> {
        let channels = self.control.channels.iter();
        let mut heights: BTreeMap<_, _> = channels
            .map(|channel| {
                let report = HeightReport {
                    chain: channel.chain().height(),
                    peers: BTreeMap::new(),
                };
                (channel.name().to_owned(), report)
            })
            .collect();
        for peer in &self.control.peers {
            for ledger in peer.ledgers().iter() {
                if let Some(report) = heights.get_mut(ledger.channel().name()) {
                    report.peers.insert(peer.name().to_owned(), ledger.height());
                }
            }
        }
        heights
    }

    fn chaincodes(&self, channel: &Channel) -> Result<Vec<ChaincodeReport>, StorageError> {
        let view = channel.chain().view();
        let definitions = channel.definitions(&view)?.into_iter();
        let reports = definitions.map(|definition| {
            let mut peers = self.deployer.peers.iter();
            let package = peers.find_map(|peer| {
                let chaincodes = peer.chaincodes();
                chaincodes.package(&view, channel.name(), &definition).ok()
            });
            ChaincodeReport {
                channel: channel.name().to_owned(),
                name: definition.name.clone(),
                address: package.map(|package| package.connection.address.clone()),
                sequence: definition.sequence,
                version: definition.version.clone(),
            }
        });
        Ok(reports.collect())
    }
}
