//! Chains in memory that can end, wait, break and be tampered with.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use asset_mirror::{BlockSource, SourceError};
use bytes::Bytes;
use fabric_protos::common::Block;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use prost::Message as _;
use serde_json::Value;

/// What follows the last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The stream ends.
    Ends,
    /// Nothing, as on a quiet channel.
    Waits,
}

/// Recorded blocks.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    pub(crate) blocks: Vec<Bytes>,
    end: End,
    /// Breaks after so many blocks of a stream, so many times.
    breaks: Option<(usize, Arc<AtomicUsize>)>,
}

impl Recording {
    pub(crate) fn of(blocks: Vec<Bytes>) -> Self {
        Self {
            blocks,
            end: End::Ends,
            breaks: None,
        }
    }

    pub(crate) fn waiting(mut self) -> Self {
        self.end = End::Waits;
        self
    }

    pub(crate) fn breaking(mut self, after_blocks: usize, times: usize) -> Self {
        self.breaks = Some((after_blocks, Arc::new(AtomicUsize::new(times))));
        self
    }

    /// Only the first `count` blocks.
    pub(crate) fn cut(mut self, count: usize) -> Self {
        self.blocks.truncate(count);
        self
    }

    /// Changes block `number`.
    pub(crate) fn tampered(mut self, number: usize, change: impl FnOnce(&mut Block)) -> Self {
        let mut block = Block::decode(self.blocks[number].clone()).unwrap();
        change(&mut block);
        self.blocks[number] = block.encode_to_vec().into();
        self
    }

    pub(crate) fn last(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }
}

impl BlockSource for Recording {
    fn blocks(&self, first: u64) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let first = usize::try_from(first).unwrap();
        let blocks: Vec<_> = self.blocks.iter().skip(first).cloned().map(Ok).collect();
        if let Some((after_blocks, times)) = &self.breaks {
            let left = times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
            if left.is_ok() {
                let broken = Err(SourceError::transient("the peer went away"));
                let before = blocks.into_iter().take(*after_blocks).chain([broken]);
                return stream::iter(before.collect::<Vec<_>>()).boxed();
            }
        }
        match self.end {
            End::Ends => stream::iter(blocks).boxed(),
            End::Waits => stream::iter(blocks).chain(stream::pending()).boxed(),
        }
    }
}

/// A chain recorded from real Fabric, with what its peers said.
pub(crate) struct Fixture {
    pub(crate) recording: Recording,
    /// By block number; block 0 has none.
    pub(crate) commit_hashes: Vec<Option<String>>,
}

pub(crate) fn fabric_3_1() -> Fixture {
    let folder = folder("fabric-3.1");
    let hashes = json(&folder);
    let hash = |block: &Value| {
        block["commitHash"]
            .as_str()
            .filter(|hash| *hash != "(none)")
            .map(str::to_owned)
    };
    Fixture {
        recording: recording(&folder, "pb"),
        commit_hashes: hashes.as_array().unwrap().iter().map(hash).collect(),
    }
}

pub(crate) fn fabric_2_5() -> Fixture {
    let folder = folder("fabric-2.5");
    let hashes = json(&folder);
    let recording = recording(&folder, "block");
    let hash = |number: usize| hashes[number.to_string()].as_str().map(str::to_owned);
    Fixture {
        commit_hashes: (0..recording.blocks.len()).map(hash).collect(),
        recording,
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

fn json(folder: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(folder.join("commit_hashes.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn recording(folder: &std::path::Path, extension: &str) -> Recording {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    assert!(files.len() > 30, "{} has its blocks", folder.display());
    Recording::of(
        files
            .iter()
            .map(|file| std::fs::read(file).unwrap().into())
            .collect(),
    )
}
