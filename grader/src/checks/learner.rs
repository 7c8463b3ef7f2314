//! A learner's worker during one check, and the verdicts of code that gives no answer.

use fastrand::Rng;
use interface::{
    Function, Value, Wire,
    frame::{self, Answer, Panic},
};
use ndarray::Array;
use sha2::{Digest, Sha256};

use super::{Miss, Outcome};
use crate::{
    report::{Verdict, cut},
    scan::{Scan, loops},
    worker::{Program, Stop, Worker},
};

/// How much of what a worker says stands in a message, in bytes.
const LONGEST_QUOTE: usize = 1 << 10;

/// One call and its answer, for the diagnosis to repeat on a mistake.
#[derive(Debug, Clone)]
pub struct Probe {
    pub function: &'static str,
    pub arguments: Value,
    pub answer: Answer,
}

impl Probe {
    /// The length of the first axis of the first array that was given: the batch size, where there
    /// is a batch.
    pub fn batch(&self) -> Option<usize> {
        let Value::List(arguments) = &self.arguments else { return None };
        arguments.iter().find_map(|argument| match argument {
            Value::Array { shape, .. } => shape.first().copied(),
            _ => None,
        })
    }
}

/// What is graded: a built worker, and what is known of its sources.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub program: &'a Program,
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
            Answer::Returned(value) => F::Output::from_value(value)
                .map_err(|_| refused(F::NAME, "it is not of the type that the lesson names")),
            Answer::Panicked(panic) => Err(panicked(F::NAME, &panic)),
            Answer::Refused(why) => Err(refused(F::NAME, &why)),
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

    /// Passes when the functions that were called hold no explicit loop, nor do any that they call.
    pub fn without_loops(&self) -> Outcome {
        let called: Vec<_> = self.probes.iter().map(|probe| probe.function).collect();
        match loops::first_loop(&self.scan.functions, &called) {
            None => Ok(()),
            Some(found) => Err(Miss::failed(format!(
                "{} line {} has {}. This lesson wants matrix operations only: write it as a product, \
                 a reduction or an element-wise operation on whole arrays.",
                found.path, found.line, found.what
            ))),
        }
    }

    /// True when the last call, made once more, gets the same answer, to the bit, or none.
    pub fn repeats_itself(&mut self) -> bool {
        let Some(Probe { function, arguments, answer }) = self.probes.last() else { return true };
        let again = self.worker.call(function, arguments.clone());
        // Compared as frames: NaN is not equal to itself.
        again.ok().is_none_or(|again| frame::encode(&again).ok() == frame::encode(answer).ok())
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

/// The last of these calls panics once more, in a worker that knows its lines.
pub fn panic_again(program: &Program, probes: &[Probe]) -> Option<Panic> {
    let mut worker = Worker::start(program, &[]).ok()?;
    let answers = probes.iter().map(|probe| worker.call(probe.function, probe.arguments.clone()));
    match answers.last()? {
        Ok(Answer::Panicked(panic)) => Some(panic),
        _ => None,
    }
}

/// The miss of a call that panicked; of unwritten work, where the panic is that of a `todo!`.
pub fn panicked(function: &str, panic: &Panic) -> Miss {
    let Panic { message, file, line } = panic;
    let [message, file] = [message, file].map(|text| cut(text, LONGEST_QUOTE));
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
    Miss::new(verdict, message)
}

fn stopped(function: &str, stop: &Stop) -> Miss {
    let (verdict, message) = match stop {
        Stop::TimedOut(how) => (
            Verdict::TimedOut,
            format!(
                "`{function}` was stopped: {how}. Is there a loop that does not end, or far more work than needed?"
            ),
        ),
        Stop::OutOfMemory(how) => (
            Verdict::OutOfMemory,
            format!("`{function}` asked for memory that it cannot have: {how}. Which array grows?"),
        ),
        Stop::Crashed(how) => (Verdict::Crashed, format!("`{function}` crashed: {how}")),
        Stop::StoppedEarly(how) => {
            (Verdict::StoppedEarly, format!("`{function}` stopped before it returned: {how}"))
        }
        Stop::Protocol(how) => {
            (Verdict::ProtocolError, format!("the worker broke off in `{function}`: {how}"))
        }
    };
    Miss::new(verdict, message)
}

fn refused(function: &str, why: &str) -> Miss {
    let why = cut(why, LONGEST_QUOTE);
    Miss::new(Verdict::ProtocolError, format!("the answer of `{function}` was not taken: {why}"))
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
