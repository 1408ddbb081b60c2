//! Fuzz target of the entry `rwset`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("rwset"),
    |data: &[u8]| fuzz::run("rwset", data)
);
