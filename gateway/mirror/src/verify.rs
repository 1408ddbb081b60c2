//! Proves a mirror: every row and every column of every table, from the roots of trust. Reads only,
//! from one snapshot of the database, in memory that does not grow with the chain (but for the
//! definitions of chaincodes and, against a peer, the metadata of the keys that have some).
//!
//! From the tables alone:
//! - `block`: each header hash is computed again, each previous hash is the header hash before, each
//!   commit hash is computed again from the codes in `transaction` and the rows of `write`, as a peer
//!   does, from block 0 to the checkpoint.
//! - `transaction`, `write`, `event`: what the commit hash does not cover (ids, times, events,
//!   metadata) has the seal that the mirror took of each block as it proved it. `write.expires_in`
//!   follows from the definitions of the collections.
//! - `state` is the last write of each key; `token`, `account` and `note` are the asset contract's
//!   records in it; `balance` is the sum of the notes, which is the cap; `transfer` is what the events
//!   announce; `checkpoint` is the last block, `channel` the first.
//!
//! A database that somebody rewrote as a whole, with all its hashes and seals, is consistent: it is
//! found out by [`Verifier::against`], which holds every row against the peer's blocks.

mod chain;
mod finding;
mod peer;
mod progress;
mod read;
mod record;
mod state;

use asset_store::{Block, Channel, NOTES, RecordedCheckpoint, Snapshot, Store, TOKENS, TRANSFERS};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::{BlockSource, MirrorError};
use chain::{BlockRows, ChainVerification};
use finding::Findings;
use peer::PeerChain;
use progress::Teller;
use read::{Chunk, cut};
use state::StateVerification;

pub use finding::{Difference, Finding, Proof};
pub use progress::{Stage, VerifyProgress};

/// Enough to see which sums are wrong.
const SUMS_MAX: u32 = 20;

/// The outcome of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Blocks verified.
    pub blocks: u64,
    /// Transactions verified.
    pub transactions: u64,
    /// Rows read.
    pub rows: u64,
    /// Tokens whose notes add up to the cap.
    pub tokens: u64,
    /// The last block as the rows have it: its number, commit hash and seal.
    pub last: Option<Block>,
    /// Whether every row was held against a peer's blocks too.
    pub is_against_peer: bool,
    /// How many things are wrong; 0 for a good mirror.
    pub finding_count: usize,
    /// The first of them, of each table.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.finding_count == 0
    }
}

/// Verifies a schema from its tables alone.
///
/// # Errors
/// As [`Verifier::run`].
pub async fn verify(store: &Store) -> Result<Verification, MirrorError> {
    Verifier::new(store).run().await
}

/// A verification of one schema.
pub struct Verifier<'v> {
    store: &'v Store,
    source: Option<&'v dyn BlockSource>,
    progress: watch::Sender<VerifyProgress>,
}

impl<'v> Verifier<'v> {
    /// Verifies a schema; a mirror may go on writing to it.
    #[must_use]
    pub fn new(store: &'v Store) -> Self {
        Self {
            store,
            source: None,
            progress: watch::Sender::default(),
        }
    }

    /// Holds every row against the blocks of `source` too.
    #[must_use]
    pub fn against(mut self, source: &'v dyn BlockSource) -> Self {
        self.source = Some(source);
        self
    }

    /// How far it is, as it changes.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<VerifyProgress> {
        self.progress.subscribe()
    }

    /// Verifies.
    ///
    /// # Errors
    /// The database's own, and the source's: what is wrong with rows is a finding.
    pub async fn run(self) -> Result<Verification, MirrorError> {
        self.store.check_version().await?;
        let run = Run {
            snapshot: self.store.snapshot().await?,
            teller: Teller::new(self.progress),
            findings: Findings::default(),
        };
        run.verify(self.source).await
    }
}

struct Run {
    snapshot: Snapshot,
    teller: Teller,
    findings: Findings,
}

