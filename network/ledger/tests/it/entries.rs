//! Where bytes that nobody vouches for enter this crate, each entry with examples of what it is
//! meant for. The property tests of `hostile.rs` and the fuzz targets of `fuzz/` run the same ones.
//! An entry panics where an answer contradicts itself.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use fabric_ledger::block::{DecodedBlock, decode_bytes, decode_transaction};
use fabric_ledger::channel::ChannelConfig;
use fabric_ledger::mango::{Find, Query};
use fabric_ledger::rwset::{PrivateWrites, TxRwset, metadata_bytes, metadata_entries};
use fabric_ledger::state::{MemoryState, VersionedValue};
use fabric_ledger::validate::validate_block;
use fabric_ledger::{Version, commit, composite_key, lifecycle, policy};
use fabric_msp::Identity;
use fabric_protos::common::{Block, Envelope, Payload, SignaturePolicyEnvelope};
use fabric_protos::peer::{ApplicationPolicy, application_policy};
use prost::Message;

// Found from here by the fuzz targets too, which have this file in another module.
#[path = "entries/config_update.rs"]
mod config_update;

/// An entry.
pub(crate) struct Entry {
    /// The name of its fuzz target.
    pub(crate) name: &'static str,
    /// Takes any bytes.
    pub(crate) run: fn(&[u8]),
    /// Bytes of the kind that it is meant for.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All entries of this crate.
pub(crate) const ENTRIES: [Entry; 10] = [
    entry("block", block, block_seeds),
    entry("rwset", rwset, rwset_seeds),
    entry("private_rwset", private_rwset, private_rwset_seeds),
    entry("policy_text", policy_text, policy_text_seeds),
    entry("signature_policy", signature_policy, signature_policy_seeds),
    entry("composite_key", composite_key_text, composite_key_seeds),
    entry("channel_config", channel_config, channel_config_seeds),
    entry("config_update", config_update::run, config_update::seeds),
    entry("mango", mango, mango_seeds),
    entry("lifecycle_state", lifecycle_state, lifecycle_state_seeds),
];

const fn entry(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Entry {
    Entry { name, run, seeds }
}

macro_rules! recorded {
    ($($number:literal)*) => {
        [$(include_bytes!(concat!("../../../../fixtures/fabric-3.1/block_", $number, ".pb")).as_slice()),*]
    };
}

/// Of the recorded chain: configurations, definitions, ranges, malformed envelopes, key-level
/// policies, private data.
const BLOCKS: [&[u8]; 9] = recorded!["00" "03" "13" "18" "21" "26" "28" "34" "38"];

static DECODED: LazyLock<Vec<DecodedBlock>> = LazyLock::new(|| {
    let blocks = BLOCKS.iter();
    blocks
        .map(|block| decode_bytes(Bytes::from_static(block)).unwrap())
        .collect()
});

static CHANNEL: LazyLock<ChannelConfig> =
    LazyLock::new(|| ChannelConfig::from_block(&Block::decode(BLOCKS[0]).unwrap()).unwrap());

/// Whoever endorsed a recorded transaction.
static SIGNERS: LazyLock<Vec<Arc<Identity>>> = LazyLock::new(|| {
    let endorsed = DECODED.iter().flat_map(|block| &block.transactions);
    let endorsements = endorsed
        .filter_map(|transaction| transaction.endorsed())
        .flat_map(|endorsed| &endorsed.endorsements);
    let endorsers: HashSet<&Bytes> = endorsements.map(|found| &found.endorser).collect();
    endorsers
        .into_iter()
        .filter_map(|endorser| CHANNEL.msps().identity(endorser).ok())
        .collect()
});

/// A block from anywhere, validated and folded on an empty state.
fn block(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let _ = decode_transaction(0, bytes.clone());
    let Ok(mut decoded) = decode_bytes(bytes) else {
        return;
    };
    // Nobody checks block 0.
    decoded.number = decoded.number.max(1);
    let state = MemoryState::new();
    let Ok(validated) = validate_block(&CHANNEL, &state, &HashSet::new(), &decoded);
    assert_eq!(validated.codes.len(), decoded.transactions.len());
    let Ok(folded) = commit::fold(&decoded, &validated.codes, &state);
    assert_eq!(folded, validated.updates);
    let _ = commit::keys_needed(&decoded, &validated.codes);
    let _ = commit::commit_hash(&validated.codes, &folded, &[]);
}

fn block_seeds() -> Vec<Vec<u8>> {
    BLOCKS.iter().map(|block| block.to_vec()).collect()
}

/// A read-write set, and the metadata of a key.
fn rwset(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(entries) = metadata_entries(bytes.clone()) {
        assert_eq!(metadata_entries(metadata_bytes(&entries)), Ok(entries));
    }
    if let Ok(rwset) = TxRwset::decode(bytes) {
        assert_eq!(TxRwset::decode(rwset.encode()), Ok(rwset));
    }
}

fn rwset_seeds() -> Vec<Vec<u8>> {
    let transactions = DECODED.iter().flat_map(|block| &block.transactions);
    let endorsed = transactions.filter_map(|transaction| transaction.endorsed());
    endorsed
        .map(|endorsed| endorsed.rwset.encode().to_vec())
        .collect()
}

/// The plaintext of private writes.
fn private_rwset(data: &[u8]) {
    if let Ok(writes) = PrivateWrites::decode(Bytes::copy_from_slice(data)) {
        assert_eq!(PrivateWrites::decode(writes.encode()), Ok(writes.clone()));
        let mut state = MemoryState::new();
        state.apply_private(&writes, Version::new(1, 0));
    }
}

fn private_rwset_seeds() -> Vec<Vec<u8>> {
    let state = MemoryState::new();
    let mut simulator = fabric_ledger::simulate::Simulator::new(&state, "tx");
    simulator.put_private("cc", "a", "k", "value").unwrap();
    simulator.delete_private("cc", "a", "l").unwrap();
    simulator.purge_private("cc", "b", "m").unwrap();
    vec![simulator.finish().private.encode().to_vec()]
}

/// A policy as people write it.
fn policy_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(parsed) = policy::parse(text) {
        policy::check(&parsed).unwrap();
        if let Some(text) = policy::format(&parsed) {
            assert_eq!(policy::format(&policy::parse(&text).unwrap()), Some(text));
        }
    }
}

const POLICIES: [&str; 4] = [
    "OR('Org1MSP.peer','Org2MSP.peer')",
    "AND('Org1MSP.member', OR('Org2MSP.admin', 'Org3MSP.client'))",
    "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'OrdererMSP.orderer')",
    "outof(1,\"a-b.c.member\",and('A.admin'))",
];

fn policy_text_seeds() -> Vec<Vec<u8>> {
    POLICIES.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// A signature policy, evaluated for none, some and all of the signers there are.
fn signature_policy(data: &[u8]) {
    let Ok(found) = SignaturePolicyEnvelope::decode(data) else {
        return;
    };
    let sound = policy::check(&found).is_ok();
    for count in [0, 1, SIGNERS.len()] {
        let verdict = policy::evaluate(&found, &SIGNERS[..count]);
        assert!(sound || verdict.is_err());
    }
    let _ = policy::format(&found);
}

fn signature_policy_seeds() -> Vec<Vec<u8>> {
    let policies = POLICIES.iter();
    policies
        .map(|text| policy::parse(text).unwrap().encode_to_vec())
        .collect()
}

/// A key that may be a composite one.
fn composite_key_text(data: &[u8]) {
    let Ok(key) = std::str::from_utf8(data) else {
        return;
    };
    if let Some((object_type, attributes)) = composite_key::split(key)
        && let Ok(joined) = composite_key::join(object_type, attributes)
    {
        assert_eq!(joined, key);
    }
    let parts: Vec<&str> = key.split('/').collect();
    if let Ok(joined) = composite_key::join(key, &parts) {
        assert_eq!(composite_key::split(&joined), Some((key, parts.clone())));
        let (start, end) = composite_key::range(key, &parts).unwrap();
        assert!(start <= joined && joined < end);
    }
}

fn composite_key_seeds() -> Vec<Vec<u8>> {
    ["\0car\0red\0fiat\0", "\0car\0", "car/red/fiat", "\0\0", ""]
        .map(|key| key.as_bytes().to_vec())
        .to_vec()
}

/// A configuration, of a new channel and after the recorded one.
fn channel_config(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(config) = ChannelConfig::from_envelope("holdout", &bytes) {
        let _ = config.satisfies("/Channel/Application/Writers", &SIGNERS);
        let _ = config.satisfies("/Channel/Application/Endorsement", &SIGNERS);
    }
    let _ = CHANNEL.next(&bytes);
}

fn channel_config_seeds() -> Vec<Vec<u8>> {
    let configurations = [BLOCKS[0], BLOCKS[7]];
    let envelope = |block: &[u8]| {
        let block = Block::decode(block).ok()?;
        let envelope = Envelope::decode(block.data?.data.first()?.clone()).ok()?;
        Some(Payload::decode(envelope.payload).ok()?.data.to_vec())
    };
    configurations.into_iter().filter_map(envelope).collect()
}

/// A query, run over a few documents; with a bookmark after a line break.
fn mango(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (text, bookmark) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(query) = Query::parse(text, bookmark) else {
        return;
    };
    let documents = [
        r#"{"a":1,"b":[2,"x",{"c":null}],"d":{"e":"F"}}"#,
        "[]",
        text,
    ];
    let documents = documents.iter().zip(0_u64..).map(|(value, number)| {
        let value = VersionedValue {
            value: Bytes::copy_from_slice(value.as_bytes()),
            metadata: Bytes::new(),
            version: Version::new(1, number),
        };
        (number.to_string(), value)
    });
    let documents: Vec<_> = documents.collect();
    let mut find = Find::new(query);
    let mut read = |start: &str| -> Result<_, std::convert::Infallible> {
        let rest = documents.iter().filter(|(key, _)| key.as_str() >= start);
        Ok(rest.take(2).cloned().collect())
    };
    while let Ok(Some(found)) = find.next(&mut read) {
        assert!(documents.iter().any(|(key, _)| *key == found.key));
    }
    let bookmark = find.bookmark();
    if bookmark != "nil" {
        Query::parse(text, &bookmark).unwrap();
    }
}

fn mango_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"selector":{"a":{"$gt":0,"$lte":5}},"sort":[{"a":"desc"}],"fields":["a","d.e"]}"#,
        r#"{"selector":{"$or":[{"b.0":2},{"$not":{"d":{"$exists":false}}}]},"skip":1}"#,
        r#"{"selector":{"b":{"$elemMatch":{"$in":["x",2]}},"d.e":{"$regex":"^[A-F]+$"}}}"#,
        r#"{"selector":{"$nor":[{"a":{"$mod":[2,0]}},{"b":{"$size":3}}]},"use_index":"i"}"#,
        r#"{"selector":{"d":{"$keyMapMatch":{"$eq":"e"}},"b":{"$all":[2],"$nin":[7]}}}"#,
    ]
    .map(|query| query.as_bytes().to_vec())
    .to_vec()
}

