//! Parts of a transaction that fail, at any depth, against a model that copies everything.

use std::collections::{BTreeMap, BTreeSet};

use fabric_contract_api_rust::{WRITES_MAX, Write, prelude::*};
use proptest::prelude::*;

use crate::fake_peer::{FakePeer, code, invoke};

/// What a part of a transaction does.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    Policy(u8),
    Part { steps: Vec<Step>, fails: bool },
}

struct Script;

#[contract(name = "script")]
impl Script {
    #[transaction]
    fn run(&self, tx: &mut Tx, steps: Vec<Step>, fails: bool) -> Result<(), Failure> {
        for step in steps {
            match step {
                Step::Put(key, value) => tx.put(&key.to_string(), &[value])?,
                Step::Delete(key) => tx.delete(&key.to_string())?,
                Step::Policy(key) => {
                    let policy = EndorsementPolicy::peer("Org1MSP");
                    tx.set_endorsement(&key.to_string(), Some(&policy))?;
                }
                Step::Part { steps, fails } => {
                    let arguments = [json(&steps), json(&fails)];
                    // A part that failed leaves nothing, and the rest goes on.
                    let _ = tx.call_contract("script:run", arguments);
                }
            }
        }
        match fails {
            true => Err(Failure::new(400, "ON_PURPOSE", "fails")),
            false => Ok(()),
        }
    }

    /// Writes so many keys, and fails or not.
    #[transaction]
    fn fill(&self, tx: &mut Tx, keys: u32, fails: bool) -> Result<(), Failure> {
        for key in 0..keys {
            tx.put(&key.to_string(), b"1")?;
        }
        match fails {
            true => Err(Failure::new(400, "ON_PURPOSE", "fails")),
            false => Ok(()),
        }
    }

    #[transaction]
    fn fill_again_and_again(&self, tx: &mut Tx, keys: u32) -> Result<(), Failure> {
        for fails in [true, true, false] {
            let filled = tx.call_contract("fill", [json(&keys), json(&fails)]);
            assert_eq!(filled.is_err(), fails);
        }
        Ok(())
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

#[derive(Clone, Default)]
struct Model {
    values: BTreeMap<String, Option<u8>>,
    policies: BTreeSet<String>,
}

impl Model {
    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Put(key, value) => {
                    self.values.insert(key.to_string(), Some(*value));
                }
                Step::Delete(key) => {
                    self.values.insert(key.to_string(), None);
                }
                Step::Policy(key) => {
                    self.policies.insert(key.to_string());
                }
                Step::Part { steps, fails } => {
                    let mut part = self.clone();
                    part.run(steps);
                    if !fails {
                        *self = part;
                    }
                }
            }
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        (0..4_u8, any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        (0..4_u8).prop_map(Step::Delete),
        (0..4_u8).prop_map(Step::Policy),
    ];
    let step = leaf.prop_recursive(4, 32, 6, |inner| {
        (prop::collection::vec(inner, 0..6), any::<bool>())
            .prop_map(|(steps, fails)| Step::Part { steps, fails })
    });
    prop::collection::vec(step, 0..8)
}

proptest! {
    #[test]
    fn a_transaction_writes_what_its_parts_that_succeeded_wrote(steps in steps()) {
        let mut peer = FakePeer::default();
        let response = invoke(&Script, &mut peer, &["run", &json(&steps), "false"]);
        prop_assert_eq!(response.message, "");
        let mut model = Model::default();
        model.run(&steps);
        let (mut values, mut policies) = (BTreeMap::new(), BTreeSet::new());
        for write in peer.flushed.into_iter().flatten() {
            match write {
                Write::Put { key, value, .. } => values.insert(key, Some(value[0])),
                Write::Delete { key, .. } => values.insert(key, None),
                Write::PutMetadata { key, .. } => {
                    policies.insert(key);
                    None
                }
                other => panic!("{other:?}"),
            };
        }
        prop_assert_eq!(values, model.values);
        prop_assert_eq!(policies, model.policies);
    }
}

#[test]
fn what_was_taken_back_counts_for_nothing() {
    let keys = (WRITES_MAX - 1).to_string();
    let mut peer = FakePeer::default();
    let response = invoke(&Script, &mut peer, &["fill_again_and_again", &keys]);
    assert_eq!(response.message, "");
    assert_eq!(peer.flushed[0].len(), WRITES_MAX - 1);
    let beyond = (WRITES_MAX + 1).to_string();
    let response = invoke(
        &Script,
        &mut FakePeer::default(),
        &["fill", &beyond, "false"],
    );
    assert_eq!(code(&response), "TOO_MUCH_WRITTEN");
}
