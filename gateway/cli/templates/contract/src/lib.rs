//! Tasks that their owners finish: a contract to begin with.
//!
//! Never reads a clock, never scans in a transaction.

use fabric_contract_api_rust::prelude::*;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, State)]
#[state(kind = "task", key(id), index(by_owner(owner)))]
pub struct Task {
    /// Its key.
    pub id: String,
    /// Who does it: the hash of the owner's public key.
    pub owner: String,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
}

/// A task was finished.
#[derive(Serialize, Event)]
struct Finished<'t> {
    id: &'t str,
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum TaskError {
    /// There is none under this id.
    #[error("there is no task {id}")]
    #[code(404, "TASK_NOT_FOUND")]
    NotFound {
        /// The id.
        id: String,
    },
    /// Somebody else owns it.
    #[error("task {id} is somebody else's")]
    #[code(403, "NOT_OWNER")]
    NotOwner {
        /// The id.
        id: String,
    },
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}

/// The contract.
pub struct Tasks;

/// Tasks on a ledger.
#[contract(name = "tasks")]
impl Tasks {
    /// Adds a task of the caller's.
    #[transaction]
    fn add(&self, tx: &mut Tx, id: String, text: String) -> Result<Task, TaskError> {
        let owner = tx.caller()?.public_key_hash();
        let task = Task {
            id,
            owner,
            text,
            done: false,
        };
        tx.create(&task)?;
        Ok(task)
    }

    /// Finishes a task of the caller's.
    #[transaction]
    fn finish(&self, tx: &mut Tx, id: String) -> Result<(), TaskError> {
        let found = tx.get(&Task::key(&id))?;
        let mut task = found.ok_or_else(|| TaskError::NotFound { id: id.clone() })?;
        if task.owner != tx.caller()?.public_key_hash() {
            return Err(TaskError::NotOwner { id });
        }
        task.done = true;
        tx.save(&task)?;
        tx.emit(&Finished { id: &task.id })?;
        Ok(())
    }

    /// One task.
    #[query]
    fn read(&self, query: &Query, id: String) -> Result<Task, TaskError> {
        let found = query.get(&Task::key(&id))?;
        found.ok_or(TaskError::NotFound { id })
    }

    /// One page of the caller's tasks.
    #[query]
    fn mine(&self, query: &Query, page: Page) -> Result<Paged<Task>, TaskError> {
        let owner = query.caller()?.public_key_hash();
        Ok(query.select_page(&Task::by_owner(&owner), &page)?)
    }
}