/// What the state may hold as a definition: the values of its keys, each with its length (two
/// bytes) before it.
fn lifecycle_state(data: &[u8]) {
    let keys = [
        "Sequence",
        "EndorsementInfo",
        "ValidationInfo",
        "Collections",
    ];
    let keys = keys.map(|field| lifecycle::field_key("cc", field));
    let mut state = MemoryState::new();
    let mut rest = data;
    for key in [lifecycle::metadata_key("cc")].iter().chain(&keys) {
        let Some((length, bytes)) = rest.split_first_chunk::<2>() else {
            break;
        };
        let length = usize::from(u16::from_be_bytes(*length)).min(bytes.len());
        let (value, next) = bytes.split_at(length);
        let value = VersionedValue {
            value: Bytes::copy_from_slice(value),
            metadata: Bytes::new(),
            version: Version::new(1, 0),
        };
        state.insert(lifecycle::NAMESPACE, key, value);
        rest = next;
    }
    let Ok(_) = lifecycle::definition(&state, "cc");
    let Ok(_) = lifecycle::block_to_live(&state, "cc", "secret");
    let decoded = &DECODED[1];
    let Ok(_) = validate_block(&CHANNEL, &state, &HashSet::new(), decoded);
}

fn lifecycle_state_seeds() -> Vec<Vec<u8>> {
    let policy = ApplicationPolicy {
        r#type: Some(application_policy::Type::SignaturePolicy(
            policy::parse(POLICIES[0]).unwrap(),
        )),
    };
    let definition = lifecycle::ChaincodeDefinition::new(1, "1.0", &policy);
    let mut seed = Vec::new();
    for (_, value) in definition.entries("cc") {
        seed.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        seed.extend_from_slice(&value);
    }
    vec![seed]
}
