//! Fuzz target of the entry `channel_config`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("channel_config"),
    |data: &[u8]| fuzz::run("channel_config", data)
);
