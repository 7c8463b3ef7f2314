//! Names the wrong variant that a learner's answers match.
//!
//! The lesson's wrong variants are compiled into one worker, beside the solution. A check's calls are
//! repeated on each of them, in one process for all; a variant is named only when it gives the
//! learner's answer every time, and the solution does not.

use wire::{
    Value,
    frame::{Answer, Panic},
};

use crate::{
    checks::{Lesson, Probe},
    report::{CheckReport, Diagnosis, Kind, Verdict},
    variants::Variant,
    worker::{Program, Worker},
};

/// The wrong variants of a lesson, ready to be asked.
pub struct Diagnostician<'a> {
    lesson: &'a Lesson,
    program: &'a Program,
    wrong: &'a [Variant],
}

/// True when some check failed in a way that a wrong variant may explain.
pub fn is_needed(reports: &[CheckReport]) -> bool {
    reports.iter().any(may_be_explained)
}

/// Source and cost checks judge how answers come about, which no variant's answers explain.
fn may_be_explained(report: &CheckReport) -> bool {
    matches!(report.verdict, Verdict::Failed | Verdict::Panicked)
        && !matches!(report.kind, Kind::Source | Kind::Cost)
}

impl<'a> Diagnostician<'a> {
    /// `program` is the worker of the wrong variants.
    pub fn new(lesson: &'a Lesson, program: &'a Program, wrong: &'a [Variant]) -> Self {
        Self { lesson, program, wrong }
    }

    /// Names in each failed check the variant that its calls match: where there are several, the one
    /// that agrees with the learner in the most checks.
    pub fn explain(&self, reports: &mut [CheckReport], probes: &[Vec<Probe>]) {
        for (report, calls) in reports.iter_mut().zip(probes) {
            if !may_be_explained(report) {
                continue;
            }
            let best = self.closest(self.matching(calls), probes);
            report.diagnosis = best.map(|Variant { name, explanation }| Diagnosis {
                mistake: name.clone(),
                explanation: explanation.clone(),
            });
        }
    }

    /// Which variants answer as the learner did.
    ///
    /// The first call that the solution answers differently tells which function is wrong; a variant
    /// matches when it gives the learner's answer to every call of that function. Other functions may
    /// be wrong at the same time, for reasons of their own.
    fn matching(&self, probes: &[Probe]) -> Vec<&'a Variant> {
        let all: Vec<_> = probes.iter().collect();
        let mut panel = self.panel();
        let Some(wrong) = all.get(panel.agreed(None, &all)) else { return Vec::new() };
        let asked: Vec<_> =
            all.iter().copied().filter(|it| it.function == wrong.function).collect();
        let agrees = |it: &&Variant| panel.agreed(Some(&it.name), &asked) == asked.len();
        self.wrong.iter().filter(agrees).collect()
    }

    /// Of several candidates the one that answers the most checks, passed or not, entirely as the
    /// learner did; among equals the first declared.
    fn closest(&self, candidates: Vec<&'a Variant>, checks: &[Vec<Probe>]) -> Option<&'a Variant> {
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        let mut agreements = vec![0; candidates.len()];
        for probes in checks {
            let probes: Vec<_> = probes.iter().collect();
            let mut panel = self.panel();
            for (agreements, variant) in agreements.iter_mut().zip(&candidates) {
                let agreed = panel.agreed(Some(&variant.name), &probes);
                *agreements += usize::from(agreed == probes.len());
            }
        }
        // `max_by_key` would take the last of equals.
        let counted = candidates.into_iter().zip(agreements).rev();
        counted.max_by_key(|(_, agreements)| *agreements).map(|(variant, _)| variant)
    }

    fn panel(&self) -> Panel<'a> {
        Panel { lesson: self.lesson, program: self.program, worker: None }
    }
}

/// One process that answers as the solution and as every wrong variant. Each keeps what it remembers
/// to itself, so each may be asked once: it starts as fresh as in a process of its own.
struct Panel<'a> {
    lesson: &'a Lesson,
    program: &'a Program,
    worker: Option<Worker>,
}

