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
    address: String,
    /// None where an address was set and the definition never committed.
    sequence: Option<i64>,
    version: Option<String>,
}

pub(super) async fn status(State(admin): State<Admin>) -> Result<Json<StatusReport>, Failure> {
    let channels = &admin.deployer.channels;
    let mut chaincodes = Vec::new();
    for channel in channels {
        chaincodes.extend(report_chaincodes(channel).map_err(internal)?);
    }
    let state = StateFile::clone(&admin.state);
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
        let channels = self.deployer.channels.iter();
        let mut heights: BTreeMap<_, _> = channels
            .map(|channel| {
                let report = HeightReport {
                    chain: channel.chain().height(),
                    peers: BTreeMap::new(),
                };
                (channel.name().to_owned(), report)
            })
            .collect();
        for peer in &self.deployer.peers {
            for ledger in peer.ledgers().iter() {
                if let Some(report) = heights.get_mut(ledger.channel().name()) {
                    report.peers.insert(peer.name().to_owned(), ledger.height());
                }
            }
        }
        heights
    }
}

fn report_chaincodes(channel: &Channel) -> Result<Vec<ChaincodeReport>, StorageError> {
    let view = channel.chain().view();
    let mut reports = Vec::new();
    for (name, address) in view.services()? {
        let definition = channel.definition(&view, &name)?;
        reports.push(ChaincodeReport {
            channel: channel.name().to_owned(),
            sequence: definition.as_ref().map(|definition| definition.sequence),
            version: definition
                .as_ref()
                .map(|definition| definition.version.clone()),
            name,
            address,
        });
    }
    Ok(reports)
}
