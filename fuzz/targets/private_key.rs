//! Fuzz target of the entry `private_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("private_key"),
    |data: &[u8]| fuzz::run("private_key", data)
);