impl Panel<'_> {
    /// How many of the probes, from the first, the named variant, or else the solution, answers as the
    /// learner did.
    fn agreed(&mut self, variant: Option<&str>, probes: &[&Probe]) -> usize {
        let had_company = self.worker.is_some();
        let agreed = self.asked(variant, probes);
        // The variants before it may have used up the time, or the memory.
        if had_company && self.worker.is_none() { self.asked(variant, probes) } else { agreed }
    }

    /// Asks a variant; when it ends the process, the next one starts another.
    fn asked(&mut self, variant: Option<&str>, probes: &[&Probe]) -> usize {
        let start = || Worker::start(self.program, self.lesson.limits).ok();
        let Some(mut worker) = self.worker.take().or_else(start) else { return 0 };
        let mut is_alive = true;
        let agrees = |probe: &&&Probe| {
            let answer = probe.repeat(variant, &mut worker);
            is_alive = answer.is_some();
            answer.is_some_and(|answer| same_answer(&answer, &probe.answer, self.lesson.precision))
        };
        let agreed = probes.iter().take_while(agrees).count();
        self.worker = is_alive.then_some(worker);
        agreed
    }
}

fn same_answer(one: &Answer, other: &Answer, precision: f64) -> bool {
    match (one, other) {
        (Answer::Returned(one), Answer::Returned(other)) => same_value(one, other, precision),
        (Answer::Panicked(one), Answer::Panicked(other)) => same_panic(one, other),
        _ => false,
    }
}

/// The same words, both in the crate itself or both in one that it calls: an array that does not fit
/// is no division by zero.
fn same_panic(one: &Panic, other: &Panic) -> bool {
    one.message == other.message && one.file.is_empty() == other.file.is_empty()
}

fn same_value(one: &Value, other: &Value, precision: f64) -> bool {
    let all = |one: &[Value], other: &[Value]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| same_value(one, other, precision))
    };
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => same_number(*one, *other, precision),
        (Value::Single(one), Value::Single(other)) => {
            same_number((*one).into(), (*other).into(), precision)
        }
        (Value::Array(one), Value::Array(other)) => {
            let pairs = || one.numbers().into_iter().zip(other.numbers());
            one.shape() == other.shape() && pairs().all(|(a, b)| same_number(a, b, precision))
        }
        (Value::Tuple(one), Value::Tuple(other)) | (Value::List(one), Value::List(other)) => {
            all(one, other)
        }
        (Value::Option(Some(one)), Value::Option(Some(other)))
        | (Value::Result(Ok(one)), Value::Result(Ok(other)))
        | (Value::Result(Err(one)), Value::Result(Err(other))) => same_value(one, other, precision),
        (Value::Enum { variant: a, payload: one }, Value::Enum { variant: b, payload: other }) => {
            a == b && same_value(one, other, precision)
        }
        (Value::Record(one), Value::Record(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((a, x), (b, y))| a == b && same_value(x, y, precision))
        }
        _ => one == other,
    }
}

/// Equal up to `precision`. Here, unlike in a check, NaN matches NaN: both went wrong alike.
fn same_number(one: f64, other: f64, precision: f64) -> bool {
    let allowed = precision * one.abs().max(other.abs()).max(1e-3);
    // An infinite number would allow any difference.
    let near = allowed.is_finite() && (one - other).abs() <= allowed;
    one == other || (one.is_nan() && other.is_nan()) || near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_the_same_by_their_words_and_by_whose_code_raised_them() {
        let panic = |message: &str, file: &str| {
            let (message, file) = (message.to_owned(), file.to_owned());
            Answer::Panicked(Panic { message, file, line: 3 })
        };
        let same = |one: &Answer, other: &Answer| same_answer(one, other, 1e-9);
        let shapes = panic("ndarray: incompatible shapes", "");
        assert!(same(&shapes, &shapes.clone()));
        assert!(!same(&shapes, &panic("attempt to divide by zero", "")));
        assert!(!same(&shapes, &panic("ndarray: incompatible shapes", "ex_3_2/src/lib.rs")));
    }

    #[test]
    fn only_the_same_infinity_is_the_same_as_an_infinite_number() {
        assert!(same_number(f64::INFINITY, f64::INFINITY, 1e-9));
        assert!(!same_number(f64::INFINITY, 1.0, 1e-9));
        assert!(!same_number(f64::INFINITY, f64::NEG_INFINITY, 1e-9));
        assert!(same_number(f64::NAN, f64::NAN, 1e-9) && !same_number(f64::NAN, 1.0, 1e-9));
    }

    #[test]
    fn numbers_are_the_same_up_to_the_precision() {
        let same =
            |one: f64, other: f64| same_value(&Value::Float(one), &Value::Float(other), 1e-9);
        assert!(same(1.0, 1.0 + 1e-10) && !same(1.0, 1.0 + 1e-8));
    }
}
