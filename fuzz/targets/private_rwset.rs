//! Fuzz target of the entry `private_rwset`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("private_rwset"),
    |data: &[u8]| fuzz::run("private_rwset", data)
);
