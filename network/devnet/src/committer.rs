//! From a batch of transactions to a committed block: assembled, validated, made durable, shown.
//!
//! One block at a time. Signatures and policies are checked on all cores, conflicts in order.

use std::{num::NonZero, sync::Arc, thread, time::Instant};

use bytes::Bytes;
use fabric_ledger::{
    ValidationCode,
    block::{self, Content, DecodedBlock, DecodedTransaction},
    channel::ChannelConfig,
    commit::commit_hash,
    validate::{Checker, TransactionCheck, Validated, settle},
};
use fabric_msp::{IdentityError, SigningIdentity};
use fabric_protos::common::{
    Block, BlockData, BlockHeader, BlockMetadata, LastConfig, Metadata, MetadataSignature,
    OrdererBlockMetadata, SignatureHeader,
};
use prost::Message as _;

use crate::{
    chain::ServedBlock,
    channel::Channel,
    nonce::NoRandomness,
    orderer::{
        Accepted, CutBlock, Processor,
        cutter::{Cutter, Work},
        errand::Errand,
    },
    private,
    storage::{Commit, Head, StorageError, View},
};

/// Fewer transactions are checked faster than threads start.
const PARALLEL_MIN: usize = 16;

/// Why no further block can be committed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// The ledger's file failed.
    #[error("the ledger cannot be written")]
    Storage(#[from] StorageError),
    /// A block of our own does not decode.
    #[error("a block cannot be assembled")]
    Block(#[from] block::BlockError),
    /// The orderer cannot sign.
    #[error("a block cannot be signed")]
    Signature(#[from] IdentityError),
    /// No nonce for a signature.
    #[error("a block cannot be signed")]
    Randomness(#[from] NoRandomness),
    /// Validation panicked.
    #[error("validation failed")]
    Panic,
}

/// Commits blocks to one channel.
#[derive(Clone, Debug)]
pub(crate) struct Committer {
    channel: Arc<Channel>,
    orderer: SigningIdentity,
}

impl Committer {
    pub(crate) fn new(channel: Arc<Channel>, orderer: SigningIdentity) -> Self {
        Self { channel, orderer }
    }

    /// Commits block after block until the queue is closed and empty.
    pub(crate) async fn run(self, mut cutter: Cutter) -> Result<(), CommitError> {
        while let Some(work) = cutter.next().await {
            match work {
                Work::Block(batch) => {
                    self.append_apart(batch, &mut cutter).await?;
                }
                Work::Errand(errand) => self.run_errand(errand, &mut cutter).await?,
            }
        }
        Ok(())
    }

    async fn run_errand(&self, errand: Errand, cutter: &mut Cutter) -> Result<(), CommitError> {
        match errand {
            Errand::Cut { count_max, reply } => {
                let batch = cutter.cut(count_max).unwrap_or_default();
                let appended = self.append_apart(batch, cutter).await?;
                let (block, transactions) =
                    appended.map_or((None, 0), |(number, count)| (Some(number), count));
                // Here and below: whoever asked may have gone; what is done is done.
                let _ = reply.send(CutBlock {
                    channel: self.channel.name().to_owned(),
                    block,
                    transactions,
                    waiting: cutter.waiting(),
                });
            }
            Errand::Save { reply } => {
                let saved =
                    self.apart(|channel| Ok((channel.chain().save()?, channel.chain().height())));
                let _ = reply.send(saved.await?);
            }
            Errand::Forget { savepoint, reply } => {
                let forgotten = self.apart(move |channel| channel.chain().forget(savepoint));
                let _ = reply.send(forgotten.await?);
            }
            Errand::Revert { savepoint, reply } => {
                cutter.clear();
                let reverted = self.apart(move |channel| channel.revert(savepoint)).await?;
                cutter.configure(&self.channel.config());
                let _ = reply.send(reverted);
            }
        }
        Ok(())
    }

    /// Does something to the channel on a thread that may block.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Channel) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<Result<T, StorageError>, CommitError> {
        let channel = Arc::clone(&self.channel);
        tokio::task::spawn_blocking(move || work(&channel))
            .await
            .map_err(|_| CommitError::Panic)
    }

    /// Appends a block on a thread that may block; gives its number and how many transactions it
    /// has. None where nothing of the batch is ordered any more.
    async fn append_apart(
        &self,
        batch: Vec<Accepted>,
        cutter: &mut Cutter,
    ) -> Result<Option<(u64, usize)>, CommitError> {
        let committer = self.clone();
        let config = self.channel.config();
        let appended = tokio::task::spawn_blocking(move || committer.append(batch))
            .await
            .map_err(|_| CommitError::Panic)??;
        let next = self.channel.config();
        if !Arc::ptr_eq(&config, &next) {
            cutter.configure(&next);
        }
        Ok(appended)
    }

    fn append(&self, batch: Vec<Accepted>) -> Result<Option<(u64, usize)>, CommitError> {
        let begin = Instant::now();
        let processor = Processor {
            channel: &self.channel,
            signer: &self.orderer,
        };
        let batch = batch.into_iter();
        let batch = batch.filter_map(|accepted| processor.look_again(accepted));
        let batch: Vec<Accepted> = batch.collect();
        if batch.is_empty() {
            return Ok(None);
        }
        let count = batch.len();
        let view = self.channel.chain().view();
        let block = self.assemble(batch, view.head())?;
        self.commit(block, &view, Some(begin))?;
        Ok(Some((view.head().height, count)))
    }

    /// Commits the configuration block of a new channel.
    pub(crate) fn commit_genesis(&self, block: Block) -> Result<(), CommitError> {
        let view = self.channel.chain().view();
        self.commit(block, &view, None)
    }

    /// The next block as the orderer makes it.
    fn assemble(&self, batch: Vec<Accepted>, head: &Head) -> Result<Block, CommitError> {
        let is_configuration = batch.iter().any(|accepted| accepted.is_configuration);
        let envelopes = batch.into_iter().map(|accepted| accepted.envelope);
        let data = BlockData {
            data: envelopes.collect(),
        };
        let header = BlockHeader {
            number: head.height,
            previous_hash: head.block_hash.clone(),
            data_hash: block::data_hash(&data).to_vec().into(),
        };
        let last_config = LastConfig {
            index: match is_configuration {
                true => head.height,
                false => head.config_block,
            },
        };
        let signatures = self.sign(&header, last_config)?;
        let last_config = Metadata {
            value: last_config.encode_to_vec().into(),
            ..Default::default()
        };
        let metadata = [signatures, last_config].map(|entry| entry.encode_to_vec().into());
        let mut metadata = metadata.to_vec();
        metadata.resize(METADATA_ENTRIES, Bytes::new());
        Ok(Block {
            header: Some(header),
            data: Some(data),
            metadata: Some(BlockMetadata { metadata }),
        })
    }

    /// The orderer's signature over metadata and header (`blockwriter.go`).
    fn sign(&self, header: &BlockHeader, last_config: LastConfig) -> Result<Metadata, CommitError> {
        let value: Bytes = OrdererBlockMetadata {
            last_config: Some(last_config),
            consenter_metadata: Metadata::default().encode_to_vec().into(),
        }
        .encode_to_vec()
        .into();
        let signature_header: Bytes = SignatureHeader {
            creator: self.orderer.serialized().clone(),
            nonce: self.channel.nonce()?,
        }
        .encode_to_vec()
        .into();
        let header = block::header_bytes(header);
        let signed = [&*value, &*signature_header, &*header].concat();
        let signature = MetadataSignature {
            signature: self.orderer.sign(&signed)?,
            signature_header,
            ..Default::default()
        };
        Ok(Metadata {
            value,
            signatures: vec![signature],
        })
    }

    /// Validates a block and makes it part of the chain. Counts it where it is said when it began.
    fn commit(
        &self,
        mut block: Block,
        view: &View,
        begin: Option<Instant>,
    ) -> Result<(), CommitError> {
        let mut decoded = block::decode(&block)?;
        let config = self.channel.config();
        let Validated { codes, updates } = validate(&config, &decoded, view)?;
        let next = following(&config, &decoded, &codes);
        let hash = commit_hash(&codes, &updates, &view.head().commit_hash);
        // Block 0 carries none on real peers either.
        let hash = if decoded.number == 0 {
            Bytes::new()
        } else {
            hash.to_vec().into()
        };
        let filter: Bytes = codes
            .iter()
            .map(|code| code.byte())
            .collect::<Vec<_>>()
            .into();
        annotate(&mut block, filter.clone(), &hash);
        let transient = &self.channel.private().transient;
        let private = private::commit::changes(transient, view, &decoded, &codes, &updates)?;
        decoded.transactions_filter = filter;
        decoded.commit_hash = (!hash.is_empty()).then(|| hash.clone());

        let commit = Commit {
            head: Head {
                height: decoded.number + 1,
                block_hash: decoded.header_hash.to_vec().into(),
                commit_hash: hash,
                config_block: match next {
                    Some(_) => decoded.number,
                    None => view.head().config_block,
                },
            },
            block: block.encode_to_vec().into(),
            transactions: positions(&decoded, &codes),
            history: history(&decoded, &codes),
            updates,
            private,
        };
        let chain = self.channel.chain();
        chain.store(&commit)?;
        if let Some(next) = next {
            self.channel.adopt(decoded.number, next);
        }
        let ids = commit.transactions.iter().map(|(id, ..)| id.as_str());
        transient.settle(ids, commit.head.height);
        let served = ServedBlock::new(block, commit.block.len()).with_decoded(decoded);
        // Before it is shown, so that whoever hears of a transaction finds it counted.
        if let Some(begin) = begin {
            self.channel.metrics().committed(&codes, begin.elapsed());
        }
        chain.publish(served, &commit);
        Ok(())
    }
}

fn validate(
    config: &ChannelConfig,
    decoded: &DecodedBlock,
    view: &View,
) -> Result<Validated, CommitError> {
    let checker = Checker::new(config, view, view, decoded.number);
    let checks = check_all(&checker, &decoded.transactions)?;
    Ok(settle(view, decoded, &checks)?)
}

/// The configuration that a block brings, if it brings one. Block 0's is in force already.
fn following(
    config: &ChannelConfig,
    block: &DecodedBlock,
    codes: &[ValidationCode],
) -> Option<ChannelConfig> {
    if block.number == 0 {
        return None;
    }
    let mut transactions = block.transactions.iter().zip(codes);
    transactions.find_map(|(transaction, code)| match &transaction.content {
        Content::Config(envelope) if code.is_valid() => config.next(envelope).ok(),
        _ => None,
    })
}

/// Entries of a block's metadata: signatures, last configuration, codes, one unused, commit hash.
const METADATA_ENTRIES: usize = 5;
const TRANSACTIONS_FILTER: usize = 2;
const COMMIT_HASH: usize = 4;

/// Adds what a peer adds to a block.
fn annotate(block: &mut Block, filter: Bytes, commit_hash: &Bytes) {
    let metadata = &mut block.metadata.get_or_insert_default().metadata;
    metadata.resize(METADATA_ENTRIES, Bytes::new());
    if let Some(entry) = metadata.get_mut(TRANSACTIONS_FILTER) {
        *entry = filter;
    }
    if let Some(entry) = metadata.get_mut(COMMIT_HASH)
        && !commit_hash.is_empty()
    {
        let value = Metadata {
            value: commit_hash.clone(),
            ..Default::default()
        };
        *entry = value.encode_to_vec().into();
    }
}

/// Checks every transaction by itself, on as many threads as there are cores.
fn check_all(
    checker: &Checker<'_, View, View>,
    transactions: &[DecodedTransaction],
) -> Result<Vec<TransactionCheck>, CommitError> {
    let check = |part: &[DecodedTransaction]| -> Result<Vec<_>, StorageError> {
        part.iter()
            .map(|transaction| checker.check(transaction))
            .collect()
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    if transactions.len() < PARALLEL_MIN || threads == 1 {
        return Ok(check(transactions)?);
    }
    let parts: Result<Vec<_>, CommitError> = thread::scope(|scope| {
        let parts = transactions.chunks(transactions.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || check(part))).collect();
        running
            .into_iter()
            .map(|part| Ok(part.join().map_err(|_| CommitError::Panic)??))
            .collect()
    });
    Ok(parts?
        .into_iter()
        .flatten()
        .collect::<Vec<TransactionCheck>>())
}

/// Where each transaction stands, for whoever looks for its id.
fn positions(decoded: &DecodedBlock, codes: &[ValidationCode]) -> Vec<(String, u32, u8)> {
    let transactions = (0u32..).zip(&decoded.transactions).zip(codes);
    transactions
        .map(|((index, transaction), code)| {
            (transaction.transaction_id().to_owned(), index, code.byte())
        })
        .collect()
}

/// Every public write of a valid transaction.
fn history(decoded: &DecodedBlock, codes: &[ValidationCode]) -> Vec<(String, String, u32)> {
    let transactions = (0u32..).zip(&decoded.transactions).zip(codes);
    let valid = transactions.filter(|(_, code)| code.is_valid());
    valid
        .filter_map(|((index, transaction), _)| Some((index, transaction.endorsed()?)))
        .flat_map(|(index, endorsed)| {
            endorsed.rwset.namespaces.iter().flat_map(move |set| {
                set.writes
                    .iter()
                    .map(move |write| (set.namespace.clone(), write.key.clone(), index))
            })
        })
        .collect()
}
