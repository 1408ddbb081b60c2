//! What the recorded chain holds: rounds of transactions, each round ordered together. First every
//! policy with every combination of endorsers, then a random mix whose seed fixes every choice.

use fabric_ledger::policy;
use fabric_testnet::probe::{Data, Key, Op, Page};
use prost::Message as _;

/// A transaction to make.
pub(crate) struct Planned {
    pub(crate) label: String,
    pub(crate) chaincode: &'static str,
    pub(crate) script: Vec<Op>,
    pub(crate) endorsers: Vec<usize>,
    /// Organisation of the client.
    pub(crate) creator: usize,
}

/// Transactions that are simulated on the same state and ordered together.
pub(crate) type Round = Vec<Planned>;

const SEED: u64 = 312_026;
const RANDOM_ROUNDS: usize = 24;
const COMBINATIONS: [&[usize]; 7] = [&[1], &[2], &[3], &[1, 2], &[1, 3], &[2, 3], &[1, 2, 3]];

/// Every round, in order.
pub(crate) fn rounds() -> Vec<Round> {
    let mut rounds = policies();
    rounds.extend(collections());
    rounds.extend(keys());
    rounds.extend(queries());
    let mut random = Random(SEED);
    rounds.extend((0..RANDOM_ROUNDS).map(|_| random.round()));
    rounds
}

fn planned(label: &str, chaincode: &'static str, script: Vec<Op>, endorsers: &[usize]) -> Planned {
    Planned {
        label: format!("{label}, endorsed by {endorsers:?}"),
        chaincode,
        script,
        endorsers: endorsers.to_vec(),
        creator: endorsers.first().copied().unwrap_or(1),
    }
}

fn put(key: impl Into<Key>, value: &str) -> Op {
    Op::Put(key.into(), Data::from(value))
}

fn set_policy(key: impl Into<Key>, text: &str) -> Op {
    let value = match text {
        "" => Vec::new(),
        text => policy::parse(text).expect("a policy").encode_to_vec(),
    };
    Op::SetMetadata {
        key: key.into(),
        name: "VALIDATION_PARAMETER".to_owned(),
        value: Data(value),
    }
}

/// Nested and implicit policies under every combination of endorsers.
fn policies() -> Vec<Round> {
    let round = |chaincode| {
        let every = COMBINATIONS.iter().enumerate();
        every
            .map(|(number, endorsers)| {
                let script = vec![put(&*format!("p{number}"), "1")];
                planned("policy", chaincode, script, endorsers)
            })
            .collect()
    };
    ["nested", "deep", "majority", "private"].map(round).into()
}

/// Collections with policies of their own, and what expires.
fn collections() -> Vec<Round> {
    let round = |collection: &'static str| -> Round {
        let every = COMBINATIONS.iter().enumerate();
        // What only Org1 may keep nobody else hands on: peers would wait for it.
        let kept = |endorsers: &[usize]| !collection.starts_with('_') || endorsers.contains(&1);
        every
            .filter(|(_, endorsers)| kept(endorsers))
            .map(|(number, endorsers)| {
                let script = vec![put((collection, &*format!("c{number}")), "1")];
                planned(collection, "private", script, endorsers)
            })
            .collect()
    };
    let mut rounds: Vec<Round> = [
        "guarded",
        "majority",
        "shared",
        "brief",
        "_implicit_org_Org1MSP",
    ]
    .map(round)
    .into();
    let guarded = ("guarded", "c3");
    rounds.push(vec![
        planned(
            "both kinds",
            "private",
            vec![put(guarded, "2"), put("x", "1")],
            &[1],
        ),
        planned(
            "both kinds",
            "private",
            vec![put(guarded, "3"), put("x", "2")],
            &[1, 2],
        ),
        planned(
            "hash read",
            "private",
            vec![Op::PrivateHash(guarded.into()), put("y", "1")],
            &[3],
        ),
    ]);
    rounds.push(vec![
        planned("purge", "private", vec![Op::Purge(guarded.into())], &[1]),
        planned("purge", "private", vec![Op::Purge(guarded.into())], &[1, 2]),
        planned(
            "delete",
            "private",
            vec![Op::Delete(("shared", "c3").into())],
            &[2],
        ),
        planned(
            "stale hash read",
            "private",
            vec![Op::PrivateHash(guarded.into()), put("y", "2")],
            &[3],
        ),
    ]);
    rounds
}

