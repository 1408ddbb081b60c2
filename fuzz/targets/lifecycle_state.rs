//! Fuzz target of the entry `lifecycle_state`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("lifecycle_state"),
    |data: &[u8]| fuzz::run("lifecycle_state", data)
);
