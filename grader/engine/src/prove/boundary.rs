//! Mutants at the boundary of a solution: one argument or one part of an answer is changed on its way
//! between the checks and the worker, as a submission would that clips it, rounds it or remembers it.
//! The solution's worker serves all of them, so none has to be compiled.

mod change;
mod place;
mod wide;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use change::Change;
use place::{Place, places};
pub use wide::widened;
use wire::{Callbacks, Value, frame::Answer};

use crate::{answers::same_frame, checks::Probe, worker::Stop};

/// One change of what one function takes or gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// The function.
    pub function: String,
    place: Place,
    how: How,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    /// An argument is changed.
    Argument(Change),
    /// A part of the answer is changed.
    Answer(Change),
    /// All of the answer is 0 where the argument is.
    ZeroAnswer,
    /// An argument is the one that another function was given last, where that fits.
    OfLastCall { function: String, place: Place },
    /// What a function among the arguments gives is changed.
    Value(Change),
    /// What a function among the arguments gives is remembered, by what it is given.
    Memory,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, place, how } = self;
        write!(f, "{function}: ")?;
        match how {
            How::Argument(change) => write!(f, "argument {place} {change}"),
            How::Answer(change) => write!(f, "result {place} {change}"),
            How::ZeroAnswer => write!(f, "everything 0 where {place} is 0"),
            How::OfLastCall { function: other, place: of_other } => {
                write!(f, "argument {place} is {of_other} of the last `{other}`")
            }
            How::Value(change) => write!(f, "value of {place} {change}"),
            How::Memory => write!(f, "value of {place} remembered by its argument"),
        }?;
        write!(f, " at the boundary")
    }
}

impl Mutant {
    /// True where a function among the arguments gives something else: what, is not known before it is asked.
    fn changes_callbacks(&self) -> bool {
        matches!(self.how, How::Value(_) | How::Memory)
    }

    /// True where calls of this function may be answered otherwise, or matter to those that are.
    pub fn meets(&self, function: &str) -> bool {
        let of_other =
            matches!(&self.how, How::OfLastCall { function: other, .. } if other == function);
        of_other || self.function == function
    }

    /// False where these calls, one after the other, are made and answered as they are without the mutant.
    pub fn touches(&self, calls: &[Probe]) -> bool {
        let mut mutated = Mutated::new(self);
        calls.iter().any(|call| {
            let mut is_asked = false;
            let again = mutated.call_known(call, &call.answer, |_, _| {
                is_asked = true;
                Ok(call.answer.clone())
            });
            is_asked || again.is_ok_and(|again| !same_frame(&again, &call.answer))
        })
    }

    /// True when an answer may depend on earlier calls.
    pub fn remembers(&self) -> bool {
        match self.how {
            How::Argument(change) | How::Answer(change) | How::Value(change) => change.is_memory(),
            How::ZeroAnswer => false,
            How::OfLastCall { .. } | How::Memory => true,
        }
    }
}

/// Every mutant of the functions that these calls are of. `names` gives the names of a function's
/// arguments. An instance in another precision has none of its own: it is the same code.
pub fn mutants(calls: &[&Probe], names: impl Fn(&str) -> Vec<String>) -> Vec<Mutant> {
    let mut firsts: Vec<&Probe> = Vec::new();
    let is_own = |call: &&&Probe| contract::in_any_precision(call.function) == call.function;
    for call in calls.iter().filter(is_own) {
        if firsts.iter().all(|known| known.function != call.function) {
            firsts.push(call);
        }
    }
    let boundary = |call: &&Probe| Boundary::of(call, &names(call.function));
    let boundaries: Vec<_> = firsts.iter().map(boundary).collect();
    boundaries.iter().flat_map(|boundary| boundary.mutants(&boundaries)).collect()
}

/// What a function takes and gives.
struct Boundary {
    function: String,
    arguments: Vec<(Place, Value)>,
    answer: Vec<(Place, Value)>,
}

