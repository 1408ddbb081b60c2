//! Fuzz target of the entry `private_key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run("private_key", data));
