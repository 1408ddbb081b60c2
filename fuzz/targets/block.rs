//! Fuzz target of the entry `block`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("block"),
    |data: &[u8]| fuzz::run("block", data)
);
