//! A learner's worker during one check.

use fastrand::Rng;
use ndarray::Array;
use wire::{
    Callbacks, Value, Wire,
    frame::{Answer, Panic},
};

use super::{Function, Limits, Miss, Outcome};
use crate::{
    answers::same_frame,
    curve::Curve,
    prove::boundary::{Mutant, Mutated},
    scan::{Scan, loops},
    worker::{Program, Stop, Worker},
};

/// One call and its answer, for the diagnosis to repeat on a wrong variant.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The function that was called.
    pub function: &'static str,
    /// How messages name it.
    pub told: &'static [&'static str],
    /// What it was given.
    pub arguments: Value,
    /// The closures among its arguments.
    pub callbacks: Callbacks,
    /// What came back.
    pub answer: Answer,
}

impl Probe {
    /// The length of the first axis of the first matrix that was given: the batch size, where there
    /// is a batch. A vector is one sample, or the weights of one neuron.
    #[must_use]
    pub fn batch(&self) -> Option<usize> {
        self.shapes().find(|shape| shape.len() > 1)?.first().copied()
    }

    /// True when something other than a batch, which is the first axis of a matrix, has this length
    /// as well.
    #[must_use]
    pub fn has_other_axis(&self, length: usize) -> bool {
        let others = |shape: &'_ [usize]| match shape {
            [_, others @ ..] if !others.is_empty() => others.contains(&length),
            vector => vector.contains(&length),
        };
        self.shapes().any(others)
    }

    fn shapes(&self) -> impl Iterator<Item = &[usize]> {
        let arguments = match &self.arguments {
            Value::Tuple(arguments) => arguments.as_slice(),
            _ => &[],
        };
        arguments.iter().filter_map(|argument| match argument {
            Value::Array(array) => Some(array.shape()),
            _ => None,
        })
    }

    /// Makes the call once more, to the named variant.
    pub fn repeat(&self, variant: Option<&str>, worker: &mut Worker) -> Option<Answer> {
        worker.call(variant, self.function, &self.arguments, &self.callbacks).ok()
    }
}

/// What is graded: a built worker, and what is known of its sources.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The worker.
    pub program: &'a Program,
    /// Which of its variants; where none is named, its crate itself.
    pub variant: Option<&'a str>,
    /// What the scan found.
    pub scan: &'a Scan,
    /// In a proof, what changes its arguments or answers on the way.
    pub mutant: Option<&'a Mutant>,
}

/// A fresh worker of a subject, which answers calls.
pub(crate) struct Line<'a> {
    worker: Worker,
    variant: Option<&'a str>,
    mutated: Option<Mutated<'a>>,
}

impl<'a> Line<'a> {
    /// Starts the worker.
    ///
    /// # Errors
    /// When the system starts no process.
    pub fn start(subject: &Subject<'a>, limits: Limits) -> std::io::Result<Self> {
        let Subject { program, variant, mutant, .. } = *subject;
        let worker = Worker::start(program, limits)?;
        Ok(Self { worker, variant, mutated: mutant.map(Mutated::new) })
    }

    /// Calls a function.
    ///
    /// # Errors
    /// When the worker gives no answer.
    pub fn call(
        &mut self,
        function: &str,
        arguments: &Value,
        callbacks: &Callbacks,
    ) -> Result<Answer, Stop> {
        let Self { worker, variant, mutated } = self;
        let mut ask = |arguments: &Value, callbacks: &Callbacks| {
            worker.call(*variant, function, arguments, callbacks)
        };
        match mutated {
            None => ask(arguments, callbacks),
            Some(mutated) => mutated.call(function, arguments, callbacks, ask),
        }
    }

    /// Makes a call once more.
    ///
    /// # Errors
    /// When the worker gives no answer.
    pub fn repeat(&mut self, probe: &Probe) -> Result<Answer, Stop> {
        self.call(probe.function, &probe.arguments, &probe.callbacks)
    }
}

/// A learner's worker during one check: a fresh process, and the check's own random numbers.
pub struct Learner<'a> {
    line: Line<'a>,
    scan: &'a Scan,
    rng: Rng,
    probes: Vec<Probe>,
    curve: Option<Curve>,
}

/// What is left of a check when its worker has ended.
pub(crate) struct Left {
    /// The calls that were made.
    pub probes: Vec<Probe>,
    /// What the learner's code printed.
    pub prints: String,
    /// The loss that the report draws.
    pub curve: Option<Curve>,
}

