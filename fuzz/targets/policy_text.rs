//! Fuzz target of the entry `policy_text`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("policy_text"),
    |data: &[u8]| fuzz::run("policy_text", data)
);
