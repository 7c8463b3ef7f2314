//! The calls that a diagnosis asks: every function that has formulas, at points that tell them apart.
//!
//! They are the same for every submission and are asked after a failure alone, so that no score depends
//! on them.

use formulas::{Argument, Domain, Formulas, Function, LENGTH_SETS, Point, Slot, SymbolId, draw};
use ndarray::{Array1, ArrayD, IxDyn, ShapeBuilder};
use wire::{Callback, Callbacks, Value, Wire, frame::Answer};

use crate::{
    checks::{Limits, Probe},
    worker::{Program, Worker},
};

/// At how many points a function is asked: each way to draw numbers meets each set of lengths.
const POINTS: usize = 84;

/// Where functions are called back, each call takes many trips between two processes.
const POINTS_OF_CALLBACKS: usize = 36;

/// How often a worker that ended is started again.
const MAX_RESTARTS: usize = 4;

/// The points, and for each function of the formulas its calls there.
pub struct Wide {
    pub points: Vec<Point>,
    /// By function and point.
    calls: Vec<Vec<Call>>,
}

/// One call.
pub struct Call {
    pub function: String,
    pub arguments: Value,
    pub callbacks: Callbacks,
}

/// What somebody answered, by function and point: nothing where the process ended.
pub type Answers = Vec<Vec<Option<Answer>>>;

impl Wide {
    pub fn new(formulas: &Formulas) -> Self {
        let points = draw(formulas, most_points(formulas));
        let calls = |function: &Function| {
            let points = points.iter().enumerate();
            points.map(|(at, point)| call(formulas, function, point, at)).collect()
        };
        Self { calls: formulas.functions.iter().map(calls).collect(), points }
    }

    /// The answers point by point, at each of them one function after the other.
    pub fn ask(&self, asked: &mut Asked) -> Answers {
        let mut answers = self.no_answers();
        self.ask_at(&(0..self.points.len()).collect::<Vec<_>>(), asked, &mut answers);
        answers
    }

    /// The points at which variants are asked: of many points half, of each set of lengths half.
    pub fn some(&self) -> Vec<usize> {
        let all = 0..self.points.len();
        let few = self.points.len() < POINTS;
        all.filter(|at| few || (at + at / LENGTH_SETS).is_multiple_of(2)).collect()
    }

    pub fn no_answers(&self) -> Answers {
        vec![vec![None; self.points.len()]; self.calls.len()]
    }

    /// Answers at these points, without places for others.
    pub fn answers_at(&self, points: &[usize], answers: &Answers) -> Answers {
        let of =
            |answers: &Vec<Option<Answer>>| points.iter().map(|at| answers[*at].clone()).collect();
        answers.iter().map(of).collect()
    }

    /// As [`Wide::answers_at`] gave them, each at its point.
    pub fn with_answers(&self, points: &[usize], at_points: Answers) -> Answers {
        let mut answers = self.no_answers();
        for (answers, of_function) in answers.iter_mut().zip(at_points) {
            points.iter().zip(of_function).for_each(|(at, answer)| answers[*at] = answer);
        }
        answers
    }

    /// Adds the answers at some points.
    pub fn ask_at(&self, points: &[usize], asked: &mut Asked, answers: &mut Answers) {
        for at in points {
            for (function, calls) in self.calls.iter().enumerate() {
                answers[function][*at] = asked.answer(&calls[*at]);
            }
        }
    }

    /// The answer at one point.
    pub fn ask_one(&self, function: usize, at: usize, asked: &mut Asked) -> Option<Answer> {
        asked.answer(&self.calls[function][at])
    }

    /// The same calls the other way round: who remembers earlier ones answers them differently.
    pub fn ask_backwards(&self, asked: &mut Asked) -> Answers {
        let mut answers = self.no_answers();
        for at in (0..self.points.len()).rev() {
            for (function, calls) in self.calls.iter().enumerate().rev() {
                answers[function][at] = asked.answer(&calls[at]);
            }
        }
        answers
    }
}

/// Somebody who is asked: a submission, a solution, or a variant of one.
pub struct Asked<'a> {
    program: &'a Program,
    limits: Limits,
    variant: Option<&'a str>,
    pub worker: Option<Worker>,
    restarts: usize,
}