impl<'a> Learner<'a> {
    /// A fresh worker of `subject`, with the random numbers of one check.
    ///
    /// # Errors
    /// When the system starts no process.
    pub fn start(subject: &Subject<'a>, limits: Limits, random_seed: u64) -> std::io::Result<Self> {
        let line = Line::start(subject, limits)?;
        let rng = Rng::with_seed(random_seed);
        Ok(Self { line, scan: subject.scan, rng, probes: Vec::new(), curve: None })
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
        let (function, told) = (F::NAME, F::TOLD);
        let (arguments, callbacks) = wire::offering(|| arguments.into_value());
        let answer = self.line.call(function, &arguments, &callbacks);
        let answer = answer.map_err(|stop| Miss::stopped(told, &stop, self.scan))?;
        self.probes.push(Probe { function, told, arguments, callbacks, answer: answer.clone() });
        match answer {
            Answer::Returned(value) => {
                F::Output::from_value(value).map_err(|_| Miss::wrong_type(told))
            }
            Answer::Panicked(panic) => Err(Miss::panicked(told, &panic, self.scan)),
            Answer::Refused(why) => Err(Miss::refused(told, &why)),
            Answer::Asks { .. } => unreachable!("the worker's end answers callbacks"),
        }
    }

    /// Makes all calls before an answer is compared, so that a diagnosis has all of them to go by. The call
    /// of the first wrong answer is made once more: a message looks at the last call.
    ///
    /// # Errors
    /// When a call gives no answer, or `compare` does not pass.
    pub fn ask_all<Case, A>(
        &mut self,
        cases: &[Case],
        ask: impl Fn(&mut Self, &Case) -> Result<A, Miss>,
        compare: impl Fn(&Case, A) -> Outcome,
    ) -> Outcome {
        let answers: Result<Vec<A>, Miss> = cases.iter().map(|case| ask(self, case)).collect();
        for (case, answer) in cases.iter().zip(answers?) {
            if let Err(miss) = compare(case, answer) {
                return ask(self, case).and(Err(miss));
            }
        }
        Ok(())
    }

    /// The check's random numbers: the same for the same seed.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// A number in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rng.f64()
    }

    /// An array with elements in [low, high), in the memory order that the shape asks for.
    pub fn array<Sh: ndarray::ShapeBuilder>(
        &mut self,
        shape: Sh,
        low: f64,
        high: f64,
    ) -> Array<f64, Sh::Dim> {
        Array::from_shape_simple_fn(shape, || low + (high - low) * self.rng.f64())
    }

    /// Passes when the functions that were called hold no explicit loop, nor do any that they call.
    ///
    /// # Errors
    /// With the place of the first loop.
    pub fn without_loops(&self) -> Outcome {
        let called: Vec<_> = self.probes.iter().map(|probe| probe.function).collect();
        let found = loops::first_loop(&self.scan.functions, &called);
        found.map_or(Ok(()), |(_, found)| Err(Miss::a_loop(&found)))
    }

    /// True when the last call, made once more, gets the same answer, to the bit, or none.
    pub(crate) fn repeats_itself(&mut self) -> bool {
        let Some(last) = self.probes.last() else { return true };
        let again = self.line.repeat(last);
        again.ok().is_none_or(|again| same_frame(&again, &last.answer))
    }

    /// Draws the losses of a training in the report, whether the check passes or not: that of the beginning, then one
    /// after each `unit`, such as "epochs" or "steps". Of several curves of a check the last is drawn.
    pub fn draw(&mut self, title: &str, unit: &str, losses: &[f64]) {
        self.curve = Curve::of(title, unit, losses);
    }

    /// Ends the worker.
    pub(crate) fn finish(self) -> Left {
        let Self { probes, curve, line, .. } = self;
        Left { probes, curve, prints: line.worker.captured_output() }
    }
}

/// The last of these calls panics once more, in a worker that knows its lines.
pub fn panic_again(program: &Program, limits: Limits, probes: &[Probe]) -> Option<Panic> {
    let mut worker = Worker::start(program, limits).ok()?;
    let answers: Vec<_> = probes.iter().map(|probe| probe.repeat(None, &mut worker)).collect();
    match answers.into_iter().last()?? {
        Answer::Panicked(panic) => Some(panic),
        _ => None,
    }
}
