//! What a lesson and its checks are.
//!
//! A check runs in the grader's process. It calls the learner's functions through [`Learner`],
//! compares what comes back, and returns `Ok(())` only when every comparison held.

mod comparison;
mod learner;

pub use comparison::{all_close, close, gradients, rounded, same_shape, same_table, within};
pub use learner::{Learner, Probe, Subject, mixed, panic_again, panicked};

use gradcheck::Structure;

use crate::report::{Kind, Verdict, Visibility};

/// A lesson: its checks, and where its interface is.
#[derive(Debug)]
pub struct Lesson {
    /// `ex_<chapter>_<number>`; the interface crate exports the adapter under the same name.
    pub id: &'static str,
    pub title: &'static str,
    /// How closely, relative to their size, a learner's answers match those of a mistake.
    pub precision: f64,
    pub checks: &'static [Check],
}

/// The precision of answers that a program computes.
pub const COMPUTED: f64 = 1e-9;

/// One graded item of a lesson.
#[derive(Debug)]
pub struct Check {
    pub id: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub visibility: Visibility,
    pub points: f64,
    pub run: fn(&mut Learner) -> Outcome,
    /// The checks that this one builds on: when one of them fails for the same cause, this one has
    /// nothing to add.
    pub builds_on: &'static [&'static str],
}

impl Check {
    /// A check whose inputs and expected values the learner does not see.
    pub const fn hidden(
        kind: Kind,
        id: &'static str,
        title: &'static str,
        points: f64,
        run: fn(&mut Learner) -> Outcome,
    ) -> Self {
        Self { id, title, kind, visibility: Visibility::Hidden, points, run, builds_on: &[] }
    }

    /// A check that the visible tests make as well: its message may show expected values.
    pub const fn visible(
        kind: Kind,
        id: &'static str,
        title: &'static str,
        points: f64,
        run: fn(&mut Learner) -> Outcome,
    ) -> Self {
        Self { visibility: Visibility::Visible, ..Self::hidden(kind, id, title, points, run) }
    }

    /// Names the checks that this one builds on.
    pub const fn after(self, builds_on: &'static [&'static str]) -> Self {
        Self { builds_on, ..self }
    }
}

impl Lesson {
    pub fn max_score(&self) -> f64 {
        self.checks.iter().map(|check| check.points).sum()
    }
}

/// `Ok(())` when every comparison of a check held.
pub type Outcome = Result<(), Miss>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    pub verdict: Verdict,
    /// What a learner may read: never a hidden input, never an expected value.
    pub message: String,
    /// Inputs and expected values, shown only when asked for.
    pub reveal: String,
    /// The simple form of the difference, where there is one.
    pub structure: Option<Structure>,
}

impl Miss {
    /// A comparison that did not hold.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Verdict::Failed, message)
    }

    /// A comparison that did not hold, of one number or `all` of an array, with a difference that
    /// has a simple form.
    pub fn structured(name: &str, structure: Structure, all: bool) -> Self {
        let form = if all { format!("{structure:#}") } else { structure.to_string() };
        Self { structure: Some(structure), ..Self::failed(format!("{name} {form}")) }
    }

    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into(), reveal: String::new(), structure: None }
    }

    /// Adds what only `--reveal` shows.
    #[must_use]
    pub fn revealing(self, reveal: impl Into<String>) -> Self {
        Self { reveal: reveal.into(), ..self }
    }
}
