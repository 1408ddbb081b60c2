//! Snapshots: named states of all channels that the network can be taken back to.
//!
//! A snapshot is a savepoint in each channel's file. Which belong together stands in a file of its
//! own, with a note while a revert is under way: a network that dies in the middle of it finishes
//! it at the next start.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{DevnetError, channel::Channel, control::Control, orderer::errand::Errand};

/// Name of the file in the network's folder.
const FILE_NAME: &str = "snapshots.json";

/// Snapshots at once. Each keeps every page of the ledger that changed since.
const SNAPSHOTS_MAX: usize = 100;

/// Characters of a name, which is typed and printed.
const NAME_LENGTH_MAX: usize = 64;

/// A state that the network can be taken back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name of the snapshot.
    pub name: String,
    /// Number of blocks of each channel.
    pub heights: BTreeMap<String, u64>,
}

/// A snapshot with the savepoint of each channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    snapshot: Snapshot,
    savepoints: BTreeMap<String, u64>,
}

/// Contents of the file. The snapshots stand in the order in which they were made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    snapshots: Vec<Record>,
    /// The snapshot that the network is being taken back to.
    #[serde(default)]
    reverting: Option<String>,
}

/// The snapshots of a network.
#[derive(Debug)]
pub(crate) struct Snapshots {
    /// None where the network keeps nothing on disk.
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

impl Snapshots {
    /// The snapshots of a network that keeps nothing.
    pub(crate) fn in_memory() -> Self {
        Self {
            file: None,
            known: Mutex::default(),
        }
    }

    /// Reads the snapshots of a folder, finishes what was under way, and drops whatever belongs to
    /// no snapshot. Nothing may be served yet. Blocks the thread.
    pub(crate) fn open(dir: &Path, channels: &[Arc<Channel>]) -> Result<Self, DevnetError> {
        let file = dir.join(FILE_NAME);
        let mut known = read(&file)?;
        if let Some(name) = known.reverting.take() {
            let record = known.find(&name)?.clone();
            for channel in channels {
                if let Some(savepoint) = record.savepoints.get(channel.name()) {
                    channel.revert(*savepoint).map_err(storage)?;
                }
            }
            known.forget_after(&name);
            write(&file, &known)?;
        }
        known.drop_strays(channels)?;
        Ok(Self {
            file: Some(file),
            known: Mutex::new(known),
        })
    }

    fn write(&self, known: &Known) -> Result<(), DevnetError> {
        match &self.file {
            Some(file) => write(file, known),
            None => Ok(()),
        }
    }
}

impl Known {
    fn find(&self, name: &str) -> Result<&Record, DevnetError> {
        let mut records = self.snapshots.iter();
        records
            .find(|record| record.snapshot.name == name)
            .ok_or_else(|| {
                DevnetError::Refused(format!(
                    "there is no snapshot `{name}`; `selvedge network snapshot --list` names those there are"
                ))
            })
    }

    /// Reverting forgets what was made later: it stands for states that are no more.
    fn forget_after(&mut self, name: &str) {
        let position = self
            .snapshots
            .iter()
            .position(|record| record.snapshot.name == name);
        self.snapshots.truncate(position.map_or(0, |last| last + 1));
    }

    /// Brings savepoints and records in line, after a death between the two.
    fn drop_strays(&mut self, channels: &[Arc<Channel>]) -> Result<(), DevnetError> {
        let mut there = BTreeSet::new();
        for channel in channels {
            let name = channel.name();
            for savepoint in channel.chain().savepoints().map_err(storage)? {
                let mut records = self.snapshots.iter();
                if records.any(|record| record.savepoints.get(name) == Some(&savepoint)) {
                    there.insert((name.to_owned(), savepoint));
                } else {
                    channel.chain().forget(savepoint).map_err(storage)?;
                }
            }
        }
        self.snapshots.retain(|record| {
            let mut savepoints = record.savepoints.iter();
            savepoints.all(|(name, savepoint)| there.contains(&(name.clone(), *savepoint)))
        });
        Ok(())
    }
}

impl Control {
    /// Keeps the present state of all channels under a name, or under a number where none is given.
    pub(crate) async fn snapshot(&self, name: Option<String>) -> Result<Snapshot, DevnetError> {
        let mut known = self.snapshots.known.lock().await;
        let name = name.unwrap_or_else(|| free_number(&known));
        check_name(&name, &known)?;
        let mut record = Record {
            snapshot: Snapshot {
                name,
                heights: BTreeMap::new(),
            },
            savepoints: BTreeMap::new(),
        };
        for channel in &self.channels {
            let name = channel.name().to_owned();
            let saved = self.orderer.ask(&name, |reply| Errand::Save { reply });
            let (savepoint, height) = saved.await?.map_err(storage)?;
            record.savepoints.insert(name.clone(), savepoint);
            record.snapshot.heights.insert(name, height);
        }
        let snapshot = record.snapshot.clone();
        known.snapshots.push(record);
        self.snapshots.write(&known)?;
        Ok(snapshot)
    }

