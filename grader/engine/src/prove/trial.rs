//! Tries boundary mutants: the hidden checks that call the changed function, until one of them fails.
//! A mutant that passes them all either answers every wide call as the solution does, or is one that
//! the checks cannot tell from it.

use std::{
    borrow::Cow,
    fmt, io,
    sync::{Arc, OnceLock},
    time::Instant,
};

use rayon::prelude::*;
use wire::frame::Answer;

use super::{
    boundary::{Mutant, Mutated, mutants, widened},
    sample::Sample,
};
use crate::{
    answers::same_again,
    checks::{Check, Learner, Lesson, Limits, Line, Outcome, Probe, Subject, changed},
    grading,
    hash::derive_seed,
    report::{Kind, Verdict, Visibility},
    scan::Scan,
    worker::Program,
};

/// The seed of all trials.
const SEED: u64 = 0;

/// How many mutants of a lesson are tried unless all are asked for.
const SAMPLE: Sample = Sample { one_in: 6, at_most: 24 };

/// What came of a boundary mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A hidden check failed.
    Failed,
    /// None failed, and it answers every wide call as the solution does.
    Equal,
    /// None failed, although it is another function.
    Survived,
}

/// What came of the boundary mutants of a lesson.
#[derive(Debug, Default)]
pub struct Endings(pub Vec<(Mutant, Ending)>);

impl Endings {
    pub fn count(&self, ending: Ending) -> usize {
        self.0.iter().filter(|(_, found)| *found == ending).count()
    }

    /// Those that no check failed.
    pub fn survivors(&self) -> impl Iterator<Item = &(Mutant, Ending)> {
        self.0.iter().filter(|(_, ending)| *ending != Ending::Failed)
    }
}

impl fmt::Display for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "of {} mutants at the boundary {} failed, {} are equal and {} answer otherwise",
            self.0.len(),
            self.count(Ending::Failed),
            self.count(Ending::Equal),
            self.count(Ending::Survived),
        )
    }
}

/// The solution, and what its checks call.
pub struct Trials {
    lesson: &'static Lesson,
    program: Program,
    scan: Scan,
    /// Hidden checks of values, with the calls that they make.
    checks: Vec<(&'static Check, Vec<Probe>)>,
    /// The places of the checks by the time that they take: a mutant is tried until the first of them fails,
    /// whichever it is.
    by_time: Vec<usize>,
}

/// A wide call, with what the solution answers as soon as that is asked for; `None` where it gives no answer.
struct Wide {
    call: Probe,
    answer: OnceLock<Option<Answer>>,
}

/// The solution with a mutant, or without, under a budget of its own.
struct Trial<'a> {
    trials: &'a Trials,
    program: Program,
    mutant: Option<&'a Mutant>,
}

impl Trials {
    /// Runs the checks on the solution, to see what they call.
    pub fn new(lesson: &'static Lesson, program: Program) -> io::Result<Self> {
        let mut trials = Self {
            lesson,
            program,
            scan: Scan::default(),
            checks: Vec::new(),
            by_time: Vec::new(),
        };
        let mut times = Vec::new();
        let hidden = lesson.checks.iter().filter(|check| check.visibility == Visibility::Hidden);
        // What a source check compares, the others compare as well.
        for check in hidden.filter(|check| check.kind != Kind::Source) {
            // That the solution passes is proven elsewhere.
            let began = Instant::now();
            let (_, calls) = trials.trial(None).run(check)?;
            times.push(began.elapsed());
            trials.checks.push((check, calls));
        }
        trials.by_time = (0..times.len()).collect();
        trials.by_time.sort_by_key(|at| times[*at]);
        Ok(trials)
    }

    /// What comes of all mutants, or of a sample. `names` gives the names of a function's arguments.
    pub fn endings(&self, all: bool, names: impl Fn(&str) -> Vec<String>) -> io::Result<Endings> {
        let checks = self.checks.iter().filter(|(check, _)| check.kind != Kind::Cost);
        let calls: Vec<_> = checks.flat_map(|(_, calls)| calls).collect();
        let unasked = |call| Wide { call, answer: OnceLock::new() };
        let wide: Vec<_> = widened(&calls).into_iter().map(unasked).collect();
        let ending = |mutant: Mutant| {
            let ending = self.trial(Some(&mutant)).ending(&mutant, &wide);
            ending.map(|ending| (mutant, ending))
        };
        let mutants = mutants(&calls, names);
        let chosen = if all { mutants } else { SAMPLE.of(&mutants) };
        let endings: io::Result<_> = chosen.into_par_iter().map(ending).collect();
        endings.map(Endings)
    }

