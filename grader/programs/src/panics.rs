//! What is said when a learner's code panics.

use std::panic;

/// From now on, a panic in an exercise names its lesson and what to do.
pub fn explain() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        default(info);
        if let Some(lesson) = info.location().and_then(|it| lesson(it.file())) {
            anstream::eprintln!(
                "\nThis is your own code: `./x grade {lesson}` says what it lacks."
            );
        }
    }));
}

/// The lesson that a source file of a learner's belongs to.
fn lesson(file: &str) -> Option<&str> {
    let (_, below) = file.split_once("exercises/")?;
    below.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_exercise_names_its_lesson() {
        assert_eq!(lesson("exercises/ex_5_2/src/lib.rs"), Some("ex_5_2"));
        assert_eq!(lesson("/home/me/course/exercises/ex_5_2/src/a/b.rs"), Some("ex_5_2"));
        assert_eq!(lesson("grader/programs/src/main.rs"), None);
    }
}
