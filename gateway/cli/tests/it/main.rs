//! The command as a shell sees it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod channels;
mod contract;
mod examples;
mod folders;
mod network_control;
mod network_file;
mod support;
