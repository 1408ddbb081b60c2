//! Fuzz target of the entry `signature_policy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("signature_policy", data));
