//! Fuzz target of the entry `discovery_query`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_examples("discovery_query"),
    |data: &[u8]| fuzz::run("discovery_query", data)
);
