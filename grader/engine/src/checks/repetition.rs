//! Makes calls of passed checks once more, each right after a call with other data. What a function
//! remembers of earlier calls shows: its answer is another one.

use std::io;

use fastrand::Rng;
use wire::{Value, frame::Answer};

use super::{Limits, Probe, Subject};
use crate::worker::Worker;

/// How many calls of each function are made again after calls of each function.
const REPEATED: usize = 4;

/// How far apart two answers to one call may be, relative to their size: the order of a sum may depend
/// on a random hash.
const PRECISION: f64 = 1e-9;

/// The functions that answered one of these calls otherwise when it was made again, after another call.
///
/// # Errors
/// When the system starts no process.
pub fn changed(
    subject: &Subject,
    limits: Limits,
    calls: &[&Probe],
    random_seed: u64,
) -> io::Result<Vec<&'static str>> {
    let mut rng = Rng::with_seed(random_seed);
    let mut worker = Worker::start(subject.program, limits)?;
    let mut changed = Vec::new();
    for (before, call) in pairs(&mut rng, calls) {
        let answers = [before, call].map(|it| it.repeat(subject.variant, &mut worker));
        // Where the process has ended nothing is known.
        let [Some(_), Some(again)] = answers else { break };
        if !is_same_answer(&again, &call.answer) && !changed.contains(&call.function) {
            changed.push(call.function);
        }
    }
    Ok(changed)
}

/// Calls to make again, each with the call to make before it: of every function after every function.
fn pairs<'a>(rng: &mut Rng, calls: &[&'a Probe]) -> Vec<(&'a Probe, &'a Probe)> {
    let functions = by_function(calls);
    let mut pairs = Vec::new();
    for of_one in &functions {
        for of_other in &functions {
            for _ in 0..REPEATED {
                let call = of_one[rng.usize(..of_one.len())];
                pairs.extend(rival(rng, call, of_other).map(|before| (before, call)));
            }
        }
    }
    rng.shuffle(&mut pairs);
    pairs
}

fn by_function<'a>(calls: &[&'a Probe]) -> Vec<Vec<&'a Probe>> {
    let mut functions: Vec<Vec<&Probe>> = Vec::new();
    // What takes nothing answers always the same.
    for call in calls.iter().filter(|call| call.arguments != Value::Tuple(Vec::new())) {
        match functions.iter_mut().find(|known| known[0].function == call.function) {
            Some(known) => known.push(call),
            None => functions.push(vec![call]),
        }
    }
    functions
}

/// A call with other data, of arrays of the same shapes where there is one: what was remembered for
/// them fits.
fn rival<'a>(rng: &mut Rng, call: &Probe, others: &[&'a Probe]) -> Option<&'a Probe> {
    let shapes = |probe: &Probe| {
        let mut shapes = Vec::new();
        collect_shapes(&probe.arguments, &mut shapes);
        shapes
    };
    let own = shapes(call);
    let others = || others.iter().filter(|other| other.arguments != call.arguments);
    let fitting: Vec<_> =
        others().filter(|it| shapes(it).iter().any(|it| own.contains(it))).collect();
    let candidates = if fitting.is_empty() { others().collect() } else { fitting };
    (!candidates.is_empty()).then(|| *candidates[rng.usize(..candidates.len())])
}

fn collect_shapes(value: &Value, shapes: &mut Vec<Vec<usize>>) {
    match value {
        Value::Array(array) => shapes.push(array.shape().to_vec()),
        Value::Tuple(items) | Value::List(items) => {
            items.iter().for_each(|item| collect_shapes(item, shapes));
        }
        Value::Record(fields) => fields.iter().for_each(|(_, field)| collect_shapes(field, shapes)),
        _ => (),
    }
}

fn is_same_answer(one: &Answer, other: &Answer) -> bool {
    // Compared as frames: NaN is not equal to itself.
    let frame = |answer| wire::frame::encode(answer).ok();
    match (one, other) {
        (Answer::Returned(one), Answer::Returned(other)) if is_near(one, other) => true,
        _ => frame(one) == frame(other),
    }
}

fn is_near(one: &Value, other: &Value) -> bool {
    let all = |one: &[Value], other: &[Value]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_near(one, other))
    };
    let near = |one: f64, other: f64| (one - other).abs() <= PRECISION * one.abs().max(other.abs());
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => near(*one, *other),
        (Value::Array(one), Value::Array(other)) => {
            let pairs = || one.numbers().into_iter().zip(other.numbers());
            one.shape() == other.shape() && pairs().all(|(one, other)| near(one, other))
        }
        (Value::Tuple(one), Value::Tuple(other)) | (Value::List(one), Value::List(other)) => {
            all(one, other)
        }
        (Value::Record(one), Value::Record(other)) => {
            let values = |fields: &[(String, Value)]| -> Vec<_> {
                fields.iter().map(|(_, value)| value.clone()).collect()
            };
            all(&values(one), &values(other))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use wire::{Callbacks, Wire as _};

    use super::*;

    fn probe(function: &'static str, arguments: Value) -> Probe {
        let answer = Answer::Returned(1.0.into_value());
        Probe { function, arguments, callbacks: Callbacks::default(), answer }
    }

    #[test]
    fn a_rival_has_other_data_of_the_same_shape() {
        let of = |rows: usize, element: f64| {
            probe("f", (Array2::from_elem((rows, 2), element),).into_value())
        };
        let calls = [of(3, 1.0), of(3, 2.0), of(4, 1.0)];
        let others: Vec<_> = calls.iter().collect();
        let mut rng = Rng::with_seed(1);
        let found = rival(&mut rng, &calls[0], &others).unwrap();
        assert_eq!(found.arguments, calls[1].arguments);
        let found = rival(&mut rng, &of(5, 1.0), &others[2..]).unwrap();
        assert_eq!(found.arguments, calls[2].arguments);
        assert!(rival(&mut rng, &calls[0], &others[..1]).is_none());
    }

    #[test]
    fn every_function_is_called_after_every_function() {
        let calls: Vec<_> = (0..6)
            .map(|at| probe(["f", "g", "h"][at % 3], (at as f64,).into_value()))
            .chain([probe("question", ().into_value())])
            .collect();
        let pairs = pairs(&mut Rng::with_seed(1), &calls.iter().collect::<Vec<_>>());
        for (before, after) in [("f", "g"), ("g", "f"), ("h", "h")] {
            let is_this = |(one, other): &&(&Probe, &Probe)| {
                (one.function, other.function) == (before, after)
            };
            assert_eq!(pairs.iter().filter(is_this).count(), REPEATED);
        }
        assert_eq!(pairs.len(), 9 * REPEATED, "what takes nothing is not called");
    }

    #[test]
    fn answers_are_the_same_up_to_the_order_of_a_sum() {
        let answer = |number: f64| Answer::Returned((number, true).into_value());
        assert!(is_same_answer(&answer(1.0), &answer(1.0 + 1e-12)));
        assert!(is_same_answer(&answer(f64::NAN), &answer(f64::NAN)));
        assert!(!is_same_answer(&answer(1.0), &answer(1.001)));
        assert!(!is_same_answer(&answer(1.0), &answer(f64::NAN)));
    }
}
