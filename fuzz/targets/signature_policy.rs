//! Fuzz target of the entry `signature_policy`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("signature_policy"),
    |data: &[u8]| fuzz::run("signature_policy", data)
);
