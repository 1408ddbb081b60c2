//! Fuzz target of the entry `rwset`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("rwset", data));
