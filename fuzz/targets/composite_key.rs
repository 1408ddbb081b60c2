//! Fuzz target of the entry `composite_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("composite_key", data));