impl Run {
    async fn verify(
        mut self,
        source: Option<&dyn BlockSource>,
    ) -> Result<Verification, MirrorError> {
        let mut reader = self.snapshot.reader().await?;
        let channels = reader.channels().await?;
        let checkpoints = reader.checkpoints().await?;
        let channel = channels.first();
        let height = checkpoints.first().and_then(|checkpoint| checkpoint.block);
        let total = height.map_or(0, |block| block.saturating_add(1));
        self.teller.tell(|progress| progress.blocks_total = total);

        let peer = source.map(PeerChain::new);
        let chain = self.chain(channel, height, peer).await?;
        self.ends(&chain, &channels, &checkpoints);

        self.teller.tell(|progress| progress.stage = Stage::State);
        let state = StateVerification {
            chaincode: channel.map_or("", |channel| channel.chaincode.as_str()),
            block: chain.last.as_ref().map(|block| block.number),
            teller: &self.teller,
        };
        state.run(&self.snapshot, &mut self.findings).await?;

        self.teller.tell(|progress| progress.stage = Stage::Sums);
        self.counts(&mut reader, chain.counts).await?;
        let tokens = self.sums(&mut reader).await?;
        let progress = self.teller.now();
        Ok(Verification {
            blocks: progress.blocks,
            transactions: progress.transactions,
            rows: progress.rows,
            tokens,
            last: chain.last,
            is_against_peer: source.is_some(),
            finding_count: self.findings.count(),
            findings: self.findings.into_kept(),
        })
    }
}

/// What the blocks were, in the end.
#[derive(Default)]
struct Chain {
    first: Option<Block>,
    last: Option<Block>,
    /// Rows of `transaction`, `write`, `event` and `transfer`.
    counts: [u64; 4],
    /// The name that the peer's block 0 has.
    name: Option<String>,
}

