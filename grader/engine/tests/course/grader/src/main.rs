//! The grader of the tiny course on which the engine is tested: a lesson for each ability.

include!(concat!(env!("OUT_DIR"), "/course.rs"));

fn main() -> std::process::ExitCode {
    class::main(&COURSE)
}
