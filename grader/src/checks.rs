//! What a check is, and what it can ask of a learner's worker.
//!
//! A check runs in the grader's process. It calls the learner's functions through [`Learner`],
//! compares what comes back, and returns `Ok(())` only when every comparison held.

use std::path::Path;

use fastrand::Rng;
use gradcheck::Argument;
use interface::{
    Function, Value, Wire,
    frame::{Answer, Panic},
};
use ndarray::{Array, ArrayD, Dimension};
use sha2::{Digest, Sha256};

use crate::{
    report::{Kind, Verdict, Visibility},
    scan::Scan,
    worker::{Stop, Worker},
};

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
        Self { id, title, kind, visibility: Visibility::Hidden, points, run }
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
}

impl Miss {
    /// A comparison that did not hold.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, message: message.into(), reveal: String::new() }
    }

    /// Adds what only `--reveal` shows.
    #[must_use]
    pub fn revealing(self, reveal: impl Into<String>) -> Self {
        Self { reveal: reveal.into(), ..self }
    }
}

/// One call and its answer, for the diagnosis to repeat on a mistake.
#[derive(Debug, Clone)]
pub struct Probe {
    pub function: &'static str,
    pub arguments: Value,
    pub answer: Answer,
}

/// What is graded: a built worker, and what is known of its sources.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub program: &'a Path,
    pub arguments: &'a [&'a str],
    pub scan: &'a Scan,
}

/// A learner's worker during one check: a fresh process, and the check's own random numbers.
pub struct Learner<'a> {
    worker: Worker,
    scan: &'a Scan,
    rng: Rng,
    probes: Vec<Probe>,
}

impl<'a> Learner<'a> {
    /// A fresh worker of `subject`, with the random numbers of one check.
    pub fn start(subject: &Subject<'a>, random_seed: u64) -> std::io::Result<Self> {
        let worker = Worker::start(subject.program, subject.arguments)?;
        Ok(Self {
            worker,
            scan: subject.scan,
            rng: Rng::with_seed(random_seed),
            probes: Vec::new(),
        })
    }

    /// Calls one function of the learner's crate.
    ///
    /// # Errors
    /// When the learner's code gives no answer: it is not written yet, panics, or is stopped.
    pub fn call<F: Function>(
        &mut self,
        _function: F,
        arguments: F::Arguments,
    ) -> Result<F::Output, Miss> {
        let arguments = arguments.into_value();
        let answer =
            self.worker.call(F::NAME, arguments.clone()).map_err(|stop| stopped(F::NAME, &stop))?;
        self.probes.push(Probe { function: F::NAME, arguments, answer: answer.clone() });
        match answer {
            Answer::Returned(value) => F::Output::from_value(value).map_err(|_| forged(F::NAME)),
            Answer::Panicked(panic) => Err(panicked(F::NAME, &panic)),
            Answer::Refused(_) => Err(forged(F::NAME)),
        }
    }

    /// The check's random numbers: the same for the same seed.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// A number in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rng.f64()
    }

    /// An array with elements in [low, high).
    pub fn array<Sh: ndarray::ShapeBuilder>(
        &mut self,
        shape: Sh,
        low: f64,
        high: f64,
    ) -> Array<f64, Sh::Dim> {
        Array::from_shape_simple_fn(shape, || low + (high - low) * self.rng.f64())
    }

    /// Passes when the learner's files hold no explicit loop. Call the functions first: where
    /// nothing is written, there is no loop either.
    pub fn without_loops(&self) -> Outcome {
        match self.scan.loops.first() {
            None => Ok(()),
            Some(found) => Err(Miss::failed(format!(
                "{} line {} has {}. This lesson wants matrix operations only: write it as a product, \
                 a reduction or an element-wise operation on whole arrays.",
                found.path, found.line, found.what
            ))),
        }
    }

    /// Ends the worker; gives the calls that were made and what the learner's code printed.
    pub fn finish(self) -> (Vec<Probe>, String) {
        (self.probes, self.worker.prints())
    }
}

