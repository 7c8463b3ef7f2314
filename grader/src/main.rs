//! The grader of the Gradlings course: the engine, and the lessons that the build script found.

include!(concat!(env!("OUT_DIR"), "/course.rs"));

fn main() -> std::process::ExitCode {
    // `./x` asks for one of them at a time.
    #[cfg(feature = "book")]
    return book::main(&COURSE);
    #[cfg(all(feature = "class", not(feature = "book")))]
    return class::main(&COURSE);
    #[cfg(not(any(feature = "book", feature = "class")))]
    engine::main(&COURSE)
}
