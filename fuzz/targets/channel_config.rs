//! Fuzz target of the entry `channel_config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("channel_config", data));
