//! Each step of a submission, judged by itself: on the values that the learner's own earlier steps gave.

use formulas::{Computed, Expression, Formulas, Function, Point, Slot, Step, SymbolId};
use ndarray::{ArrayD, IxDyn, arr0};
use wire::{Value, frame::Answer};

use super::wide::{Answers, Wide};

/// A value that a function of the lesson gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepId {
    pub function: usize,
    pub step: usize,
}

/// What somebody's code gives for one step, at each point.
#[derive(Debug, Clone)]
pub struct Taken {
    pub id: StepId,
    pub symbol: SymbolId,
    /// From what it ought to be computed: what the lesson's functions give, and nothing in between.
    pub formula: Expression,
    /// The steps in between, which no answer shows, the last first.
    pub hidden: Vec<Step>,
    pub values: Vec<Option<ArrayD<f64>>>,
    /// What is known at each point: what was given, and the learner's own earlier values.
    pub own: Vec<Point>,
    pub state: State,
    /// True where the function gives several values as one answer, a tuple.
    pub is_of_tuple: bool,
}

/// What can be said of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its values are right.
    Right,
    /// Its values are right for earlier values that are not.
    Follows,
    /// It is wrong by itself.
    Wrong,
    /// It gave no value anywhere.
    Missing,
}

/// Judges every step that the answers show.
pub fn taken(formulas: &Formulas, wide: &Wide, answers: &Answers, precision: f64) -> Vec<Taken> {
    let mut steps: Vec<Taken> = Vec::new();
    for (index, function) in formulas.functions.iter().enumerate() {
        let visible = visible(formulas, function, &answers[index]);
        for &step in &visible {
            let id = StepId { function: index, step };
            let values = answers[index].iter();
            let values: Vec<_> =
                values.map(|answer| value_of(formulas, function, step, answer.as_ref()?)).collect();
            let own = own(formulas, function, wide, &steps);
            let hidden = (0..step).rev().filter(|earlier| !visible.contains(earlier));
            let hidden: Vec<_> = hidden.map(|earlier| function.steps[earlier].clone()).collect();
            let Step { symbol, formula } = &function.steps[step];
            let (symbol, formula) = (*symbol, written_out(formula, &hidden));
            let state = State::Missing;
            let is_of_tuple = answers[index].iter().flatten().any(is_tuple);
            let mut taken = Taken { id, symbol, formula, hidden, values, own, state, is_of_tuple };
            taken.state = taken.judged(wide, precision);
            steps.push(taken);
        }
    }
    steps
}

impl Taken {
    fn judged(&self, wide: &Wide, precision: f64) -> State {
        let answered: Vec<_> =
            (0..self.values.len()).filter(|at| self.values[*at].is_some()).collect();
        if answered.is_empty() {
            State::Missing
        } else if answered
            .iter()
            .all(|at| self.is(wide.points[*at].value(self.symbol), *at, precision))
        {
            State::Right
        } else if answered.iter().all(|at| self.follows(&self.formula, *at, precision)) {
            State::Follows
        } else {
            State::Wrong
        }
    }

    fn is(&self, want: Option<&Computed>, at: usize, precision: f64) -> bool {
        match (want, &self.values[at]) {
            (Some(want), Some(got)) => want.may_be(got, precision),
            _ => false,
        }
    }

    /// True where the value at a point is what a formula gives for the learner's own earlier values.
    pub fn follows(&self, formula: &Expression, at: usize, precision: f64) -> bool {
        self.is(formula.evaluate(&self.own[at]).as_ref(), at, precision)
    }
}

#[cfg(test)]
impl Taken {
    /// The last step of the only function, of somebody whose earlier ones are right.
    pub fn last_of(formulas: &Formulas, value: impl Fn(&Point) -> f64) -> Self {
        let own = Wide::new(formulas).points;
        let function = formulas.functions.len() - 1;
        let steps = &formulas.functions[function].steps;
        let Step { symbol, formula } = steps.last().expect("a function has steps").clone();
        let values = own.iter().map(|point| Some(arr0(value(point)).into_dyn())).collect();
        let id = StepId { function, step: steps.len() - 1 };
        let (hidden, state, is_of_tuple) = (Vec::new(), State::Wrong, false);
        Self { id, symbol, formula, hidden, values, own, state, is_of_tuple }
    }
}

fn is_tuple(answer: &Answer) -> bool {
    matches!(answer, Answer::Returned(Value::Tuple(_)))
}

/// The steps of a function that its answers show; the others lie in between.
fn visible(formulas: &Formulas, function: &Function, answers: &[Option<Answer>]) -> Vec<usize> {
    let shown = |step: &usize| {
        let mut answers = answers.iter().flatten();
        answers.any(|answer| value_of(formulas, function, *step, answer).is_some())
    };
    (0..function.steps.len()).filter(shown).collect()
}

/// A formula in which the hidden steps, the last first, are written out.
pub fn written_out(formula: &Expression, hidden: &[Step]) -> Expression {
    hidden.iter().fold(formula.clone(), |formula, earlier| {
        formula.substitute(earlier.symbol, &earlier.formula)
    })
}

/// What is known at each point: what the grader gave, and what the learner's earlier steps gave.
fn own(formulas: &Formulas, function: &Function, wide: &Wide, earlier: &[Taken]) -> Vec<Point> {
    let handed = function.given();
    let point = |(at, truth): (usize, &Point)| {
        let mut point = truth.clone();
        for step in formulas.functions.iter().flat_map(|function| &function.steps) {
            if !handed.contains(&step.symbol) {
                point.set(step.symbol, Slot::Empty);
            }
        }
        for taken in earlier.iter().filter(|taken| !handed.contains(&taken.symbol)) {
            let value = taken.values[at].clone();
            point.set(
                taken.symbol,
                value.map_or(Slot::Empty, |it| Slot::from(Computed::rounded(it))),
            );
        }
        point
    };
    wide.points.iter().enumerate().map(point).collect()
}

/// A step's value in an answer: a field of its name, an element of a tuple, or the last step's alone.
fn value_of(
    formulas: &Formulas,
    function: &Function,
    step: usize,
    answer: &Answer,
) -> Option<ArrayD<f64>> {
    let Answer::Returned(value) = answer else { return None };
    let name = &formulas.symbols[function.steps[step].symbol].name;
    match value {
        Value::Record(fields) => {
            let field = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
            numbers(&field?.1)
        }
        Value::Tuple(items) => {
            let first = function.steps.len().checked_sub(items.len())?;
            numbers(&items[step.checked_sub(first)?])
        }
        value => (step + 1 == function.steps.len()).then(|| numbers(value))?,
    }
}

/// A number or an array; a yes is 1.
fn numbers(value: &Value) -> Option<ArrayD<f64>> {
    let number = |number: f64| arr0(number).into_dyn();
    match value {
        Value::Float(value) => Some(number(*value)),
        Value::Single(value) => Some(number((*value).into())),
        Value::Integer(value) => Some(number(*value as f64)),
        Value::Bool(value) => Some(number((*value).into())),
        Value::Array(array) => ArrayD::from_shape_vec(IxDyn(array.shape()), array.numbers()).ok(),
        _ => None,
    }
}
