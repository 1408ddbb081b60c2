//! Signatures that this process has verified, or made: one that comes again costs a hash.
//!
//! A transaction's signatures pass through one process several times: a proposal's at each peer
//! that endorses it, a transaction's when it is broadcast and when it is committed, an endorsement's
//! when it is made and when it is committed. Only what verified is remembered, by a SHA-256 of key,
//! digest and signature together, so that a lookup never takes one signature for another.

use std::sync::{LazyLock, PoisonError, RwLock};

use aws_lc_rs::digest::{Context, Digest, SHA256};

/// Signatures that are remembered, at 32 bytes each: four of each transaction of sixteen full blocks,
/// which is more than an orderer has waiting.
const SIGNATURES_MAX: usize = 32 * 1024;
/// Parts with a lock of their own, so that threads rarely meet at one.
const SHARDS: usize = 64;
const SLOTS: usize = SIGNATURES_MAX / SHARDS;

/// What stands for a key, a digest and a signature.
type Mark = [u8; 32];
/// No hash that anyone will meet.
const NOTHING: Mark = [0; 32];

/// A mark has one place; a later mark with the same place takes it.
#[derive(Debug)]
pub(crate) struct SignatureMemory {
    shards: Vec<RwLock<Vec<Mark>>>,
}

/// One for the process: whoever signs and whoever verifies do not know each other.
pub(crate) static MEMORY: LazyLock<SignatureMemory> = LazyLock::new(SignatureMemory::new);

impl SignatureMemory {
    fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(vec![NOTHING; SLOTS]));
        Self {
            shards: shards.collect(),
        }
    }

    /// Whether this signature of this digest by this key has been remembered.
    pub(crate) fn knows(&self, key: &[u8], digest: &Digest, signature: &[u8]) -> bool {
        let mark = mark(key, digest, signature);
        let (shard, slot) = place(&mark);
        self.shards.get(shard).is_some_and(|shard| {
            let marks = shard.read().unwrap_or_else(PoisonError::into_inner);
            marks.get(slot) == Some(&mark)
        })
    }

    /// Remembers a signature, which must have been verified, or made with the private key.
    pub(crate) fn remember(&self, key: &[u8], digest: &Digest, signature: &[u8]) {
        let mark = mark(key, digest, signature);
        let (shard, slot) = place(&mark);
        if let Some(shard) = self.shards.get(shard) {
            let mut marks = shard.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = marks.get_mut(slot) {
                *place = mark;
            }
        }
    }
}

/// The parts with their lengths, so that no other parts make the same mark.
fn mark(key: &[u8], digest: &Digest, signature: &[u8]) -> Mark {
    let mut hash = Context::new(&SHA256);
    for part in [key, digest.as_ref(), signature] {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finish().as_ref().try_into().unwrap_or(NOTHING)
}

fn place(mark: &Mark) -> (usize, usize) {
    let [first, second, third, ..] = *mark;
    let slot = usize::from(second) << 8 | usize::from(third);
    (usize::from(first) % SHARDS, slot % SLOTS)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::digest;
    use proptest::prelude::*;

    use super::*;

    fn known(parts: (&[u8], &[u8], &[u8])) -> SignatureMemory {
        let memory = SignatureMemory::new();
        memory.remember(parts.0, &digest(&SHA256, parts.1), parts.2);
        memory
    }

    proptest! {
        #[test]
        fn only_the_very_same_parts_are_known(
            key in proptest::collection::vec(any::<u8>(), 1..97),
            message in proptest::collection::vec(any::<u8>(), 1..200),
            signature in proptest::collection::vec(any::<u8>(), 1..80),
            part in 0..3,
            position in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let memory = known((&key, &message, &signature));
            prop_assert!(memory.knows(&key, &digest(&SHA256, &message), &signature));

            let (mut key, mut message, mut signature) = (key, message, signature);
            let changed = match part {
                0 => &mut key,
                1 => &mut message,
                _ => &mut signature,
            };
            let position = position.index(changed.len());
            changed[position] ^= 1 << bit;
            prop_assert!(!memory.knows(&key, &digest(&SHA256, &message), &signature));
        }

        #[test]
        fn bytes_that_move_between_parts_are_not_known(
            bytes in proptest::collection::vec(any::<u8>(), 3..100),
            cut in any::<prop::sample::Index>(),
        ) {
            let message = digest(&SHA256, b"a message");
            let cut = cut.index(bytes.len() - 1) + 1;
            let (key, signature) = bytes.split_at(cut);
            let memory = known((key, b"a message", signature));
            let (key, signature) = bytes.split_at(cut - 1);
            prop_assert!(!memory.knows(key, &message, signature));
        }
    }

    #[test]
    fn old_signatures_give_way_to_new_ones() {
        let memory = SignatureMemory::new();
        let message = digest(&SHA256, b"a message");
        let count = SIGNATURES_MAX * 2;
        for number in 0..count {
            memory.remember(b"key", &message, &number.to_be_bytes());
        }
        let last = (count - 1).to_be_bytes();
        assert!(memory.knows(b"key", &message, &last));
        let known =
            (0..count).filter(|number| memory.knows(b"key", &message, &number.to_be_bytes()));
        assert!(known.count() <= SIGNATURES_MAX);
    }

    #[test]
    fn nothing_is_known_at_first() {
        let memory = SignatureMemory::new();
        assert!(!memory.knows(b"", &digest(&SHA256, b""), b""));
    }
}
