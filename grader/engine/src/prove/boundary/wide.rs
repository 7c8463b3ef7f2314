//! Calls that reach further than those of the checks: an excuse for a mutant has to hold here.

use wire::Value;

use super::{
    change::{map_numbers, turn},
    place::places,
};
use crate::checks::Probe;

/// How many calls of each function are widened at most.
const WIDENED: usize = 24;

/// How many wide calls a function gets at most: where its arguments have many parts, fewer calls are widened.
const CALLS: usize = 1200;

/// What all numbers of an argument are multiplied by.
const FACTORS: [f64; 5] = [1e-3, 1e3, -1.0, 7.0, 0.0];

/// Of each function some calls of the checks, evenly chosen: as they are, and with each argument scaled,
/// negated, zero and in the other memory order.
pub fn widened(calls: &[&Probe]) -> Vec<Probe> {
    let mut functions: Vec<&str> = calls.iter().map(|call| call.function).collect();
    functions.sort_unstable();
    functions.dedup();
    let mut wide = Vec::new();
    for function in functions {
        let of_it: Vec<_> = calls.iter().filter(|call| call.function == function).collect();
        let step = of_it.len().div_ceil(widened_of(of_it[0]));
        of_it.into_iter().step_by(step).for_each(|call| wide.extend(around(call)));
    }
    wide
}

/// How many calls of the function of this one are widened.
fn widened_of(call: &Probe) -> usize {
    let parts = places(&call.arguments, &[]).len();
    (CALLS / (1 + parts * (FACTORS.len() + 1))).clamp(1, WIDENED)
}

fn around(call: &Probe) -> Vec<Probe> {
    let mut all = vec![call.clone()];
    for (place, _) in places(&call.arguments, &[]) {
        let mut with = |change: &dyn Fn(&mut Value)| {
            let mut changed = call.clone();
            place.find(&mut changed.arguments).into_iter().for_each(change);
            all.push(changed);
        };
        for factor in FACTORS {
            // Sizes and counts stay what they are.
            with(&|part| match part {
                Value::Integer(_) => (),
                _ => map_numbers(part, |number| factor * number),
            });
        }
        with(&|part| turn(part));
    }
    all
}

#[cfg(test)]
mod tests {
    use wire::{Callbacks, Wire as _, frame::Answer};

    use super::*;

    #[test]
    fn arguments_of_many_parts_do_not_take_many_more_calls() {
        let call = |parts: usize| {
            let (arguments, answer) =
                (Value::Tuple(vec![1.0.into_value(); parts]), 1.0.into_value());
            let callbacks = Callbacks::default();
            let answer = Answer::Returned(answer);
            Probe { function: "f", told: &["f"], arguments, callbacks, answer }
        };
        assert_eq!([0, 8, 50, 1000].map(|parts| widened_of(&call(parts))), [24, 24, 3, 1]);
        let calls = vec![call(50); 7];
        let wide = widened(&calls.iter().collect::<Vec<_>>());
        assert_eq!(wide.len(), 3 * (1 + 50 * 6));
    }
}
