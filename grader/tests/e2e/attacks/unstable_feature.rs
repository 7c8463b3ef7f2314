// Asks for a compiler that allows more.
// verdict: compile_error

#![feature(core_intrinsics)]

fn attack() {}
