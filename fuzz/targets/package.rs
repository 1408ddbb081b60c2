//! Fuzz target of the entry `package`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("package"),
    |data: &[u8]| fuzz::run("package", data)
);
