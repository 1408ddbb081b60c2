//! Replays all writes beside the state, and reads tokens, accounts and notes out of the replay.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use asset_store::{
    ACCOUNTS, NOTES, Reader, Record, RecordTable, RecordedState, Snapshot, StateId, TOKENS,
};
use asset_types::{Account, StateKey};
use fabric_ledger::composite_key;
use futures::{Stream, TryStreamExt as _};

use crate::MirrorError;
use crate::block::hexadecimal;
use crate::projection::{Projected, projected};
use crate::verify::finding::{Difference, Findings, Proof};
use crate::verify::progress::Teller;
use crate::verify::record::{compare_records, key, shown};

/// Records are looked up so many at a time.
const LOOKUP: usize = 1_000;
/// Progress is told so often.
const TOLD_EVERY: u64 = 5_000;

/// Records that follow from the replay and are to be looked up.
struct Expected {
    table: &'static RecordTable,
    records: Vec<Record>,
    count: u64,
}

/// The state and its records, at the height `block`.
pub(crate) struct StateVerification<'v> {
    pub(crate) chaincode: &'v str,
    pub(crate) block: Option<u64>,
    pub(crate) teller: &'v Teller,
}

impl StateVerification<'_> {
    pub(crate) async fn run(
        &self,
        snapshot: &Snapshot,
        findings: &mut Findings,
    ) -> Result<(), MirrorError> {
        let (mut writes, mut states) = (snapshot.reader().await?, snapshot.reader().await?);
        let mut lookup = snapshot.reader().await?;
        let mut writes = writes.last_writes();
        let mut states = states.states();
        let mut tables = [&TOKENS, &ACCOUNTS, &NOTES].map(|table| Expected {
            table,
            records: Vec::new(),
            count: 0,
        });
        let mut expected = self.next_live(&mut writes).await?;
        let mut found = states.try_next().await?;
        let mut rows = 0;
        loop {
            let order = match (&expected, &found) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(expected), Some(found)) => place(expected).cmp(&place(found)),
            };
            if let (Some(entry), true) = (&expected, order.is_le()) {
                let mut no_state = None;
                let found = if order.is_eq() {
                    &mut found
                } else {
                    &mut no_state
                };
                compare(entry, found.as_ref(), findings);
                self.expect(entry, &mut tables, &mut lookup, findings)
                    .await?;
            } else if let Some(extra) = &found {
                findings.add("state", name(extra), Difference::Unexpected, Proof::Writes);
            }
            if order.is_le() {
                expected = self.next_live(&mut writes).await?;
            }
            if order.is_ge() {
                found = states.try_next().await?;
            }
            rows += 1;
            if rows % TOLD_EVERY == 0 {
                self.tell(TOLD_EVERY, findings);
            }
        }
        self.tell(rows % TOLD_EVERY, findings);
        for table in &mut tables {
            look_up(table, &mut lookup, findings).await?;
            self.find_extra(table, &mut lookup, findings).await?;
        }
        Ok(())
    }

    fn tell(&self, rows: u64, findings: &Findings) {
        self.teller.tell(|progress| {
            progress.rows += rows;
            progress.findings = findings.count();
        });
    }

    /// The next key that its last write leaves in the state.
    async fn next_live(
        &self,
        writes: &mut (impl Stream<Item = Result<RecordedState, asset_store::StoreError>> + Unpin),
    ) -> Result<Option<RecordedState>, MirrorError> {
        while let Some(write) = writes.try_next().await? {
            let has_expired = write.expires_in.zip(self.block);
            let has_expired = has_expired.is_some_and(|(expires_in, block)| expires_in <= block);
            if write.value.is_some() && !has_expired {
                return Ok(Some(write));
            }
        }
        Ok(None)
    }

    /// Keeps what the entry means until enough of it is there to be looked up.
    async fn expect(
        &self,
        entry: &RecordedState,
        tables: &mut [Expected; 3],
        lookup: &mut Reader,
        findings: &mut Findings,
    ) -> Result<(), MirrorError> {
        let Some((table, record)) = self.record(entry) else {
            return Ok(());
        };
        let same = tables
            .iter_mut()
            .find(|expected| expected.table.name == table.name);
        let Some(expected) = same else { return Ok(()) };
        expected.records.push(record);
        expected.count += 1;
        if expected.records.len() >= LOOKUP {
            look_up(expected, lookup, findings).await?;
        }
        Ok(())
    }

    fn record(&self, entry: &RecordedState) -> Option<(&'static RecordTable, Record)> {
        let value = entry.value.as_deref();
        match projected(&entry.id, value, entry.version, self.chaincode)? {
            Projected::Token(change) => {
                let token = change.token?;
                let record = vec![
                    Some(change.id.as_str().to_owned()),
                    Some(token.name.as_str().to_owned()),
                    Some(token.symbol.as_str().to_owned()),
                    Some(token.decimals.places().to_string()),
                    Some(token.cap.to_string()),
                    Some(token.issuer.as_str().to_owned()),
                    token.kyc_class.map(|class| class.to_string()),
                ];
                Some((&TOKENS, record))
            }
            Projected::Account(change) => {
                Some((&ACCOUNTS, account(change.id.as_str(), &change.account?)))
            }
            Projected::Note(change) => {
                let record = vec![
                    Some(change.token.as_str().to_owned()),
                    Some(change.account.as_str().to_owned()),
                    Some(change.note.as_str().to_owned()),
                    Some(change.amount?.to_string()),
                    Some(change.position.block.to_string()),
                    Some(change.position.index.to_string()),
                ];
                Some((&NOTES, record))
            }
        }
    }

    /// Looks for records that no entry means, where there are more than entries mean.
    async fn find_extra(
        &self,
        expected: &Expected,
        lookup: &mut Reader,
        findings: &mut Findings,
    ) -> Result<(), MirrorError> {
        let table = expected.table;
        let count = lookup.record_count(table).await?;
        self.teller.tell(|progress| progress.rows += count);
        if count == expected.count && !findings.has(table.name) {
            return Ok(());
        }
        let mut offset = 0;
        while offset < count {
            let limit = u32::try_from(LOOKUP).unwrap_or(u32::MAX);
            let page = lookup.record_page(table, offset, limit).await?;
            offset += u64::from(limit);
            let keys: Vec<_> = page.iter().map(|record| state_key(table, record)).collect();
            let wanted: Vec<Vec<u8>> = keys.iter().flatten().cloned().collect();
            let states = lookup.public_states(self.chaincode, &wanted).await?;
            let meant: BTreeSet<&[u8]> = states
                .iter()
                .filter(|state| self.record(state).is_some())
                .map(|state| state.id.key.as_slice())
                .collect();
            for (record, state) in page.iter().zip(&keys) {
                let is_meant = state.as_deref().is_some_and(|state| meant.contains(state));
                if !is_meant {
                    let key = shown(key(table, record));
                    findings.add(table.name, key, Difference::Unexpected, Proof::Writes);
                }
            }
        }
        Ok(())
    }
}

