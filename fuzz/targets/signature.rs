//! Fuzz target of the entry `signature`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("signature"),
    |data: &[u8]| fuzz::run("signature", data)
);
