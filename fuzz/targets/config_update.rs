//! Fuzz target of the entry `config_update`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("config_update"),
    |data: &[u8]| fuzz::run("config_update", data)
);
