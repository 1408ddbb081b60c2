//! Counting blocks: transactions by verdict, transactions a second, conflicts by key.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use fabric_ledger::block::DecodedBlock;
use fabric_ledger::conflict::ConflictSearch;
use serde::Serialize;

use crate::conflicts::{is_conflict, key_name, look_back};

/// Over how long the rate is taken.
const WINDOW: Duration = Duration::from_secs(10);
/// Blocks kept to look for the writers behind conflicts: simulations are seldom that old.
const RECENT_BLOCKS: usize = 50;
/// Keys counted, so that hostile traffic does not fill the memory.
const KEYS_MAX: usize = 10_000;
/// Keys that the summary names.
const KEYS_SHOWN: usize = 5;

/// What has been seen so far.
#[derive(Default)]
pub(super) struct Tally {
    /// Number of the first block whose arrival says how fast the network is.
    live_from: u64,
    recent: VecDeque<DecodedBlock>,
    arrivals: VecDeque<(Instant, usize)>,
    blocks: u64,
    codes: BTreeMap<String, usize>,
    keys: HashMap<String, usize>,
}

/// One block.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    block: u64,
    transactions: usize,
    codes: BTreeMap<String, usize>,
    /// A key per conflict, where the writer is found.
    conflicts: Vec<String>,
    /// Transactions a second; none before two blocks have come as they were made.
    per_second: Option<f64>,
}

/// The whole time.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    blocks: u64,
    codes: BTreeMap<String, usize>,
    /// As of a block.
    per_second: Option<f64>,
    /// The keys with the most conflicts, most first.
    conflicts: Vec<(String, usize)>,
}

impl Tally {
    /// Nothing seen yet; blocks before this one are read, and not seen as they come.
    pub(super) fn live_from(number: u64) -> Self {
        Self {
            live_from: number,
            ..Self::default()
        }
    }

    /// Counts a block that arrived at `now`.
    pub(super) fn add(&mut self, block: DecodedBlock, now: Instant) -> Seen {
        let mut codes = BTreeMap::new();
        for code in block.codes().unwrap_or_default() {
            *codes.entry(code.to_string()).or_default() += 1;
        }
        for (code, count) in &codes {
            *self.codes.entry(code.clone()).or_default() += count;
        }
        let conflicts = self.conflicts(&block);
        for key in &conflicts {
            if self.keys.len() < KEYS_MAX || self.keys.contains_key(key) {
                *self.keys.entry(key.clone()).or_default() += 1;
            }
        }
        self.blocks += 1;
        if block.number >= self.live_from {
            self.arrivals.push_back((now, block.transactions.len()));
        }
        let is_old = |(at, _): &(Instant, usize)| now.duration_since(*at) > WINDOW;
        while self.arrivals.front().is_some_and(is_old) {
            self.arrivals.pop_front();
        }
        let seen = Seen {
            block: block.number,
            transactions: block.transactions.len(),
            codes,
            conflicts,
            per_second: self.per_second(),
        };
        self.recent.push_front(block);
        self.recent.truncate(RECENT_BLOCKS);
        seen
    }

    /// The key behind each conflict of a block, where one is found.
    fn conflicts(&self, block: &DecodedBlock) -> Vec<String> {
        let codes = block.codes().unwrap_or_default();
        let lost = block.transactions.iter().zip(codes);
        lost.filter(|(_, code)| is_conflict(*code))
            .filter_map(|(transaction, _)| {
                let mut search = ConflictSearch::new(transaction.endorsed()?);
                let here = look_back(&mut search, block, transaction.index);
                let conflict = here.or_else(|| {
                    let mut earlier = self.recent.iter();
                    earlier.find_map(|earlier| look_back(&mut search, earlier, usize::MAX))
                })?;
                Some(key_name(&conflict))
            })
            .collect()
    }

    /// Transactions a second over the window; of one block alone there is no rate.
    fn per_second(&self) -> Option<f64> {
        let (first, _) = self.arrivals.front()?;
        let (last, _) = self.arrivals.back()?;
        let seconds = last.duration_since(*first).as_secs_f64();
        // What came with the first block came before the time that is counted.
        let count: usize = self.arrivals.iter().skip(1).map(|(_, count)| count).sum();
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        (seconds > 0.0).then(|| count / seconds)
    }

    pub(super) fn summary(&self) -> Summary {
        let mut conflicts: Vec<_> = self
            .keys
            .iter()
            .map(|(key, count)| (key.clone(), *count))
            .collect();
        conflicts.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        conflicts.truncate(KEYS_SHOWN);
        Summary {
            blocks: self.blocks,
            codes: self.codes.clone(),
            per_second: self.per_second(),
            conflicts,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {:>6} {:>5} tx", self.block, self.transactions)?;
        for (code, count) in &self.codes {
            write!(f, "  {code} {count}")?;
        }
        if !self.conflicts.is_empty() {
            write!(f, "  conflicts on {}", self.conflicts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transactions: usize = self.codes.values().sum();
        write!(f, "{} block(s), {transactions} transaction(s)", self.blocks)?;
        if let Some(per_second) = self.per_second {
            write!(f, ", {per_second:.0} a second")?;
        }
        for (key, count) in &self.conflicts {
            write!(f, "\n  {count} conflict(s) on {key}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn block(number: u64, filter: &[u8]) -> DecodedBlock {
        DecodedBlock {
            number,
            previous_hash: Bytes::new(),
            data_hash: Bytes::new(),
            header_hash: [0; 32],
            computed_data_hash: [0; 32],
            transactions_filter: Bytes::copy_from_slice(filter),
            commit_hash: None,
            transactions: Vec::new(),
        }
    }

    #[test]
    fn blocks_without_transactions_have_no_rate_and_no_conflicts() {
        let mut tally = Tally::default();
        let start = Instant::now();
        for number in 0..100 {
            let seen = tally.add(block(number, &[]), start + Duration::from_millis(number));
            assert_eq!(seen.transactions, 0);
        }
        let summary = tally.summary();
        assert_eq!((summary.blocks, summary.conflicts.len()), (100, 0));
        assert!(tally.recent.len() == RECENT_BLOCKS);
    }

    #[test]
    fn blocks_that_were_there_before_have_no_rate() {
        let mut tally = Tally::live_from(2);
        let start = Instant::now();
        for number in 0..3 {
            let seen = tally.add(block(number, &[]), start + Duration::from_millis(number));
            assert_eq!(seen.per_second, None, "block {number}");
        }
        assert_eq!(tally.summary().to_string(), "3 block(s), 0 transaction(s)");
        let seen = tally.add(block(3, &[]), start + Duration::from_secs(1));
        assert_eq!(seen.per_second, Some(0.0));
    }

    #[test]
    fn arrivals_older_than_the_window_are_forgotten() {
        let mut tally = Tally::default();
        let start = Instant::now();
        tally.add(block(0, &[]), start);
        tally.add(block(1, &[]), start + WINDOW * 3);
        assert_eq!(tally.arrivals.len(), 1);
    }
}
