//! Tests of the crate's public behaviour.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificates;
mod config_file;
mod entries;
mod folders;
mod hostile;
mod identities;
mod manager;
mod organizations;
mod principals;
mod recorded;
mod seeded;
mod signatures;
