//! Fuzz target of the entry `policy_text`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("policy_text", data));
