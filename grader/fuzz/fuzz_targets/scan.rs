//! Fuzzes source text.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::scan(bytes));
