//! A learner's code, built once more where a check asks for it: with the lines that it was compiled
//! from, or with the blocks of some functions left out.

use std::sync::OnceLock;

use wire::frame::Panic;

use crate::{
    answers::same_again,
    builds::{Builds, Handed},
    checks::{Lesson, Line, Probe, Subject, panic_again},
    compile::Built,
    scan::{Body, Finding, Scan, loops},
    worker::Program,
};

/// How many functions are left out at most.
const MAX_LEFT_OUT: usize = 8;

/// How far apart the answers of one function may be, relative to their size: the order of a sum may
/// depend on a random hash.
const PRECISION: f64 = 1e-9;

/// What a learner handed in for one lesson, ready to be built otherwise.
pub struct Rebuilds<'a> {
    builds: Builds<'a>,
    lesson: &'static Lesson,
    handed: Handed<'a>,
    /// What it was built to first.
    program: &'a Program,
    /// Built when a panic asks for it, which few do: every edit would wait for the lines.
    with_lines: OnceLock<Option<Built>>,
}

impl<'a> Rebuilds<'a> {
    pub fn new(
        builds: Builds<'a>,
        lesson: &'static Lesson,
        handed: Handed<'a>,
        program: &'a Program,
    ) -> Self {
        Self { builds, lesson, handed, program, with_lines: OnceLock::new() }
    }

    /// The last of these calls panics once more, where the learner's lines are known.
    pub fn panic_again(&self, probes: &[Probe]) -> Option<Panic> {
        if self.is_spent() {
            return None;
        }
        let build = || self.builds.worker_with_lines(self.lesson, self.handed);
        let program = self.program_of(self.with_lines.get_or_init(build).as_ref()?);
        panic_again(&program, self.lesson.limits, probes)
    }

    /// The first loop that the answers to these calls need. What a name leads to is not always certain;
    /// that every call is answered in the same way without a function's block is.
    pub fn needed_loop(&self, calls: &[&Probe]) -> Option<Finding> {
        let called: Vec<_> = calls.iter().map(|call| call.function).collect();
        let mut scan = self.handed.scan.clone();
        let mut left_out = Vec::new();
        loop {
            let (at, found) = loops::first_loop(&scan.functions, &called)?;
            let is_called = called.iter().any(|name| scan.functions[at].is_called(name));
            if is_called || left_out.len() == MAX_LEFT_OUT || self.is_spent() {
                return Some(found);
            }
            let Some(body) = scan.forget(at) else { return Some(found) };
            left_out.retain(|other| !body.holds(other));
            left_out.push(body);
            if !self.answers_alike(&scan, &left_out, calls) {
                return Some(found);
            }
        }
    }

    /// True when every call is answered as before without these blocks.
    fn answers_alike(&self, scan: &Scan, left_out: &[Body], calls: &[&Probe]) -> bool {
        let built = self.builds.worker_without(self.lesson, self.handed, left_out);
        let Some(program) = built.as_ref().map(|built| self.program_of(built)) else {
            return false;
        };
        let subject = Subject { program: &program, variant: None, scan, mutant: None };
        let Ok(mut line) = Line::start(&subject, self.lesson.most_limits()) else { return false };
        let mut alike = |call: &&Probe| {
            let again = line.repeat(call);
            again.is_ok_and(|again| same_again(&again, &call.answer, PRECISION))
        };
        calls.iter().all(&mut alike)
    }

    fn is_spent(&self) -> bool {
        self.program.budget.is_spent(self.lesson.limits.seconds)
    }

    fn program_of(&self, built: &Built) -> Program {
        Program { budget: self.program.budget.clone(), ..self.builds.program(built) }
    }
}