/// The seed of one check: different checks draw different numbers from one seed.
pub fn mixed(seed: u64, lesson: &str, check: &str) -> u64 {
    let digest = Sha256::digest(format!("{seed} {lesson} {check}"));
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

fn panicked(function: &str, panic: &Panic) -> Miss {
    let Panic { message, file, line } = panic;
    let unwritten = ["not yet implemented", "not implemented"].iter().find_map(|start| {
        message.strip_prefix(start).map(|rest| rest.trim_start_matches(": ").to_owned())
    });
    let place = if file.is_empty() { String::new() } else { format!(" at {file}:{line}") };
    let (verdict, message) = match unwritten {
        Some(step) if step.is_empty() => {
            (Verdict::NotImplemented, format!("`{function}` is not written yet"))
        }
        Some(step) => (
            Verdict::NotImplemented,
            format!("`{function}` is not written yet. The next step: {step}"),
        ),
        None => (Verdict::Panicked, format!("`{function}` panicked{place}: {message}")),
    };
    Miss { verdict, message, reveal: String::new() }
}

fn stopped(function: &str, stop: &Stop) -> Miss {
    let (verdict, message) = match stop {
        Stop::TimedOut(how) => (
            Verdict::TimedOut,
            format!(
                "`{function}` was stopped: {how}. Is there a loop that does not end, or far more work than needed?"
            ),
        ),
        Stop::OutOfMemory => (
            Verdict::OutOfMemory,
            format!("`{function}` asked for more memory than a lesson may use. Which array grows?"),
        ),
        Stop::Crashed(how) => (Verdict::Crashed, format!("`{function}` crashed: {how}")),
        Stop::StoppedEarly(how) => {
            (Verdict::StoppedEarly, format!("`{function}` stopped before it returned: {how}"))
        }
        Stop::Protocol(how) => {
            (Verdict::ProtocolError, format!("the worker broke off in `{function}`: {how}"))
        }
    };
    Miss { verdict, message, reveal: String::new() }
}

fn forged(function: &str) -> Miss {
    let message = format!("the answer to `{function}` is not of the type that the lesson names");
    Miss { verdict: Verdict::ProtocolError, message, reveal: String::new() }
}

/// How many roundings of half a unit in the last place separate two right ways to compute a value.
const ROUNDINGS: f64 = 64.0;

/// How far a right answer may be from the reference when both are sums of products.
///
/// `scale` is the sum of the magnitudes of the terms: in Σ xᵢyᵢ every term contributes a relative
/// error of at most about n·u (u = ε/2), so that the result is within n·u·Σ|xᵢyᵢ| of the exact
/// value (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1). Lessons keep
/// their sums short enough for n + the other operations to stay below [`ROUNDINGS`].
fn tolerance(scale: f64) -> f64 {
    ROUNDINGS * f64::EPSILON / 2.0 * scale.abs()
}

/// Compares one number. `scale` is the sum of the magnitudes of the terms it was computed from.
///
/// # Errors
/// When the difference is larger than rounding explains. NaN is never close to anything.
pub fn close(name: &str, got: f64, want: f64, scale: f64) -> Outcome {
    within(name, got, want, tolerance(scale))
}

/// Compares one number with a tolerance of the lesson's own.
///
/// # Errors
/// When the difference is larger than that, or not a number.
pub fn within(name: &str, got: f64, want: f64, tolerance: f64) -> Outcome {
    if (got - want).abs() <= tolerance {
        return Ok(());
    }
    Err(Miss::failed(format!("{name} {}", observed(got, want)))
        .revealing(format!("{name}: got {got:e}, expected {want:e}")))
}

/// Compares arrays of one rank: shapes first, then every element.
///
/// # Errors
/// As [`close`], for the first element that differs.
pub fn all_close<D: Dimension>(
    name: &str,
    got: &Array<f64, D>,
    want: &Array<f64, D>,
    scale: &Array<f64, D>,
) -> Outcome {
    same_shape(name, got.shape(), want.shape())?;
    let pairs = got.iter().zip(want).zip(scale);
    let wrong: Vec<_> =
        pairs.filter(|((got, want), scale)| close(name, **got, **want, **scale).is_err()).collect();
    let Some(((first_got, first_want), _)) = wrong.first() else { return Ok(()) };
    let message = format!(
        "{name} is wrong in {} of {} elements: the first of them {}",
        wrong.len(),
        got.len(),
        observed(**first_got, **first_want),
    );
    Err(Miss::failed(message).revealing(format!("{name}: got\n{got}\nexpected\n{want}")))
}

/// Compares shapes.
///
/// # Errors
/// When they differ.
pub fn same_shape(name: &str, got: &[usize], want: &[usize]) -> Outcome {
    if got == want {
        return Ok(());
    }
    Err(Miss::failed(format!("{name} has shape {got:?} where {want:?} is expected")))
}

/// What can be said of a wrong number without giving the right one away.
fn observed(got: f64, want: f64) -> &'static str {
    if got.is_nan() {
        "is NaN"
    } else if got.is_infinite() {
        "is infinite"
    } else if got == 0.0 {
        "is zero and should not be"
    } else if want != 0.0 && got.signum() != want.signum() {
        "has the wrong sign"
    } else if got.abs() > want.abs() {
        "is too large in magnitude"
    } else {
        "is too small in magnitude"
    }
}

