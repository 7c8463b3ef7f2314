//! Makes calls of passed checks once more, each right after a call with other data. What a function
//! remembers of earlier calls shows: its answer is another one.

use std::io;

use fastrand::Rng;
use wire::Value;

use super::{Limits, Probe, Subject, learner::Line};
use crate::answers::same_again;

/// How often calls of each function are made again after a call of each function.
const REPEATED: usize = 4;

/// How many more calls follow at most: what was remembered of the call before may not matter to every one.
const FOLLOWING: usize = 7;

/// About how many calls all turns make together, where there are many functions: each comes after each.
const CALLS: usize = 1800;

/// How many processes may end before they are asked everything.
const MAX_STOPS: usize = 3;

/// How much more than it used once a call may use when it is made again.
const LEEWAY: u64 = 4;

/// How far apart two answers to one call may be, relative to their size: the order of a sum may depend
/// on a random hash.
const PRECISION: f64 = 1e-9;

/// The functions that answered one of these calls otherwise when it was made again, after another call.
/// Those that are `known` to be wrong are not asked.
///
/// # Errors
/// When the system starts no process.
pub fn changed(
    subject: &Subject,
    limits: Limits,
    calls: &[&Probe],
    known: &[&str],
    random_seed: u64,
) -> io::Result<Vec<&'static str>> {
    let mut rng = Rng::with_seed(random_seed);
    let mut line = Line::start(subject, limits)?;
    let (mut changed, mut stops) = (Vec::new(), 0);
    for turn in turns(&mut rng, calls, known) {
        let Err(stopped) = turn.again(&mut line, &mut changed) else { continue };
        stops += 1;
        if is_stopped_by(turn.before, stopped, subject, limits)? {
            if !changed.contains(&stopped.function) {
                changed.push(stopped.function);
            }
            return Ok(changed);
        }
        // All turns together may take more than one process has; that says nothing.
        if stops == MAX_STOPS {
            return Ok(changed);
        }
        line = Line::start(subject, limits)?;
    }
    Ok(changed)
}

/// True when a call is answered alone, and not after the one `before`: its answer has changed as well.
fn is_stopped_by(
    before: &Probe,
    call: &Probe,
    subject: &Subject,
    limits: Limits,
) -> io::Result<bool> {
    let mut line = Line::start(subject, of_two(limits))?;
    let stops = line.repeat(before).is_ok() && line.repeat(call).is_err();
    Ok(stops && Line::start(subject, of_two(limits))?.repeat(call).is_ok())
}

/// What two calls may use that took up to these limits each: several times as much, so that no answer
/// depends on how busy the machine is.
fn of_two(Limits { seconds, memory_mib }: Limits) -> Limits {
    Limits { seconds: 2 * LEEWAY * seconds, memory_mib: 2 * LEEWAY * memory_mib }
}

/// A call, and calls to make again after it.
struct Turn<'a> {
    before: &'a Probe,
    repeated: Vec<&'a Probe>,
}

impl<'a> Turn<'a> {
    /// Makes its calls, and notes the functions that answer otherwise than they did.
    ///
    /// # Errors
    /// The call that was not answered.
    fn again(&self, line: &mut Line, changed: &mut Vec<&'static str>) -> Result<(), &'a Probe> {
        line.repeat(self.before).map_err(|_| self.before)?;
        for call in &self.repeated {
            let again = line.repeat(call).map_err(|_| *call)?;
            let is_same = same_again(&again, &call.answer, PRECISION);
            if !is_same && !changed.contains(&call.function) {
                changed.push(call.function);
            }
        }
        Ok(())
    }
}

/// A call, with the shapes of the arrays that were given: in order, for there may be many.
struct Shaped<'a> {
    call: &'a Probe,
    shapes: Vec<Vec<usize>>,
}

impl<'a> Shaped<'a> {
    fn of(call: &'a Probe) -> Self {
        let mut shapes = Vec::new();
        collect_shapes(&call.arguments, &mut shapes);
        shapes.sort_unstable();
        Self { call, shapes }
    }

    /// How many arrays of this call have the shape of one of the other's.
    fn fit(&self, other: &Self) -> usize {
        self.shapes.iter().filter(|shape| other.shapes.binary_search(shape).is_ok()).count()
    }
}

