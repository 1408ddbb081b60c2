//! Tests of the crate's public behaviour.