/// Policies of single keys, public and private, over policies of collections.
fn keys() -> Vec<Round> {
    let two_of_three = "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
    let (a, g) = ("key", ("guarded", "key"));
    let writes = |value: &str| -> Round {
        COMBINATIONS
            .iter()
            .map(|endorsers| {
                let script = vec![put(a, value), put(g, value)];
                planned("key policy", "private", script, endorsers)
            })
            .collect()
    };
    vec![
        vec![planned(
            "create",
            "private",
            vec![
                put(a, "0"),
                put(g, "0"),
                set_policy(a, two_of_three),
                set_policy(g, "OR('Org3MSP.peer')"),
            ],
            &[1, 2],
        )],
        writes("1"),
        vec![planned(
            "change",
            "private",
            vec![
                set_policy(a, "AND('Org1MSP.peer',OR('Org2MSP.peer','Org3MSP.peer'))"),
                set_policy(g, ""),
            ],
            &[2, 3],
        )],
        writes("2"),
        vec![
            planned("change", "private", vec![set_policy(a, "")], &[1, 3]),
            planned(
                "write after the change",
                "private",
                vec![put(a, "3")],
                &[1, 2, 3],
            ),
        ],
        writes("4"),
    ]
}

/// Histories and pages, which leave a trace in the read-write set or none.
fn queries() -> Vec<Round> {
    let fill = (0..8)
        .map(|number| put(&*format!("q{number}"), "1"))
        .collect();
    let range = |page: Option<i32>| Op::Range {
        collection: String::new(),
        start: "q".to_owned(),
        end: "r".to_owned(),
        page: page.map(|size| Page {
            size,
            bookmark: String::new(),
        }),
    };
    let history = vec![Op::History("q1".to_owned()), put("z1", "1")];
    vec![
        vec![planned("fill", "private", fill, &[1])],
        vec![
            planned("page", "private", vec![range(Some(3))], &[1]),
            planned("history", "private", history, &[2]),
            planned("insert", "private", vec![put("q1x", "1")], &[1]),
            planned("page over an insert", "private", vec![range(Some(3))], &[1]),
            planned(
                "page of more than there is",
                "private",
                vec![range(Some(50))],
                &[3],
            ),
            planned(
                "range over an insert",
                "private",
                vec![range(None), put("z2", "1")],
                &[3],
            ),
        ],
    ]
}

/// Choices that a seed fixes (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % bound as u64).expect("less than a size")
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn round(&mut self) -> Round {
        let count = 4 + self.below(9);
        (0..count).map(|_| self.transaction()).collect()
    }

    fn transaction(&mut self) -> Planned {
        let endorsers = self.one_of(&COMBINATIONS);
        let chaincode = self.one_of(&["nested", "deep", "majority", "private", "private"]);
        let count = 1 + self.below(4);
        let script = (0..count).map(|_| self.op(chaincode)).collect();
        planned("random", chaincode, script, endorsers)
    }

    fn op(&mut self, chaincode: &str) -> Op {
        let key = format!("k{}", self.below(6));
        // Keys with policies are never deleted: a policy written after a delete has no defined outcome.
        let lasting = format!("s{}", self.below(3));
        let value = self.below(1000).to_string();
        let collection = self.one_of(&["shared", "brief", "guarded", "majority"]);
        let policy = self.one_of(&[
            "",
            "OR('Org1MSP.peer')",
            "AND('Org2MSP.peer','Org3MSP.peer')",
        ]);
        let kinds = if chaincode == "private" { 12 } else { 8 };
        match self.below(kinds) {
            0 | 1 => Op::Get((&key).into()),
            2 | 3 => Op::Put((&key).into(), Data::from(&value)),
            4 => Op::Delete((&key).into()),
            5 => Op::Range {
                collection: String::new(),
                start: "k1".to_owned(),
                end: key,
                page: None,
            },
            6 => put(&lasting, &value),
            7 => set_policy(&lasting, policy),
            8 => Op::PrivateHash((collection, &key).into()),
            9 => Op::Put((collection, &key).into(), Data::from(&value)),
            10 => Op::Delete((collection, &key).into()),
            _ => Op::Purge((collection, &key).into()),
        }
    }
}
