//! Fuzz target of the entry `msp_config`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("msp_config"),
    |data: &[u8]| fuzz::run("msp_config", data)
);
