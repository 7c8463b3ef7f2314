//! What a lesson and its checks are.
//!
//! A check runs in the grader's process. It calls the learner's functions through [`Learner`],
//! compares what comes back, and returns `Ok(())` only when every comparison held.

mod comparison;
mod learner;
mod miss;
mod repetition;
mod sweep;

pub use comparison::{
    Tensor, added, all_close, all_close_in_single, close, gradients, gradients_of_model, panics,
    rounded, same_parts, same_shape, same_table, within,
};
pub use learner::{Learner, Probe, Subject, panic_again};
pub(crate) use learner::{Left, Line};
pub use miss::{Miss, Outcome, Raised};
pub(crate) use repetition::changed;
pub use sweep::{Case, Filling};
pub use wire::Callback;

use contract::Contract;
use wire::Wire;

pub use crate::report::{Kind, Verdict, Visibility};

/// A lesson: what its author states in `checks.rs`, and what was read from its folders.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// `ex_<chapter>_<number>`, the name of its folders.
    pub id: &'static str,
    /// Its title, as in the brief.
    pub title: &'static str,
    /// The lessons that a learner should know first; some may only be planned.
    pub prerequisites: &'static [&'static str],
    /// How closely, relative to their size, a learner's answers match those of a wrong variant.
    pub precision: f64,
    /// Whether learner code is compiled with optimisation.
    pub optimised: bool,
    /// What a check's calls may use, where the check does not say otherwise.
    pub limits: Limits,
    /// Its checks, in the order of the report.
    pub checks: &'static [Check],
    /// Its public functions and types.
    pub contract: Contract,
    /// The text of its `formulas.rs`; empty where there is none.
    pub formulas: &'static str,
}

/// The precision of answers that a program computes.
pub const COMPUTED: f64 = 1e-9;

/// What all calls of a check together may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time in seconds.
    pub seconds: u64,
    /// Address space in MiB, beside what a BLAS library sets aside for itself.
    pub memory_mib: u64,
}

impl Limits {
    /// What a small lesson's checks may use; an honest check needs a hundredth of either.
    pub const SMALL: Self = Self { seconds: 2, memory_mib: 2048 };
}

impl Lesson {
    /// A lesson with these checks. The build script fills in its id and its contract.
    #[must_use]
    pub const fn new(title: &'static str, checks: &'static [Check]) -> Self {
        Self {
            id: "",
            title,
            prerequisites: &[],
            precision: COMPUTED,
            optimised: false,
            limits: Limits::SMALL,
            checks,
            contract: Contract::EMPTY,
            formulas: "",
        }
    }

    /// Names the lessons that a learner should know first.
    #[must_use]
    pub const fn after(self, prerequisites: &'static [&'static str]) -> Self {
        Self { prerequisites, ..self }
    }

    /// Sets how closely answers match those of a wrong variant: less where people round by hand.
    #[must_use]
    pub const fn precision(self, precision: f64) -> Self {
        Self { precision, ..self }
    }

    /// Compiles learner code with optimisation, for lessons that would otherwise make a learner wait.
    #[must_use]
    pub const fn optimised(self) -> Self {
        Self { optimised: true, ..self }
    }

    /// Sets what the calls of each check may use.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What the calls of any of its checks may use.
    pub(crate) fn most_limits(&self) -> Limits {
        let limits = self.checks.iter().filter_map(|check| check.limits);
        limits.fold(self.limits, |most, other| Limits {
            seconds: most.seconds.max(other.seconds),
            memory_mib: most.memory_mib.max(other.memory_mib),
        })
    }

    /// How far answers may be off, relative to their size, beside rounding: where people round by hand.
    pub(crate) fn precision_of_digits(&self) -> f64 {
        if self.precision > COMPUTED { self.precision } else { 0.0 }
    }

    /// The sum of the points of its checks.
    #[must_use]
    pub fn max_score(&self) -> f64 {
        self.checks.iter().map(|check| check.points).sum()
    }
}

/// One graded item of a lesson.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name in reports; never changes.
    pub id: &'static str,
    /// What it looks at, for people.
    pub title: &'static str,
    /// How it compares.
    pub kind: Kind,
    /// Whether the visible tests show the same inputs.
    pub visibility: Visibility,
    /// What it is worth.
    pub points: f64,
    /// Calls and compares.
    pub run: fn(&mut Learner) -> Outcome,
    /// The checks that this one builds on: when one of them fails for the same cause, this one has
    /// nothing to add.
    pub builds_on: &'static [&'static str],
    /// What its calls may use, where that differs from the lesson's.
    pub limits: Option<Limits>,
}

impl Check {
    /// A check whose inputs and expected values the learner does not see.
    #[must_use]
    pub const fn hidden(
        kind: Kind,
        id: &'static str,
        title: &'static str,
        points: f64,
        run: fn(&mut Learner) -> Outcome,
    ) -> Self {
        let visibility = Visibility::Hidden;
        Self { id, title, kind, visibility, points, run, builds_on: &[], limits: None }
    }

    /// A check that the visible tests make as well: its message may show expected values.
    #[must_use]
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
    #[must_use]
    pub const fn after(self, builds_on: &'static [&'static str]) -> Self {
        Self { builds_on, ..self }
    }

    /// Sets what its calls may use.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits: Some(limits), ..self }
    }
}

/// One function of a lesson's contract, with its types.
pub trait Function {
    /// The name, as in the learner's file or in the lesson's adapter.
    const NAME: &'static str;
    /// How messages name it: where an adapter comes in between, the functions of the learner's that it calls.
    const TOLD: &'static [&'static str];
    /// The arguments, as a tuple.
    type Arguments: Wire;
    /// The result, and what was changed through `&mut`.
    type Output: Wire;
}