impl Boundary {
    fn of(call: &Probe, names: &[String]) -> Self {
        let answer = match &call.answer {
            Answer::Returned(value) => places(value, &[]),
            _ => Vec::new(),
        };
        let function = call.function.to_owned();
        Self { function, arguments: places(&call.arguments, names), answer }
    }

    fn mutants(&self, all: &[Self]) -> Vec<Mutant> {
        let mut hows = Vec::new();
        for (place, value) in &self.arguments {
            let mut with = |how| hows.push((place, how));
            match value {
                Value::Callback(_) => {
                    Change::NUMBERS.into_iter().for_each(|change| with(How::Value(change)));
                    with(How::Memory);
                }
                _ => Change::of_argument(value).for_each(|change| with(How::Argument(change))),
            }
            if matches!(value, Value::Float(_)) && self.gives_numbers() {
                with(How::ZeroAnswer);
            }
            self.of_last_calls(place, value, all).for_each(with);
        }
        // What takes nothing answers always the same.
        let remembers = !self.arguments.is_empty();
        for (place, value) in &self.answer {
            let changes = Change::of_answer(value).filter(|it| remembers || !it.is_memory());
            hows.extend(changes.map(|change| (place, How::Answer(change))));
        }
        let function = &self.function;
        let mutant = |(place, how): (&Place, How)| Mutant {
            function: function.clone(),
            place: place.clone(),
            how,
        };
        hows.into_iter().map(mutant).collect()
    }

    fn gives_numbers(&self) -> bool {
        self.answer.iter().any(|(_, value)| matches!(value, Value::Float(_) | Value::Array(_)))
    }

    /// By the arguments of other functions that have a like name and the same type.
    fn of_last_calls<'a>(
        &'a self,
        place: &'a Place,
        value: &'a Value,
        all: &'a [Self],
    ) -> impl Iterator<Item = How> + 'a {
        let others = all.iter().filter(|other| other.function != self.function);
        let arguments = others.flat_map(|other| other.arguments.iter().map(move |it| (other, it)));
        let same = arguments.filter(move |(_, (of_other, other))| {
            of_other.is_like(place) && change::is_exchangeable(value, other)
        });
        same.map(|(other, (of_other, _))| How::OfLastCall {
            function: other.function.clone(),
            place: of_other.clone(),
        })
    }
}

/// A mutant at work, with what it remembers.
pub struct Mutated<'a> {
    mutant: &'a Mutant,
    kept: Option<Value>,
    remembered: Arc<Mutex<HashMap<String, Value>>>,
}

impl<'a> Mutated<'a> {
    /// Remembers nothing yet.
    pub fn new(mutant: &'a Mutant) -> Self {
        Self { mutant, kept: None, remembered: Arc::default() }
    }

    /// Makes a call with `ask`, and the change with it.
    ///
    /// # Errors
    /// When the worker gives no answer.
    pub fn call(
        &mut self,
        function: &str,
        arguments: &Value,
        callbacks: &Callbacks,
        mut ask: impl FnMut(&Value, &Callbacks) -> Result<Answer, Stop>,
    ) -> Result<Answer, Stop> {
        let Mutant { function: own, place, how } = self.mutant;
        let mut arguments = arguments.clone();
        if let How::OfLastCall { function: other, place } = how
            && function == other
        {
            self.kept = place.find(&mut arguments).cloned();
        }
        if function != own {
            return ask(&arguments, callbacks);
        }
        let leaf = place.find(&mut arguments);
        match (how, leaf) {
            (How::Argument(change), Some(leaf)) => change.make(leaf, &mut self.kept),
            (How::OfLastCall { .. }, Some(leaf)) => change::put_back(leaf, self.kept.as_ref()),
            (How::ZeroAnswer, Some(Value::Float(0.0))) => {
                return ask(&arguments, callbacks).map(with_zeros);
            }
            (How::Value(change), _) => return ask(&arguments, &changed_values(callbacks, *change)),
            (How::Memory, _) => return ask(&arguments, &self.remembering(callbacks)),
            (How::Answer(change), _) => {
                let mut answer = ask(&arguments, callbacks)?;
                if let Answer::Returned(value) = &mut answer
                    && let Some(leaf) = place.find(value)
                {
                    change.make(leaf, &mut self.kept);
                }
                return Ok(answer);
            }
            _ => (),
        }
        ask(&arguments, callbacks)
    }