/// Calls of every function after calls of every function.
fn turns<'a>(rng: &mut Rng, calls: &[&'a Probe], known: &[&str]) -> Vec<Turn<'a>> {
    let functions = by_function(calls);
    let mut turns = Vec::new();
    for of_one in functions.iter().filter(|calls| !known.contains(&calls[0].call.function)) {
        for of_other in &functions {
            // What a function remembers is its own, as a rule.
            let is_own = of_one[0].call.function == of_other[0].call.function;
            let following = if is_own { FOLLOWING } else { following(functions.len()) };
            for _ in 0..REPEATED {
                let repeated: Vec<_> =
                    (0..=following).map(|_| &of_one[rng.usize(..of_one.len())]).collect();
                let before = rival(rng, repeated[0], of_other);
                let repeated = repeated.into_iter().map(|it| it.call).collect();
                turns.extend(before.map(|before| Turn { before, repeated }));
            }
        }
    }
    rng.shuffle(&mut turns);
    turns
}

/// How many calls follow in a turn, beside the first two, with so many functions.
fn following(functions: usize) -> usize {
    let turns = REPEATED * functions * functions;
    (CALLS / turns.max(1)).saturating_sub(2).clamp(1, FOLLOWING)
}

fn by_function<'a>(calls: &[&'a Probe]) -> Vec<Vec<Shaped<'a>>> {
    let mut functions: Vec<Vec<Shaped>> = Vec::new();
    // What takes nothing answers always the same.
    for call in calls.iter().filter(|call| call.arguments != Value::Tuple(Vec::new())) {
        match functions.iter_mut().find(|known| known[0].call.function == call.function) {
            Some(known) => known.push(Shaped::of(call)),
            None => functions.push(vec![Shaped::of(call)]),
        }
    }
    functions
}

/// A call with other data, with as many arrays of the same shapes as there are: what was remembered for
/// them fits.
fn rival<'a>(rng: &mut Rng, own: &Shaped, others: &[Shaped<'a>]) -> Option<&'a Probe> {
    let others = others.iter().filter(|other| other.call.arguments != own.call.arguments);
    let fits: Vec<_> = others.map(|other| (other.fit(own), other.call)).collect();
    let best = fits.iter().map(|(fit, _)| *fit).max()?;
    let best: Vec<_> = fits.into_iter().filter(|(fit, _)| *fit == best).collect();
    Some(best[rng.usize(..best.len())].1)
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

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use wire::{Callbacks, Wire as _, frame::Answer};

    use super::*;

    fn probe(function: &'static str, arguments: Value) -> Probe {
        let answer = Answer::Returned(1.0.into_value());
        Probe { function, told: &[], arguments, callbacks: Callbacks::default(), answer }
    }

    #[test]
    fn a_rival_has_other_data_of_the_same_shape() {
        let of = |rows: usize, element: f64| {
            probe("f", (Array2::from_elem((rows, 2), element),).into_value())
        };
        let calls = [of(3, 1.0), of(3, 2.0), of(4, 1.0)];
        let others: Vec<_> = calls.iter().map(Shaped::of).collect();
        let mut rng = Rng::with_seed(1);
        let found = rival(&mut rng, &others[0], &others).unwrap();
        assert_eq!(found.arguments, calls[1].arguments);
        let found = rival(&mut rng, &Shaped::of(&of(5, 1.0)), &others[2..]).unwrap();
        assert_eq!(found.arguments, calls[2].arguments);
        assert!(rival(&mut rng, &others[0], &others[..1]).is_none());
    }

    #[test]
    fn many_functions_do_not_take_many_more_calls() {
        assert_eq!([1, 7, 8, 10, 40].map(following), [FOLLOWING, FOLLOWING, 5, 2, 1]);
    }

    #[test]
    fn every_function_is_called_after_every_function() {
        let calls: Vec<_> = (0..6)
            .map(|at| probe(["f", "g", "h"][at % 3], (at as f64,).into_value()))
            .chain([probe("question", ().into_value())])
            .collect();
        let calls: Vec<_> = calls.iter().collect();
        let turns = |known: &[&str]| turns(&mut Rng::with_seed(1), &calls, known);
        let (all, other) = (turns(&[]), turns(&["g"]));
        for (before, after) in [("f", "g"), ("g", "f"), ("h", "h")] {
            let is_this = |turn: &&Turn| {
                let after_it = |other: &&Probe| other.function == after;
                turn.before.function == before && turn.repeated.iter().all(after_it)
            };
            assert_eq!(all.iter().filter(is_this).count(), REPEATED);
        }
        assert_eq!(all.len(), 9 * REPEATED, "what takes nothing is not called");
        assert_eq!(other.len(), 6 * REPEATED, "what is known to be wrong is not made again");
    }
}
