//! Fuzzes what a hostile worker may answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::frame(bytes));