async fn look_up(
    expected: &mut Expected,
    lookup: &mut Reader,
    findings: &mut Findings,
) -> Result<(), MirrorError> {
    let table = expected.table;
    let records = std::mem::take(&mut expected.records);
    let keys: Vec<_> = records.iter().map(|record| key(table, record)).collect();
    let found = lookup.records(table, &keys).await?;
    compare_records(table, &records, found, Proof::Writes, findings);
    Ok(())
}

fn account(id: &str, account: &Account) -> Record {
    let kyc = &account.kyc;
    vec![
        Some(id.to_owned()),
        serde_json::to_string(&account.controllers).ok(),
        Some(kyc.class.to_string()),
        // As PostgreSQL writes the seconds of a time.
        Some(format!("{}.000000", kyc.expires_at.unix_seconds())),
        Some(kyc.credential_hash.as_str().to_owned()),
    ]
}

/// The key of the entry that a record would follow from.
fn state_key(table: &RecordTable, record: &Record) -> Option<Vec<u8>> {
    let object_type = match table.name {
        "token" => StateKey::TOKEN,
        "account" => StateKey::ACCOUNT,
        _ => StateKey::NOTE,
    };
    let attributes = key(table, record).iter().flatten();
    let key = composite_key::join(object_type, attributes).ok()?;
    Some(key.into_bytes())
}

/// Where an entry is in the order of the state's key.
fn place(entry: &RecordedState) -> (&str, &str, &[u8]) {
    let StateId {
        namespace,
        collection,
        ..
    } = &entry.id;
    (namespace, collection, &entry.key_digest)
}

fn name(entry: &RecordedState) -> String {
    let id = &entry.id;
    let key = hexadecimal(&id.key);
    format!("{}/{}/{key}", id.namespace, id.collection)
}

fn compare(expected: &RecordedState, found: Option<&RecordedState>, findings: &mut Findings) {
    let Some(found) = found else {
        findings.add("state", name(expected), Difference::Missing, Proof::Writes);
        return;
    };
    if expected == found {
        return;
    }
    let row = || ("state", name(expected));
    let proof = Proof::Writes;
    findings.compare(row(), "key", &expected.id.key, &found.id.key, proof);
    findings.compare(row(), "value", &expected.value, &found.value, proof);
    findings.compare(
        row(),
        "metadata",
        &expected.metadata,
        &found.metadata,
        proof,
    );
    let (one, other) = (expected.version, found.version);
    findings.compare(row(), "block", &one.block, &other.block, proof);
    findings.compare(row(), "index", &one.index, &other.index, proof);
    findings.compare(
        row(),
        "expires_in",
        &expected.expires_in,
        &found.expires_in,
        proof,
    );
}