impl Run {
    /// Verifies block by block, while the next blocks are being read.
    async fn chain(
        &mut self,
        channel: Option<&Channel>,
        height: Option<u64>,
        mut peer: Option<PeerChain>,
    ) -> Result<Chain, MirrorError> {
        let (sender, mut chunks) = mpsc::channel(1);
        let mut reading = JoinSet::new();
        reading.spawn(read::read(self.snapshot.reader().await?, sender));
        let mut verification = ChainVerification::new(channel);
        let mut chain = Chain::default();
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk?;
            for rows in blocks(&chunk) {
                // A row beyond the checkpoint is found there: no peer is asked for it.
                let is_reached = height.is_some_and(|height| rows.block.number <= height);
                if let Some(peer) = peer.as_mut().filter(|_| is_reached) {
                    let definitions = verification.definitions();
                    peer.compare(rows, definitions, &mut self.findings).await?;
                }
                verification.block(rows, &mut self.findings);
            }
            self.count(&chunk, &mut chain);
        }
        chain.name = peer
            .as_ref()
            .and_then(PeerChain::channel)
            .map(str::to_owned);
        Ok(chain)
    }

    fn count(&self, chunk: &Chunk, chain: &mut Chain) {
        let counts = [
            chunk.transactions.len(),
            chunk.writes.len(),
            chunk.events.len(),
            chunk.transfers.len(),
        ]
        .map(|count| count as u64);
        for (sum, count) in chain.counts.iter_mut().zip(counts) {
            *sum += count;
        }
        chain.first = chain.first.take().or_else(|| chunk.blocks.first().cloned());
        chain.last = chunk.blocks.last().cloned().or(chain.last.take());
        let blocks = chunk.blocks.len() as u64;
        let findings = self.findings.count();
        self.teller.tell(|progress| {
            progress.blocks += blocks;
            progress.transactions += chunk.transactions.len() as u64;
            progress.rows += blocks + counts.iter().sum::<u64>();
            progress.findings = findings;
        });
    }

    /// The checkpoint is the last block, and the channel's genesis hash the first's.
    fn ends(&mut self, chain: &Chain, channels: &[Channel], checkpoints: &[RecordedCheckpoint]) {
        let findings = &mut self.findings;
        let last = chain.last.as_ref();
        match checkpoints.first() {
            None => findings.add("checkpoint", "", Difference::Missing, Proof::LastBlock),
            Some(found) => {
                let (row, by) = (|| ("checkpoint", ""), Proof::LastBlock);
                let number = last.map(|block| block.number);
                findings.compare(row(), "block", &number, &found.block, by);
                let hash = last.map(|block| block.header_hash.clone());
                findings.compare(row(), "header_hash", &hash, &found.header_hash, by);
                let hash = last.and_then(|block| block.commit_hash.clone());
                findings.compare(row(), "commit_hash", &hash, &found.commit_hash, by);
                let seal = last.map(|block| block.seal.clone());
                findings.compare(row(), "seal", &seal, &found.seal, by);
            }
        }
        let Some(first) = &chain.first else { return };
        match channels.first() {
            None => findings.add("channel", "", Difference::Missing, Proof::FirstBlock),
            Some(found) => {
                if let Some(name) = &chain.name {
                    let row = ("channel", found.name.clone());
                    findings.compare(row, "name", name, &found.name, Proof::Peer);
                }
                let row = ("channel", found.name.clone());
                let (expected, found) = (&first.header_hash, &found.genesis_hash);
                findings.compare(row, "genesis_hash", expected, found, Proof::FirstBlock);
            }
        }
    }

    /// No table has rows of blocks that are not there.
    async fn counts(
        &mut self,
        reader: &mut asset_store::Reader,
        seen: [u64; 4],
    ) -> Result<(), MirrorError> {
        if reader.fact_counts().await? == seen {
            return Ok(());
        }
        for (table, block, _) in reader.orphans(SUMS_MAX).await? {
            let table = ["transaction", "write", "event", TRANSFERS.name]
                .into_iter()
                .find(|name| *name == table);
            let key = format!("{block}/*");
            let table = table.unwrap_or("block");
            self.findings
                .add(table, key, Difference::Unexpected, Proof::Numbering);
        }
        Ok(())
    }

    /// Balances are the sums of notes, and caps too. Returns the number of tokens.
    async fn sums(&mut self, reader: &mut asset_store::Reader) -> Result<u64, MirrorError> {
        for row in reader.balance_differences(SUMS_MAX).await? {
            let key = || ("balance", format!("{}/{}", row.token, row.account));
            let (table, name) = key();
            match (&row.recorded, &row.summed) {
                (None, _) => self
                    .findings
                    .add(table, name, Difference::Missing, Proof::Notes),
                (_, None) => self
                    .findings
                    .add(table, name, Difference::Unexpected, Proof::Notes),
                (recorded, summed) => {
                    let by = Proof::Notes;
                    self.findings.compare(key(), "amount", summed, recorded, by);
                    let (counted, notes) = (&row.summed_notes, &row.recorded_notes);
                    self.findings.compare(key(), "notes", counted, notes, by);
                }
            }
        }
        for row in reader.supply_differences(SUMS_MAX).await? {
            let sum = format!(
                "{} circulating + {} unissued",
                row.circulating, row.unissued
            );
            let difference = Difference::column("cap", &sum, &row.cap);
            self.findings
                .add(TOKENS.name, row.token, difference, Proof::Notes);
        }
        let balances_and_notes = reader.record_count(&NOTES).await?;
        self.teller
            .tell(|progress| progress.rows += balances_and_notes);
        Ok(reader.record_count(&TOKENS).await?)
    }
}

/// The rows of a chunk, block by block.
fn blocks(chunk: &Chunk) -> impl Iterator<Item = BlockRows<'_>> {
    let (mut transactions, mut writes) = (&*chunk.transactions, &*chunk.writes);
    let (mut events, mut transfers) = (&*chunk.events, &*chunk.transfers);
    chunk.blocks.iter().map(move |block| {
        let number = block.number;
        let text = number.cast_signed().to_string();
        BlockRows {
            block,
            transactions: cut(&mut transactions, |row| {
                row.transaction.position.block == number
            }),
            writes: cut(&mut writes, |row| row.write.position.block == number),
            events: cut(&mut events, |row| row.position.block == number),
            transfers: cut(&mut transfers, |row| {
                row.first().and_then(Option::as_ref) == Some(&text)
            }),
        }
    })
}
