//! Fuzz target of the entry `block`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("block", data));
