//! Fuzzes archives that a learner may hand in.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::submission(bytes));
