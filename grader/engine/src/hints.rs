//! The hints of a lesson, which are read one at a time.

use crate::reading;

/// The hints of a lesson.
#[derive(Debug)]
pub struct Hints<'a> {
    lesson: &'a str,
    hints: Vec<&'a str>,
}

impl<'a> Hints<'a> {
    /// The hints that the text of `hints.md` holds.
    pub fn of(lesson: &'a str, text: &'a str) -> Self {
        Self { lesson, hints: reading::sections(text) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.hints.len()
    }

    /// The number of the hint after so many, from 0; after the last comes the first.
    pub fn after(&self, read: usize) -> usize {
        if read < self.hints.len() { read } else { 0 }
    }

    /// One hint, with its number.
    pub fn page(&self, at: usize, width: usize) -> String {
        let Some(hint) = self.hints.get(at) else {
            return format!("{} has no hints.\n", self.lesson);
        };
        let (number, count) = (at + 1, self.count());
        let page = reading::page(hint, width);
        format!("Hint {number} of {count} for {}\n\n{page}", self.lesson)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Hints\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n";

    #[test]
    fn hints_come_one_after_the_other_and_then_again() {
        let hints = Hints::of("ex_1_1", TEXT);
        assert_eq!([0, 1, 2, 9].map(|read| hints.after(read)), [0, 1, 0, 0]);
        let page = anstream::adapter::strip_str(&hints.page(1, 40)).to_string();
        assert_eq!(page, "Hint 2 of 2 for ex_1_1\n\nTwo\n\nSecond.\n");
    }

    #[test]
    fn a_lesson_may_have_none() {
        assert_eq!(Hints::of("ex_1_1", "# Hints\n").page(0, 40), "ex_1_1 has no hints.\n");
    }
}