impl<'a> Asked<'a> {
    pub fn new(program: &'a Program, limits: Limits, variant: Option<&'a str>) -> Self {
        Self { program, limits, variant, worker: None, restarts: 0 }
    }

    /// The answer to a call; a worker that it ends is started again, but not for ever.
    pub fn answer(&mut self, call: &Call) -> Option<Answer> {
        let had_company = self.worker.is_some() && self.restarts == 0;
        let answer = self.asked(call);
        // Who was asked before may have used up the time, or the memory.
        if answer.is_none() && had_company { self.asked(call) } else { answer }
    }

    fn asked(&mut self, call: &Call) -> Option<Answer> {
        if self.restarts > MAX_RESTARTS {
            return None;
        }
        let start = || Worker::start(self.program, self.limits).ok();
        let mut worker = self.worker.take().or_else(start)?;
        let answer = worker.call(self.variant, &call.function, &call.arguments, &call.callbacks);
        match answer {
            Ok(answer) => {
                self.worker = Some(worker);
                Some(answer)
            }
            Err(_) => {
                self.restarts += 1;
                None
            }
        }
    }
}

impl From<&Probe> for Call {
    fn from(probe: &Probe) -> Self {
        let (arguments, callbacks) = (probe.arguments.clone(), probe.callbacks.clone());
        Self { function: probe.function.to_owned(), arguments, callbacks }
    }
}

fn most_points(formulas: &Formulas) -> usize {
    let calls_back = formulas.symbols.iter().any(|symbol| symbol.domain.is_function());
    if calls_back { POINTS_OF_CALLBACKS } else { POINTS }
}

/// True for the points whose arrays lie in memory column by column, as a transpose does.
pub fn is_by_column(at: usize) -> bool {
    at % 3 == 2
}

fn call(formulas: &Formulas, function: &Function, point: &Point, at: usize) -> Call {
    let by_column = is_by_column(at);
    let (arguments, callbacks) = wire::offering(|| {
        let argument = |argument: &Argument| match argument {
            Argument::Symbol(symbol) => value(formulas, point, *symbol, by_column),
            Argument::Record(symbols) => {
                let field = |symbol: &SymbolId| {
                    let name = formulas.symbols[*symbol].name.to_lowercase();
                    (name, value(formulas, point, *symbol, by_column))
                };
                Value::Record(symbols.iter().map(field).collect())
            }
        };
        Value::Tuple(function.arguments.iter().map(argument).collect())
    });
    Call { function: function.name.clone(), arguments, callbacks }
}

/// What a symbol is at a point, as the lesson's function takes it.
fn value(formulas: &Formulas, point: &Point, symbol: SymbolId, by_column: bool) -> Value {
    match (&formulas.symbols[symbol].domain, point.slot(symbol)) {
        (Domain::Whole(..) | Domain::Dimension, Slot::Value(computed)) => {
            Value::Integer(computed.value.first().map_or(0, |number| *number as i128))
        }
        (_, Slot::Value(computed)) if computed.is_number() => {
            Value::Float(computed.value.first().copied().unwrap_or(f64::NAN))
        }
        (_, Slot::Value(computed)) => array(&computed.value, by_column),
        (Domain::Choice(variants), Slot::Choice(variant)) => Value::Enum {
            variant: variants[*variant].clone(),
            payload: Box::new(Value::Tuple(Vec::new())),
        },
        (Domain::FunctionOfNumber, Slot::Function(function)) => {
            let function = function.clone();
            Callback::new(move |(at,): (f64,)| function(&[at])).into_value()
        }
        (_, Slot::Function(function)) => {
            let function = function.clone();
            Callback::new(move |(at,): (Array1<f64>,)| function(&at.to_vec())).into_value()
        }
        _ => Value::Tuple(Vec::new()),
    }
}

fn array(array: &ArrayD<f64>, by_column: bool) -> Value {
    if !by_column {
        return array.clone().into_value();
    }
    let mut turned = ArrayD::zeros(IxDyn(array.shape()).f());
    turned.assign(array);
    turned.into_value()
}
