//! The grader of the Gradlings course: the engine, and the lessons that the build script found.

include!(concat!(env!("OUT_DIR"), "/course.rs"));

fn main() -> std::process::ExitCode {
    #[cfg(feature = "class")]
    return class::main(&COURSE);
    #[cfg(not(feature = "class"))]
    engine::main(&COURSE)
}
