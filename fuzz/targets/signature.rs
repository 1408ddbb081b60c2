//! Fuzz target of the entry `signature`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("signature", data));
