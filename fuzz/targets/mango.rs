//! Fuzz target of the entry `mango`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("mango"),
    |data: &[u8]| fuzz::run("mango", data)
);
