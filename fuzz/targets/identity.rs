//! Fuzz target of the entry `identity`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("identity"),
    |data: &[u8]| fuzz::run("identity", data)
);
