//! A commercial paper, what may be done with it, and what happened to it.

use fabric_contract_api_rust::{KeyModification, prelude::*};

/// A promise of its issuer to pay its face value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, State)]
#[serde(rename_all = "camelCase")]
#[state(
    kind = "org.papernet.paper",
    key(issuer, paper_number),
    index(by_owner(owner))
)]
pub struct Paper {
    /// How far it is in its life.
    pub current_state: PaperState,
    /// Who pays it.
    pub issuer: String,
    /// Its number with the issuer.
    pub paper_number: String,
    /// When it was issued; the ledger's own clock is the transactions'.
    pub issue_date_time: String,
    /// When it is due.
    pub maturity_date_time: String,
    /// What is paid then.
    pub face_value: u64,
    /// The organisation of its owner.
    pub mspid: String,
    /// Who has it.
    pub owner: String,
}

/// How far a paper is in its life: a number in its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "u8", try_from = "u8")]
#[schemars(with = "u8")]
pub enum PaperState {
    /// Issued, and with its issuer.
    Issued,
    /// Somebody asked to buy it.
    Pending,
    /// Bought.
    Trading,
    /// Paid back.
    Redeemed,
}

const STATES: [PaperState; 4] = [
    PaperState::Issued,
    PaperState::Pending,
    PaperState::Trading,
    PaperState::Redeemed,
];

impl From<PaperState> for u8 {
    fn from(state: PaperState) -> Self {
        (1..)
            .zip(STATES)
            .find(|(_, each)| *each == state)
            .map_or(0, |(number, _)| number)
    }
}

impl TryFrom<u8> for PaperState {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        let state = (1..).zip(STATES).find(|(each, _)| *each == number);
        state
            .map(|(_, state)| state)
            .ok_or_else(|| format!("there is no state {number}"))
    }
}

impl Paper {
    pub(crate) fn check_owner(&self, owner: &str) -> Result<(), PaperError> {
        if self.owner == owner {
            return Ok(());
        }
        Err(PaperError::NotOwner {
            owner: owner.to_owned(),
            number: self.paper_number.clone(),
        })
    }

    pub(crate) fn check_organization(&self, reader: &Reader) -> Result<(), PaperError> {
        if self.mspid == reader.caller()?.msp_id() {
            return Ok(());
        }
        Err(PaperError::NotOrganization {
            mspid: self.mspid.clone(),
            number: self.paper_number.clone(),
        })
    }

    pub(crate) fn check_tradable(&self) -> Result<(), PaperError> {
        match self.current_state {
            PaperState::Issued | PaperState::Trading => Ok(()),
            PaperState::Pending | PaperState::Redeemed => Err(self.not_in_state()),
        }
    }

    pub(crate) fn not_in_state(&self) -> PaperError {
        PaperError::State {
            number: self.paper_number.clone(),
            state: self.current_state,
        }
    }
}

/// A paper was issued.
#[derive(Serialize, Event)]
pub(crate) struct Issued<'p> {
    issuer: &'p str,
    number: &'p str,
    face_value: u64,
}

impl<'p> Issued<'p> {
    pub(crate) fn of(paper: &'p Paper) -> Self {
        Self {
            issuer: &paper.issuer,
            number: &paper.paper_number,
            face_value: paper.face_value,
        }
    }
}

/// A paper has a new owner.
#[derive(Serialize, Event)]
pub(crate) struct Bought<'p> {
    issuer: &'p str,
    number: &'p str,
    from: String,
    to: &'p str,
    price: u64,
    at: String,
}

impl<'p> Bought<'p> {
    pub(crate) fn of(paper: &'p Paper, from: String, price: u64, at: String) -> Self {
        Self {
            issuer: &paper.issuer,
            number: &paper.paper_number,
            from,
            to: &paper.owner,
            price,
            at,
        }
    }
}

/// A paper was paid back.
#[derive(Serialize, Event)]
pub(crate) struct Redeemed<'p> {
    issuer: &'p str,
    number: &'p str,
    at: String,
}

impl<'p> Redeemed<'p> {
    pub(crate) fn of(paper: &'p Paper, at: String) -> Self {
        Self {
            issuer: &paper.issuer,
            number: &paper.paper_number,
            at,
        }
    }
}

/// One entry of a paper's history.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The transaction.
    pub tx_id: String,
    /// Its client's clock, in seconds since 1970.
    pub seconds: i64,
    /// The paper afterwards; nothing where it was removed.
    pub paper: Option<Paper>,
}

impl Change {
    pub(crate) fn of(change: KeyModification) -> Result<Self, PaperError> {
        let paper = match change.is_delete {
            true => None,
            false => Some(read(&change)?),
        };
        Ok(Self {
            tx_id: change.transaction_id,
            seconds: change.timestamp.seconds,
            paper,
        })
    }
}

fn read(change: &KeyModification) -> Result<Paper, PaperError> {
    fabric_contract_api_rust::read_reply(&change.value).map_err(|_| PaperError::History {
        transaction: change.transaction_id.clone(),
    })
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, ContractError)]
pub enum PaperError {
    /// There is no such paper.
    #[error("there is no paper {issuer}:{number}")]
    #[code(404, "PAPER_NOT_FOUND")]
    NotFound {
        /// The issuer.
        issuer: String,
        /// The number.
        number: String,
    },
    /// Somebody else has it.
    #[error("paper {number} is not owned by {owner}")]
    #[code(403, "NOT_OWNER")]
    NotOwner {
        /// Who was said to have it.
        owner: String,
        /// The number.
        number: String,
    },
    /// The caller is of another organisation than the owner.
    #[error("paper {number} belongs to {mspid}, and the caller does not")]
    #[code(403, "NOT_ORGANIZATION")]
    NotOrganization {
        /// The owner's organisation.
        mspid: String,
        /// The number.
        number: String,
    },
    /// It is not in a state for this.
    #[error("paper {number} is {state:?}")]
    #[code(409, "WRONG_STATE")]
    State {
        /// The number.
        number: String,
        /// Its state.
        state: PaperState,
    },
    /// A former value is no paper.
    #[error("transaction {transaction} wrote no paper")]
    #[code(500, "HISTORY_UNREADABLE")]
    History {
        /// The transaction.
        transaction: String,
    },
    /// The ledger did not do as asked.
    #[error(transparent)]
    #[code(transparent)]
    Ledger(#[from] LedgerError),
}
