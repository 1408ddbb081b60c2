//! Blocks with private data, out of what the deliver service sends.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_ledger::rwset::PrivateWrites;

use super::Source;
use super::deliver::{Delivery, delivery};
use super::feed::sealed::Read;
use super::feed::{Batch, malformed};
use crate::block::{Block, BlockWithPrivateData, decode};
use crate::error::Error;

/// A `protos.BlockAndPrivateData` whose parts stay the bytes that the peer sent.
#[derive(Clone, PartialEq, prost::Message)]
struct Delivered {
    #[prost(bytes = "bytes", optional, tag = "1")]
    block: Option<Bytes>,
    #[prost(btree_map = "uint64, bytes", tag = "2")]
    private_data: BTreeMap<u64, Bytes>,
}

impl Read for BlockWithPrivateData {
    const CONTIGUOUS: bool = true;

    #[expect(
        private_interfaces,
        reason = "sealed: nobody outside calls or implements it"
    )]
    fn read(source: &Source, message: &Bytes) -> Result<Batch<Self>, Error> {
        let step = source.step();
        let Delivery::BlockAndPrivateData(bytes) = delivery(step, message)? else {
            return Err(malformed(step, "a block of another kind", None));
        };
        let delivered: Delivered = decode("block with private data", &bytes)
            .map_err(|error| malformed(step, "a block", Some(error)))?;
        let block = Block::from_bytes(delivered.block.unwrap_or_default())
            .map_err(|error| malformed(step, "a block", Some(error)))?;
        let mut private_writes = BTreeMap::new();
        for (position, bytes) in delivered.private_data {
            let position = usize::try_from(position)
                .ok()
                .filter(|position| *position < block.transaction_count())
                .ok_or_else(|| malformed(step, "private data of no transaction", None))?;
            let writes =
                PrivateWrites::decode(bytes).map_err(|_| malformed(step, "private data", None))?;
            private_writes.insert(position, writes);
        }
        Ok(Batch {
            block_number: block.number(),
            items: vec![BlockWithPrivateData {
                block,
                private_writes,
            }],
        })
    }
}
