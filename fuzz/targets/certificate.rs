//! Fuzz target of the entry `certificate`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("certificate"),
    |data: &[u8]| fuzz::run("certificate", data)
);
