//! Grades classes of the tiny course with the real program.

mod bad_input;
mod batch;
mod class;
mod decisions;
mod parts;
mod server;
mod slurm;
// Not everything that the engine is tested with is needed here.
#[allow(dead_code)]
#[path = "../../../engine/tests/support/mod.rs"]
mod support;