    /// Makes a call whose answer without the change is known. Asks only where the change makes it another call.
    ///
    /// # Errors
    /// When the worker gives no answer.
    pub fn call_known(
        &mut self,
        Probe { function, arguments, callbacks, .. }: &Probe,
        answer: &Answer,
        mut ask: impl FnMut(&Value, &Callbacks) -> Result<Answer, Stop>,
    ) -> Result<Answer, Stop> {
        let Mutant { function: own, .. } = self.mutant;
        let (is_own, is_other) = (function == own, self.mutant.changes_callbacks());
        self.call(function, arguments, callbacks, |changed, callbacks| {
            if is_own && (is_other || !same_frame(changed, arguments)) {
                return ask(changed, callbacks);
            }
            Ok(answer.clone())
        })
    }

    fn remembering(&self, callbacks: &Callbacks) -> Callbacks {
        let remembered = Arc::clone(&self.remembered);
        callbacks.wrapped(move |evaluate, arguments| {
            let key = arguments.to_string();
            // The count of calls stays what it is.
            let value = evaluate(arguments)?;
            let mut remembered = remembered.lock().unwrap_or_else(|poison| poison.into_inner());
            Ok(remembered.entry(key).or_insert(value).clone())
        })
    }
}

fn changed_values(callbacks: &Callbacks, change: Change) -> Callbacks {
    callbacks.wrapped(move |evaluate, arguments| {
        let mut value = evaluate(arguments)?;
        change.make(&mut value, &mut None);
        Ok(value)
    })
}

fn with_zeros(mut answer: Answer) -> Answer {
    if let Answer::Returned(value) = &mut answer {
        for (place, _) in places(value, &[]) {
            place.find(value).into_iter().for_each(|leaf| change::map_numbers(leaf, |_| 0.0));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use wire::Wire as _;

    use super::*;

    fn call(function: &'static str, argument: f64, answer: f64) -> Probe {
        let (arguments, answer) = ((argument,).into_value(), Answer::Returned(answer.into_value()));
        Probe { function, told: &[], arguments, callbacks: Callbacks::default(), answer }
    }

    /// Whether a change of `f` touches these calls.
    fn touches(how: &How, calls: &[Probe]) -> bool {
        let place = match how {
            How::Answer(_) => places(&1.0.into_value(), &[]).remove(0).0,
            _ => places(&(1.0,).into_value(), &[]).remove(0).0,
        };
        Mutant { function: "f".to_owned(), place, how: how.clone() }.touches(calls)
    }

    #[test]
    fn a_mutant_touches_the_calls_that_it_changes() {
        let calls = [call("f", -3.0, 2.0), call("f", 1.0, 2.0)];
        for (how, is_touched) in [
            (How::Argument(Change::Absolute), true),
            (How::Argument(Change::Clipped(5.0)), false),
            (How::Argument(Change::Before), true),
            (How::Answer(Change::Clipped(1.0)), true),
            (How::Answer(Change::First), false),
            (How::Memory, true),
        ] {
            assert_eq!(touches(&how, &calls), is_touched, "{how:?}");
            assert!(!touches(&how, &[call("g", -3.0, 2.0)]), "{how:?}");
        }
        assert!(touches(&How::Argument(Change::Absolute), &[call("f", -0.0, 2.0)]), "−0 is not 0");
    }

    #[test]
    fn what_comes_of_another_function_touches_the_calls_behind_it() {
        let place = places(&(1.0,).into_value(), &[]).remove(0).0;
        let of_last = How::OfLastCall { function: "g".to_owned(), place };
        let [f, g] = [call("f", 1.0, 2.0), call("g", 3.0, 2.0)];
        assert!(!touches(&of_last, &[f.clone(), g.clone()]) && touches(&of_last, &[g, f]));
    }
}