    fn trial<'a>(&'a self, mutant: Option<&'a Mutant>) -> Trial<'a> {
        let program = Program { budget: Arc::default(), ..self.program.clone() };
        Trial { trials: self, program, mutant }
    }
}

impl Trial<'_> {
    fn ending(&self, mutant: &Mutant, wide: &[Wide]) -> io::Result<Ending> {
        // What the mutant answered in the checks that it passed.
        let mut calls = vec![Cow::default(); self.trials.checks.len()];
        for at in &self.trials.by_time {
            let (check, of_solution) = &self.trials.checks[*at];
            // Where it touches nothing it passes, as the solution does.
            let (outcome, answered) = match mutant.touches(of_solution) {
                true => self.run(check).map(|(outcome, calls)| (outcome, Cow::Owned(calls)))?,
                false => (Ok(()), Cow::Borrowed(&**of_solution)),
            };
            match outcome {
                Ok(()) if check.kind == Kind::Cost => (),
                Ok(()) => calls[*at] = answered,
                // A check that cannot judge takes no points.
                Err(miss) if miss.verdict == Verdict::NotGraded => (),
                Err(_) => return Ok(Ending::Failed),
            }
        }
        let calls: Vec<_> = calls.iter().flat_map(|calls| &**calls).collect();
        Ok(match () {
            // What remembers nothing answers as before, whatever comes first.
            () if mutant.remembers() && self.changes(&calls)? => Ending::Failed,
            () if self.is_equal(mutant, wide)? => Ending::Equal,
            () => Ending::Survived,
        })
    }

    /// True when a call is answered otherwise after other calls.
    fn changes(&self, calls: &[&Probe]) -> io::Result<bool> {
        let Trials { lesson, .. } = self.trials;
        let seed = derive_seed(SEED, lesson.id, "repetition");
        let changed = changed(&self.subject(), lesson.most_limits(), calls, &[], seed)?;
        Ok(!changed.is_empty())
    }

    /// True when every wide call is answered as the solution does; those that the mutant has no part in are.
    fn is_equal(&self, mutant: &Mutant, wide: &[Wide]) -> io::Result<bool> {
        let Trials { lesson, .. } = self.trials;
        let solution = self.trials.trial(None);
        // There are more wide calls than a check makes, each is made twice at most, and a busy machine must not
        // change what is said.
        let limits = Limits { seconds: 20 * lesson.limits.seconds, ..lesson.limits };
        let mut line = Line::start(&solution.subject(), limits)?;
        let mut mutated = Mutated::new(mutant);
        let same = |Wide { call, answer }: &Wide| {
            let answer = answer.get_or_init(|| line.repeat(call).ok());
            let Some(answer) = answer else { return false };
            let again = mutated.call_known(call, answer, |arguments, callbacks| {
                line.call(call.function, arguments, callbacks)
            });
            again.is_ok_and(|again| same_again(&again, answer, lesson.precision))
        };
        Ok(wide.iter().filter(|wide| mutant.meets(wide.call.function)).all(same))
    }

    /// What a check says, and the calls that it made.
    fn run(&self, check: &Check) -> io::Result<(Outcome, Vec<Probe>)> {
        let Trials { lesson, .. } = self.trials;
        let limits = check.limits.unwrap_or(lesson.limits);
        let seed = derive_seed(SEED, lesson.id, check.id);
        let mut learner = Learner::start(&self.subject(), limits, seed)?;
        let outcome = grading::run(check, &mut learner);
        Ok((outcome, learner.finish().probes))
    }

    fn subject(&self) -> Subject<'_> {
        let Self { trials, program, mutant } = self;
        Subject { program, variant: None, scan: &trials.scan, mutant: *mutant }
    }
}
