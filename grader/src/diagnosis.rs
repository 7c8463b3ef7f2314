//! Names the mistake that a learner's answers match.
//!
//! The lesson's mistakes are compiled into one worker, beside the solution. A check's calls are
//! repeated on each of them; a mistake is named only when it gives the learner's answer every time,
//! and the solution does not.

use std::path::Path;

use interface::{Value, frame::Answer};
use syn::{Expr, ExprLit, Item, Lit, Meta};

use crate::{
    checks::Probe,
    report::{CheckReport, Diagnosis},
    worker::{Program, Worker},
};

/// The name under which the worker of the mistakes answers as the solution.
pub const SOLUTION: &str = "solution";

/// A named wrong variant of a solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub name: String,
    /// What a good tutor would say.
    pub explanation: String,
}

/// The mistakes that the file `mistakes.rs` declares: its public modules and their documentation.
pub fn mistakes(text: &str) -> Vec<Mistake> {
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let modules = items.into_iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    modules
        .map(|module| {
            let lines: Vec<_> =
                module.attrs.iter().filter_map(|it| documentation(&it.meta)).collect();
            Mistake { name: module.ident.to_string(), explanation: lines.join(" ") }
        })
        .collect()
}

fn documentation(meta: &Meta) -> Option<String> {
    let Meta::NameValue(pair) = meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("doc").then(|| text.value().trim().to_owned())
}

/// The items that turn the solution's crate into the worker of its mistakes.
pub fn entry(lesson: &str, mistakes_file: &Path, mistakes: &[Mistake]) -> String {
    let arm = |name: &str, path: &str| {
        format!(
            "Some({name:?}) => ::interface::serve(&::interface::{lesson}!({path}), ::core::file!()),"
        )
    };
    let arms: String =
        mistakes.iter().map(|it| arm(&it.name, &format!("crate::mistakes::{}", it.name))).collect();
    let solution = arm(SOLUTION, "crate");
    let file = mistakes_file.display().to_string();
    format!(
        "extern crate self as {lesson}; #[path = {file:?}] mod mistakes; \
         fn main() {{ match std::env::args().nth(2).as_deref() {{ {solution} {arms} _ => () }} }}"
    )
}

/// Which of `names` answer as the learner did, up to the lesson's precision.
///
/// The first call that the solution answers differently tells which function is wrong; a mistake
/// matches when it gives the learner's answer to every call of that function. Other functions may
/// be wrong at the same time, for reasons of their own.
pub fn matching<'a>(
    program: &Program,
    names: &'a [String],
    probes: &[Probe],
    precision: f64,
) -> Vec<&'a str> {
    let alike = |name: &str, probes: &[&Probe]| {
        let matched = matched(program, name, probes, precision);
        matched == probes.len()
    };
    let all: Vec<_> = probes.iter().collect();
    let Some(wrong) = all.get(matched(program, SOLUTION, &all, precision)) else {
        return Vec::new();
    };
    let asked: Vec<_> = all.iter().copied().filter(|it| it.function == wrong.function).collect();
    names.iter().map(String::as_str).filter(|name| alike(name, &asked)).collect()
}

/// How many of the `probes`, from the first, `variant` answers as the learner did.
fn matched(program: &Program, variant: &str, probes: &[&Probe], precision: f64) -> usize {
    let Ok(mut worker) = Worker::start(program, &[variant]) else { return 0 };
    let matches = |probe: &&&Probe| {
        let answer = worker.call(probe.function, probe.arguments.clone());
        answer.is_ok_and(|answer| same_answer(&answer, &probe.answer, precision))
    };
    probes.iter().take_while(matches).count()
}

fn same_answer(one: &Answer, other: &Answer, precision: f64) -> bool {
    match (one, other) {
        (Answer::Returned(one), Answer::Returned(other)) => same_value(one, other, precision),
        (Answer::Panicked(_), Answer::Panicked(_)) => true,
        _ => false,
    }
}

fn same_value(one: &Value, other: &Value, precision: f64) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => same_number(*one, *other, precision),
        (Value::Array { shape: one, data: a }, Value::Array { shape: other, data: b }) => {
            one == other
                && a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| same_number(*a, *b, precision))
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(a, b)| same_value(a, b, precision))
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
    one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= allowed
}

/// How many checks, passed or not, `variant` answers entirely as the learner did.
pub fn agreement(program: &Program, variant: &str, checks: &[Vec<Probe>], precision: f64) -> usize {
    let agrees = |probes: &&Vec<Probe>| {
        let probes: Vec<_> = probes.iter().collect();
        matched(program, variant, &probes, precision) == probes.len()
    };
    checks.iter().filter(agrees).count()
}

/// Gives each check one of its candidates: the one with the most `agreement` where there are several.
pub fn name(
    checks: &mut [CheckReport],
    candidates: &[Vec<&str>],
    mistakes: &[Mistake],
    agreement: impl Fn(&str) -> usize,
) {
    for (check, names) in checks.iter_mut().zip(candidates) {
        let best = match names.as_slice() {
            [] => continue,
            [only] => only,
            // Among equals the first declared: `max_by_key` would take the last.
            several => several.iter().rev().max_by_key(|name| agreement(name)).unwrap_or(&names[0]),
        };
        let named = mistakes.iter().find(|mistake| mistake.name == *best);
        check.diagnosis = named.map(|Mistake { name, explanation }| Diagnosis {
            mistake: name.clone(),
            explanation: explanation.clone(),
        });
    }
}
