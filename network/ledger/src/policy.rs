//! Signature policies: who must have signed. Their text form, and their evaluation.

mod evaluate;
mod text;

pub use evaluate::{PolicyError, Signer, check, evaluate};
pub use text::{
    MAX_DEPTH, MAX_PRINCIPALS, MAX_TEXT_BYTES, PolicyTextError, any_member, format, parse, role_of,
};
