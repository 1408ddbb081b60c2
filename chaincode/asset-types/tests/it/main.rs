//! The shared words: what they accept, what they refuse, and the JSON that others rely on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod amount;
mod arbitrary_precision;
mod golden;
mod key;
mod refusal;
mod text;
mod timestamp;
