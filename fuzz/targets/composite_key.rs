//! Fuzz target of the entry `composite_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("composite_key"),
    |data: &[u8]| fuzz::run("composite_key", data)
);
