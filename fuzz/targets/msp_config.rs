//! Fuzz target of the entry `msp_config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("msp_config", data));
