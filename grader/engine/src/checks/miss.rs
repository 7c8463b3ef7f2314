//! Why a check did not pass, and what is said of it.

use gradcheck::Structure;
use wire::frame::Panic;

use super::{Probe, Verdict};
use crate::{excerpt::excerpt, worker::Stop};

/// How much of what a worker says stands in a message, in bytes.
const MAX_QUOTE_BYTES: usize = 1 << 10;

/// `Ok(())` when every comparison of a check held.
pub type Outcome = Result<(), Miss>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// The way of not passing.
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
    #[must_use]
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

    /// A call that panicked; unwritten work, where the panic is that of a `todo!`.
    #[must_use]
    pub fn panicked(function: &str, panic: &Panic) -> Self {
        let Panic { message, file, line } = panic;
        let [message, file] = [message, file].map(|text| excerpt(text, MAX_QUOTE_BYTES));
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
        Self::new(verdict, message)
    }

    /// A call that was not answered.
    #[must_use]
    pub fn stopped(function: &str, stop: &Stop) -> Self {
        let (verdict, message) = match stop {
            Stop::TimedOut(how) => (
                Verdict::TimedOut,
                format!(
                    "`{function}` was stopped: {how}. Is there a loop that does not end, or far more work than needed?"
                ),
            ),
            Stop::OutOfMemory(how) => (
                Verdict::OutOfMemory,
                format!("`{function}` {how}. Does an array grow without bound?"),
            ),
            Stop::Crashed(how) => (Verdict::Crashed, format!("`{function}` crashed: {how}")),
            Stop::StoppedEarly(how) => {
                (Verdict::StoppedEarly, format!("`{function}` stopped before it returned: {how}"))
            }
            Stop::Protocol(how) => (
                Verdict::ProtocolError,
                format!("lost contact with your program in `{function}`: {how}"),
            ),
        };
        Self::new(verdict, message)
    }

    /// An answer of another type than the contract states.
    #[must_use]
    pub fn wrong_type(function: &str) -> Self {
        let message = format!("`{function}` returned a value of the wrong type");
        Self::new(Verdict::ProtocolError, message)
    }

    /// A call that the worker did not carry out.
    #[must_use]
    pub fn refused(function: &str, why: &str) -> Self {
        let why = excerpt(why, MAX_QUOTE_BYTES);
        Self::new(Verdict::ProtocolError, format!("the call of `{function}` failed: {why}"))
    }

    /// A check that panicked or has no verdict to give, which is a fault of the course.
    #[must_use]
    pub fn of_check(why: &str) -> Self {
        let message = format!(
            "the check itself failed, which is a fault of the course and not of your code. Please \
             report it: {}",
            excerpt(why, MAX_QUOTE_BYTES)
        );
        Self::new(Verdict::NotGraded, message)
    }

    /// Says that an answer depends on more than the arguments.
    #[must_use]
    pub fn unsteady(self) -> Self {
        let message = self.message
            + ". Besides, the same call gives another answer the second time: does it depend on a \
               `static`, the time or a random number?";
        Self { message, ..self }
    }

    /// Adds what the last call tells: its arguments to what is revealed, and, where an answer is off
    /// by the batch size, the batch to what is said.
    #[must_use]
    pub fn in_context(mut self, last: &Probe) -> Self {
        self.reveal += &format!("\nlast call: {}{}", last.function, last.arguments);
        let batch = last.batch().filter(|batch| *batch > 1);
        if let (Some(Structure::Factor(factor)), Some(batch)) = (&self.structure, batch) {
            let is = |other: f64| (factor / other - 1.0).abs() < 1e-6;
            if is(batch as f64) {
                self.message += &format!(". The batch has {batch} samples: is a mean missing?");
            } else if is(1.0 / batch as f64) {
                self.message +=
                    &format!(". The batch has {batch} samples: is the mean taken twice?");
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_says_todo_is_unwritten_work() {
        let panic = |message: &str| Panic {
            message: message.to_owned(),
            file: "lib.rs".to_owned(),
            line: 3,
        };
        let todo = Miss::panicked("forward", &panic("not yet implemented: add b"));
        assert_eq!(todo.verdict, Verdict::NotImplemented);
        assert!(todo.message.ends_with("The next step: add b"));
        let other = Miss::panicked("forward", &panic("index out of bounds"));
        assert_eq!(other.verdict, Verdict::Panicked);
    }
}
