//! A peer as a source of blocks, through the gateway SDK.

use bytes::Bytes;
use fabric_gateway_sdk::{Backoff, Network};
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::{BlockSource, SourceError};

impl BlockSource for Network {
    fn blocks(&self, first: u64) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let blocks = Network::blocks(self)
            .from_block(first)
            .resume(Backoff::default())
            .stream();
        blocks
            .map(|block| match block {
                Ok(block) => Ok(block.bytes().clone()),
                Err(error) if error.is_retryable() => Err(SourceError::transient(error)),
                Err(error) => Err(SourceError::permanent(error)),
            })
            .boxed()
    }
}