    /// Takes all channels back to a snapshot, which stays. Later snapshots are forgotten, waiting
    /// transactions dropped, streams ended.
    pub(crate) async fn revert(&self, name: &str) -> Result<Snapshot, DevnetError> {
        let mut known = self.snapshots.known.lock().await;
        let record = known.find(name)?.clone();
        known.reverting = Some(name.to_owned());
        self.snapshots.write(&known)?;
        for (channel, savepoint) in &record.savepoints {
            let savepoint = *savepoint;
            let errand = |reply| Errand::Revert { savepoint, reply };
            let reverted = self.orderer.ask(channel, errand).await?;
            reverted.map_err(storage)?;
        }
        known.reverting = None;
        known.forget_after(name);
        self.snapshots.write(&known)?;
        Ok(record.snapshot)
    }

    /// All snapshots, the oldest first.
    pub(crate) async fn snapshots(&self) -> Vec<Snapshot> {
        let known = self.snapshots.known.lock().await;
        let records = known.snapshots.iter();
        records.map(|record| record.snapshot.clone()).collect()
    }

    /// Forgets a snapshot.
    pub(crate) async fn forget_snapshot(&self, name: &str) -> Result<(), DevnetError> {
        let mut known = self.snapshots.known.lock().await;
        let record = known.find(name)?.clone();
        known.snapshots.retain(|other| other.snapshot.name != name);
        // First, so that a death in between leaves savepoints that the next start drops.
        self.snapshots.write(&known)?;
        for (channel, savepoint) in record.savepoints {
            let errand = |reply| Errand::Forget { savepoint, reply };
            let forgotten = self.orderer.ask(&channel, errand).await?;
            forgotten.map_err(storage)?;
        }
        Ok(())
    }
}

fn free_number(known: &Known) -> String {
    let is_free = |number: &String| known.find(number).is_err();
    let mut numbers = (1..).map(|number: usize| number.to_string());
    numbers.find(is_free).unwrap_or_default()
}

fn check_name(name: &str, known: &Known) -> Result<(), DevnetError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let reason = if name.is_empty() || name.len() > NAME_LENGTH_MAX || !name.chars().all(is_plain) {
        format!(
            "`{name}` is no name for a snapshot; use letters, digits, dots and dashes, at most {NAME_LENGTH_MAX}"
        )
    } else if known.find(name).is_ok() {
        format!("there is a snapshot `{name}` already; choose another name, or forget that one")
    } else if known.snapshots.len() >= SNAPSHOTS_MAX {
        format!("there are {SNAPSHOTS_MAX} snapshots already; forget one")
    } else {
        return Ok(());
    };
    Err(DevnetError::Refused(reason))
}

fn read(file: &Path) -> Result<Known, DevnetError> {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Known::default()),
        Err(source) => {
            return Err(DevnetError::File {
                path: file.to_owned(),
                source,
            });
        }
    };
    serde_json::from_slice(&text).map_err(|source| DevnetError::StateFile {
        path: file.to_owned(),
        source,
    })
}

/// Replaces the file in one step, and makes sure of it.
fn write(file: &Path, known: &Known) -> Result<(), DevnetError> {
    let text = serde_json::to_vec_pretty(known).map_err(|source| DevnetError::StateFile {
        path: file.to_owned(),
        source,
    })?;
    let draft = file.with_extension("json.new");
    let written = std::fs::write(&draft, text)
        .and_then(|()| std::fs::File::open(&draft)?.sync_all())
        .and_then(|()| std::fs::rename(&draft, file));
    written.map_err(|source| DevnetError::File {
        path: file.to_owned(),
        source,
    })
}

fn storage(error: crate::storage::StorageError) -> DevnetError {
    DevnetError::Storage(error.into())
}
