//! The contract on a ledger in memory.

use CRATE::{Task, Tasks};
use fabric_contract_api_rust::testing::{Code, Ledger};

#[test]
fn a_task_is_finished_by_its_owner() {
    let mut ledger = Ledger::of(Tasks);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let bob = ledger.user("Org1MSP", "bob").unwrap();
    ledger.as_user(&ann).submit("add", ["1", "water the plants"]).unwrap();
    let refused = ledger.as_user(&bob).endorse("finish", ["1"]).unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("NOT_OWNER"));
    ledger.as_user(&ann).submit("finish", ["1"]).unwrap();
    let task: Task = ledger.as_user(&bob).evaluate("read", ["1"]).unwrap();
    assert!(task.done);
}

#[test]
fn two_tasks_of_one_id_conflict() {
    let mut ledger = Ledger::of(Tasks);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let first = ledger.as_user(&ann).endorse("add", ["1", "this"]).unwrap();
    let second = ledger.as_user(&ann).endorse("add", ["1", "that"]).unwrap();
    assert_eq!(ledger.commit([first, second]), [Code::VALID, Code::MVCC_READ_CONFLICT]);
}
