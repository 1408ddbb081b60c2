#![doc = include_str!("../README.md")]

mod credential;
mod did_key;
mod error;
mod issue;
mod jwt;
mod policy;
mod verdict;
mod verify;

pub use credential::Credential;
pub use did_key::{Did, DidKey};
pub use error::{CheckError, IssueError, KeyError};
pub use issue::Draft;
pub use policy::Policy;
pub use verdict::{Check, Outcome, Verdict};
pub use verify::verify;
