//! The outcome of a verification: every check with its result, folded to one boolean.

use serde::Serialize;

use crate::credential::Credential;

/// The checks, in the order in which they are made.
pub(crate) const CHECKS: [&str; 12] = [
    "size",
    "format",
    "algorithm",
    "claims",
    "type",
    "issuer_trusted",
    "issuer_resolved",
    "issuer_controls_key",
    "signature",
    "valid_from",
    "valid_until",
    "holder",
];

/// What became of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not hold.
    Failed {
        /// What was found, for a person.
        reason: String,
    },
    /// An earlier check failed, or the policy does not ask for it.
    Skipped,
}

/// One check by its stable name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    name: &'static str,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Check {
    /// The stable name, such as `issuer_trusted`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Every check of one verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    checks: Vec<Check>,
    credential: Option<Credential>,
}

impl Verdict {
    /// True when no check failed and every check was reached.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.credential.is_some()
    }

    /// Every check, in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The check that failed, where one did.
    #[must_use]
    pub fn failure(&self) -> Option<&Check> {
        self.checks
            .iter()
            .find(|check| matches!(check.outcome, Outcome::Failed { .. }))
    }

    /// The credential's content: only what was verified can be read.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }
}

/// Notes checks as they are made. The order is that of [`CHECKS`].
#[derive(Default)]
pub(crate) struct Record {
    checks: Vec<Check>,
}

/// A check failed: nothing after it may be made.
pub(crate) struct Refused;

impl Record {
    pub(crate) fn check(&mut self, result: Result<(), String>) -> Result<(), Refused> {
        self.take(result)
    }

    /// Notes a check that yields a value on success.
    pub(crate) fn take<T>(&mut self, result: Result<T, String>) -> Result<T, Refused> {
        match result {
            Ok(value) => {
                self.note(Outcome::Passed);
                Ok(value)
            }
            Err(reason) => {
                self.note(Outcome::Failed { reason });
                Err(Refused)
            }
        }
    }

    pub(crate) fn skip(&mut self) {
        self.note(Outcome::Skipped);
    }

    /// The verdict. A credential survives only if every check was noted and none failed.
    pub(crate) fn finish(mut self, credential: Result<Credential, Refused>) -> Verdict {
        let complete = self.checks.len() == CHECKS.len();
        while self.checks.len() < CHECKS.len() {
            self.skip();
        }
        Verdict {
            checks: self.checks,
            credential: credential.ok().filter(|_| complete),
        }
    }

    fn note(&mut self, outcome: Outcome) {
        if let Some(name) = CHECKS.get(self.checks.len()).copied() {
            self.checks.push(Check { name, outcome });
        }
    }
}
