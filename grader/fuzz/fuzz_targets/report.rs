//! Fuzzes reports with any text of a learner in them.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::report(bytes));
