//! How fast the mirror copies blocks that lie in memory into a durable PostgreSQL.

use std::time::{Duration, Instant};

use asset_mirror::{BlockSource, Mirror, Options, SourceError};
use asset_store::Store;
use bytes::Bytes;
use e2e::mirror::MirrorDatabase;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio_util::sync::CancellationToken;

/// A copy of a whole chain.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) blocks: usize,
    pub(crate) transactions: u64,
    pub(crate) took: Duration,
}

impl Copied {
    pub(crate) fn per_second(&self) -> f64 {
        let transactions = u32::try_from(self.transactions).unwrap_or(u32::MAX);
        f64::from(transactions) / self.took.as_secs_f64()
    }
}

pub(crate) async fn measure(blocks: &[Bytes]) -> anyhow::Result<Copied> {
    eprintln!("measuring the mirror on {} blocks", blocks.len());
    let database = MirrorDatabase::own().await;
    let store = Store::connect(database.url(), "selvedge").await?;
    store.migrate().await?;
    let mirror = Mirror::new(Recorded(blocks.to_vec()), store.clone(), Options::default());
    let start = Instant::now();
    mirror.run(&CancellationToken::new()).await?;
    let took = start.elapsed();
    let transactions = asset_mirror::status(&store).await?.transactions;
    Ok(Copied {
        blocks: blocks.len(),
        transactions,
        took,
    })
}

/// Blocks in memory.
struct Recorded(Vec<Bytes>);

impl BlockSource for Recorded {
    fn blocks(&self, first: u64) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let rest: Vec<Bytes> = self.0.iter().skip(first).cloned().collect();
        futures::stream::iter(rest.into_iter().map(Ok)).boxed()
    }
}