/// Compares gradients with finite differences of a reference forward pass; where they differ, asks
/// the learner's own forward pass which half is broken.
///
/// # Errors
/// When a gradient is not that of the reference loss.
pub fn gradients(
    learner: &mut Learner,
    arguments: &[Argument],
    reference: impl FnMut(&[ArrayD<f64>]) -> f64,
    own: impl Fn(&mut Learner, &[ArrayD<f64>]) -> Result<f64, Miss>,
) -> Outcome {
    let report = gradcheck::check(reference, arguments);
    if report.passed() {
        return Ok(());
    }
    let mut stop = None;
    let of_own_forward = gradcheck::check(
        |at| {
            own(learner, at).unwrap_or_else(|miss| {
                stop.get_or_insert(miss);
                f64::NAN
            })
        },
        arguments,
    );
    if let Some(miss) = stop {
        return Err(miss);
    }
    let names = wrong_names(&report);
    let message = if of_own_forward.passed() {
        format!(
            "{names}: the right gradient of your own forward pass, but that is not the forward pass \
             of the lesson. Look at `forward` first."
        )
    } else {
        format!("{names}: does not agree with finite differences of the loss")
    };
    Err(Miss::failed(message).revealing(report.to_string()))
}

fn wrong_names(report: &gradcheck::Report) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in report.wrong_arguments() {
        names.push(format!("dL/d{name}"));
    }
    names.join(" and ")
}

/// Compares a printed table with the course's, line by line.
///
/// # Errors
/// With a diff that a person can read.
pub fn same_table(got: &str, want: &str) -> Outcome {
    if got == want {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(want, got);
    let mut lines = String::from("the table differs (- the course, + yours):\n");
    for change in diff.iter_all_changes() {
        lines += &format!("{} {}\n", change.tag(), change.value().trim_end());
    }
    Err(Miss::failed(lines.trim_end()))
}

/// Nine decimals, without a negative zero: the last bits differ from machine to machine.
pub fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;

    #[test]
    fn nan_and_infinity_are_close_to_nothing() {
        for got in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(close("z", got, 1.0, 1.0).is_err());
            assert!(close("z", got, got, got).is_err());
        }
        assert!(close("z", 1.0, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn rounding_passes_and_anything_more_does_not() {
        assert!(close("z", 1.0 + 4.0 * f64::EPSILON, 1.0, 1.0).is_ok());
        assert!(close("z", 1.0 + 1e-12, 1.0, 1.0).is_err());
    }

    #[test]
    fn a_shape_is_compared_before_its_elements() {
        let miss =
            all_close("dL/dZ", &array![1.0], &array![1.0, 1.0], &array![1.0, 1.0]).unwrap_err();
        assert_eq!(miss.message, "dL/dZ has shape [1] where [2] is expected");
    }

    #[test]
    fn a_message_counts_wrong_elements_and_hides_values() {
        let got: Array1<f64> = array![1.0, -2.5, 3.0];
        let miss = all_close("z", &got, &array![1.0, 2.5, 3.0], &Array1::ones(3)).unwrap_err();
        assert_eq!(
            miss.message,
            "z is wrong in 1 of 3 elements: the first of them has the wrong sign"
        );
        assert!(!miss.message.contains("2.5") && miss.reveal.contains("2.5"));
    }

    #[test]
    fn a_table_that_differs_is_shown_as_a_diff() {
        let miss = same_table("z = 0\na = 1", "z = 0\na = 0").unwrap_err();
        assert!(miss.message.ends_with("  z = 0\n- a = 0\n+ a = 1"), "{}", miss.message);
    }

    #[test]
    fn a_panic_that_says_todo_is_unwritten_work() {
        let panic = |message: &str| Panic {
            message: message.to_owned(),
            file: "lib.rs".to_owned(),
            line: 3,
        };
        let todo = panicked("forward", &panic("not yet implemented: add b"));
        assert_eq!(todo.verdict, Verdict::NotImplemented);
        assert!(todo.message.ends_with("The next step: add b"));
        assert_eq!(panicked("forward", &panic("index out of bounds")).verdict, Verdict::Panicked);
    }

    #[test]
    fn numbers_depend_on_seed_lesson_and_check() {
        let seeds =
            [mixed(0, "a", "b"), mixed(1, "a", "b"), mixed(0, "b", "b"), mixed(0, "a", "c")];
        assert!((1..4).all(|at| !seeds[..at].contains(&seeds[at])));
        assert_eq!(mixed(0, "a", "b"), seeds[0]);
    }
}
