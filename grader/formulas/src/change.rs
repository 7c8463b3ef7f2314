//! The ways in which people get a formula wrong.

use crate::{Domain, Expression, Formulas, Operation, SymbolId};

/// A changed formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What is computed instead.
    pub formula: Expression,
    /// In which way it differs.
    pub kind: Kind,
    /// How far it is from the formula: of several that fit, the nearest is told.
    pub cost: u32,
}

/// In which way a formula differs from the lesson's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A sign.
    Sign,
    /// The sign of a symbol.
    SignOf(SymbolId),
    /// A sign is lost, where a magnitude is taken.
    Magnitude,
    /// A sign is kept, where a magnitude belongs.
    MagnitudeMissing,
    /// A factor, or a divisor, is not there.
    FactorMissing,
    /// A term is not there.
    TermMissing,
    /// A function is not applied.
    FunctionMissing,
    /// One factor, or divisor, too many.
    FactorExtra(SymbolId),
    /// One term too many.
    TermExtra(SymbolId),
    /// A symbol stands where another belongs.
    Another(SymbolId),
    /// A symbol stands where something that is computed from several belongs.
    Instead(SymbolId),
    /// Another operation.
    Operation,
    /// Another function than this one.
    Function(Operation),
    /// A symbol has another factor.
    Times(SymbolId),
    /// A symbol is not used: a fixed number stands in its place.
    Fixed(SymbolId),
    /// A symbol is one too large or too small.
    OffByOne(SymbolId),
    /// The whole is divided by two lengths.
    DivisorsExtra(SymbolId, SymbolId),
    /// Another number.
    Number,
    /// Another axis, or another reduction.
    Axis,
    /// The operands are exchanged, or a matrix is turned.
    Order,
    /// An operation is applied to another part.
    Grouping,
    /// A comparison is the other way round.
    Comparison,
    /// A symbol is scaled to length 1.
    Normalised(SymbolId),
    /// Something small is added to what is divided by, or put under it.
    Floor,
    /// The derivative of another function.
    Derivative,
    /// One formula for what are several cases.
    Case,
    /// A part has single precision.
    Single,
    /// A part is cut to a whole number.
    Whole,
    /// A part is kept within bounds.
    Clipped,
    /// The first or the last entry of a symbol's first axis is left out.
    Dropped(SymbolId),
    /// A difference between two sides is taken to one side.
    OneSided,
    /// Rows are left out.
    Rows,
}

/// Functions that stand for one another.
const FUNCTIONS: [Operation; 9] = [
    Operation::Tanh,
    Operation::Logistic,
    Operation::Relu,
    Operation::Sine,
    Operation::Arctangent,
    Operation::Softsign,
    Operation::Sign,
    Operation::Clip(1.0),
    Operation::Exponential,
];

/// Ways to make an array smaller.
const REDUCTIONS: [Operation; 10] = [
    Operation::Sum,
    Operation::SumAxis(0),
    Operation::SumAxis(1),
    Operation::Mean,
    Operation::MeanAxis(0),
    Operation::MeanAxis(1),
    Operation::First(0),
    Operation::First(1),
    Operation::Last(0),
    Operation::Last(1),
];

/// The formulas that one change makes of `formula`, with the symbols that may be taken for others.
#[must_use]
pub fn changes(formulas: &Formulas, formula: &Expression, scope: &[SymbolId]) -> Vec<Change> {
    let changing = Changing { formulas, scope };
    let mut found = changing.everywhere(formula);
    found.extend(changing.of_symbols(formula));
    found.extend(changing.of_divisors(formula));
    found.retain(|change| change.formula != *formula);
    found
}

struct Changing<'a> {
    formulas: &'a Formulas,
    scope: &'a [SymbolId],
}

impl Changing<'_> {
    /// Changes at one node, whichever.
    fn everywhere(&self, formula: &Expression) -> Vec<Change> {
        let mut found = self.at(formula);
        let children: Vec<_> = formula.children().into_iter().cloned().collect();
        for (at, child) in children.iter().enumerate() {
            found.extend(self.everywhere(child).into_iter().map(|change| {
                let mut children = children.clone();
                children[at] = change.formula;
                Change { formula: formula.with_children(children), ..change }
            }));
        }
        found
    }

    /// Changes of this node.
    fn at(&self, node: &Expression) -> Vec<Change> {
        let mut found = Vec::new();
        let mut add = |cost: u32, kind: Kind, formula: Expression| {
            found.push(Change { formula, kind, cost });
        };
        let apply = |operation| Expression::Apply(operation, vec![node.clone()]);
        let with = |operation, symbol| {
            Expression::Apply(operation, vec![node.clone(), Expression::Symbol(symbol)])
        };
        if !matches!(node, Expression::Constant(_)) {
            add(1, Kind::Sign, apply(Operation::Negate));
            add(2, Kind::Magnitude, apply(Operation::Absolute));
            add(2, Kind::Single, apply(Operation::Single));
            add(3, Kind::Operation, apply(Operation::Square));
            let scaled = match node {
                Expression::Symbol(symbol) => Kind::Times(*symbol),
                _ => Kind::Number,
            };
            add(2, scaled, apply(Operation::Half));
            add(2, scaled, apply(Operation::Twice));
            add(2, Kind::Order, apply(Operation::Transpose));
            add(3, Kind::Order, apply(Operation::Reshape));
            let turned = Expression::Apply(Operation::Reshape, vec![apply(Operation::Transpose)]);
            add(2, Kind::Order, turned);
            add(3, Kind::Clipped, apply(Operation::Clip(1.0)));
            add(4, Kind::Whole, apply(Operation::Truncated));
            add(4, Kind::Rows, apply(Operation::Rows(32)));
            add(4, Kind::Operation, apply(Operation::Tanh));
            add(4, Kind::Operation, apply(Operation::Root));
            add(4, Kind::Operation, apply(Operation::Complement));
            for reduction in REDUCTIONS {
                add(5, Kind::Axis, apply(reduction));
            }
            add(4, Kind::FactorMissing, Expression::Constant(1.0));
            add(4, Kind::TermMissing, Expression::Constant(0.0));
        }
        for symbol in self.values() {
            add(3, Kind::FactorExtra(symbol), with(Operation::Multiply, symbol));
            add(3, Kind::FactorExtra(symbol), with(Operation::Divide, symbol));
            add(4, Kind::TermExtra(symbol), with(Operation::Add, symbol));
            add(4, Kind::TermExtra(symbol), with(Operation::Subtract, symbol));
            match node {
                Expression::Symbol(_) => add(1, Kind::Another(symbol), Expression::Symbol(symbol)),
                Expression::Constant(_) => {}
                _ => add(3, Kind::Instead(symbol), Expression::Symbol(symbol)),
            }
        }
        found.extend(match node {
            Expression::Constant(number) => of_constant(*number),
            Expression::Apply(operation, arguments) => match arguments.as_slice() {
                [a] => of_one(*operation, a),
                [a, b] => of_two(*operation, a, b),
                _ => Vec::new(),
            },
            Expression::Choice(symbol, branches) => of_choice(*symbol, branches),
            _ => Vec::new(),
        });
        found
    }

    /// The symbols of the scope that are numbers or arrays.
    fn values(&self) -> impl Iterator<Item = SymbolId> {
        self.scope.iter().copied().filter(|symbol| {
            let domain = &self.formulas.symbols[*symbol].domain;
            !domain.is_function() && !matches!(domain, Domain::Choice(_))
        })
    }

    /// The whole divided by the lengths of two axes: by the number of elements of a matrix.
    fn of_divisors(&self, formula: &Expression) -> Vec<Change> {
        let dimensions: Vec<_> = self.formulas.dimensions().collect();
        let mut found = Vec::new();
        for (nth, one) in dimensions.iter().enumerate() {
            for other in &dimensions[nth + 1..] {
                let divided = |by: SymbolId, formula: Expression| {
                    Expression::Apply(Operation::Divide, vec![formula, Expression::Symbol(by)])
                };
                let formula = divided(*one, divided(*other, formula.clone()));
                found.push(Change { formula, kind: Kind::DivisorsExtra(*one, *other), cost: 3 });
            }
        }
        found
    }

    /// Numbers that somebody may write in the place of a symbol.
    fn fixed(&self, symbol: SymbolId) -> &'static [f64] {
        match self.formulas.symbols[symbol].domain {
            Domain::Positive(..) => &[1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10],
            Domain::Dimension => &[1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 16.0, 32.0, 64.0, 100.0],
            _ => &[0.0, 1.0, 2.0],
        }
    }

    /// A symbol changed in every place.
    fn of_symbols(&self, formula: &Expression) -> Vec<Change> {
        let mut found = Vec::new();
        for symbol in formula.symbols() {
            let changed = [
                (2, Kind::SignOf(symbol), Operation::Negate),
                (2, Kind::Magnitude, Operation::Absolute),
                (2, Kind::Single, Operation::Single),
                (3, Kind::Times(symbol), Operation::Half),
                (3, Kind::Times(symbol), Operation::Twice),
                (3, Kind::Clipped, Operation::Clip(1.0)),
                (3, Kind::Clipped, Operation::Clip(5.0)),
                (3, Kind::Operation, Operation::Square),
                (4, Kind::Rows, Operation::Rows(32)),
                (4, Kind::Dropped(symbol), Operation::WithoutFirst),
                (4, Kind::Dropped(symbol), Operation::WithoutLast),
                (4, Kind::Whole, Operation::Truncated),
            ];
            found.extend(changed.into_iter().map(|(cost, kind, operation)| {
                let by = Expression::Apply(operation, vec![Expression::Symbol(symbol)]);
                Change { formula: formula.substitute(symbol, &by), kind, cost }
            }));
            found.extend(self.fixed(symbol).iter().map(|fixed| {
                let formula = formula.substitute(symbol, &Expression::Constant(*fixed));
                Change { formula, kind: Kind::Fixed(symbol), cost: 2 }
            }));
            if let Domain::Positive(..) = self.formulas.symbols[symbol].domain {
                found.extend([0.1, 0.25, 4.0, 10.0].map(|factor| {
                    let factors = vec![Expression::Constant(factor), Expression::Symbol(symbol)];
                    let by = Expression::Apply(Operation::Multiply, factors);
                    let formula = formula.substitute(symbol, &by);
                    Change { formula, kind: Kind::Times(symbol), cost: 3 }
                }));
            }
            if let Domain::Array(_) = self.formulas.symbols[symbol].domain {
                let one = |operation, of| Expression::Apply(operation, vec![of]);
                let itself = || Expression::Symbol(symbol);
                let length =
                    one(Operation::Root, one(Operation::Sum, one(Operation::Square, itself())));
                let by = Expression::Apply(Operation::Divide, vec![itself(), length]);
                let formula = formula.substitute(symbol, &by);
                found.push(Change { formula, kind: Kind::Normalised(symbol), cost: 2 });
            }
            for operation in [Operation::Add, Operation::Subtract] {
                let one = Expression::Constant(1.0);
                let by = Expression::Apply(operation, vec![Expression::Symbol(symbol), one]);
                let formula = formula.substitute(symbol, &by);
                let is_length = self.formulas.symbols[symbol].domain == Domain::Dimension;
                let cost = if is_length { 1 } else { 3 };
                found.push(Change { formula, kind: Kind::OffByOne(symbol), cost });
            }
            found.extend(self.values().map(|other| {
                let formula = formula.substitute(symbol, &Expression::Symbol(other));
                Change { formula, kind: Kind::Another(other), cost: 1 }
            }));
        }
        found
    }
}

fn of_constant(number: f64) -> Vec<Change> {
    let others = [
        2.0 * number,
        number / 2.0,
        -number,
        1.0 / number,
        10.0 * number,
        number / 10.0,
        100.0 * number,
        number / 100.0,
        number * number,
        number + 1.0,
        number - 1.0,
        0.0,
        0.5,
        1.0,
        2.0,
    ];
    let change =
        |other| Change { formula: Expression::Constant(other), kind: Kind::Number, cost: 1 };
    others.into_iter().filter(|other| other.is_finite()).map(change).collect()
}

fn of_one(operation: Operation, a: &Expression) -> Vec<Change> {
    let mut found = Vec::new();
    let apply = |operation| Expression::Apply(operation, vec![a.clone()]);
    let mut add = |cost, kind, formula| found.push(Change { formula, kind, cost });
    let gone = match operation {
        Operation::Negate => Kind::Sign,
        Operation::Absolute => Kind::MagnitudeMissing,
        Operation::Transpose => Kind::Order,
        _ if REDUCTIONS.contains(&operation) => Kind::Axis,
        _ => Kind::FunctionMissing,
    };
    add(1, gone, a.clone());
    if FUNCTIONS.contains(&operation) {
        FUNCTIONS.into_iter().for_each(|other| add(1, Kind::Function(operation), apply(other)));
    }
    if REDUCTIONS.contains(&operation) {
        REDUCTIONS.into_iter().for_each(|other| add(1, Kind::Axis, apply(other)));
    }
    if operation == Operation::Square {
        for other in [Operation::Cube, Operation::Twice, Operation::Absolute, Operation::Root] {
            add(1, Kind::Function(operation), apply(other));
        }
    }
    if let Expression::Apply(inner, of) = a
        && let [of] = of.as_slice()
    {
        // The sum of the squares, or the square of the sum.
        let swapped = Expression::Apply(operation, vec![of.clone()]);
        add(1, Kind::Grouping, Expression::Apply(*inner, vec![swapped]));
    }
    if let Expression::Apply(inner, of) = a
        && of.len() == 2
    {
        // The difference of squares for the square of the difference.
        let each = of.iter().map(|part| Expression::Apply(operation, vec![part.clone()]));
        add(1, Kind::Grouping, Expression::Apply(*inner, each.collect()));
    }
    if operation == Operation::Transpose {
        add(1, Kind::Order, apply(Operation::Reshape));
    }
    found
}

fn of_two(operation: Operation, a: &Expression, b: &Expression) -> Vec<Change> {
    let mut found = Vec::new();
    let apply = |operation, a: &Expression, b: &Expression| {
        Expression::Apply(operation, vec![a.clone(), b.clone()])
    };
    let mut add = |cost, kind, formula| found.push(Change { formula, kind, cost });
    let is_sum = matches!(operation, Operation::Add | Operation::Subtract);
    let missing = if is_sum { Kind::TermMissing } else { Kind::FactorMissing };
    add(2, missing, a.clone());
    add(2, missing, b.clone());
    let exchanged = match operation {
        Operation::Subtract => Kind::Sign,
        Operation::Above => Kind::Comparison,
        _ => Kind::Order,
    };
    add(1, exchanged, apply(operation, b, a));
    let others: &[Operation] = match operation {
        Operation::Add => &[Operation::Subtract, Operation::Multiply],
        Operation::Subtract => &[Operation::Add, Operation::Multiply, Operation::Divide],
        Operation::Multiply => &[Operation::Divide, Operation::Add, Operation::Subtract],
        Operation::Divide => &[Operation::Multiply, Operation::Subtract],
        Operation::Ratio => &[Operation::Divide, Operation::Multiply],
        Operation::Dot => &[Operation::Multiply],
        Operation::Larger => &[Operation::Smaller, Operation::Add, Operation::Multiply],
        Operation::Smaller => &[Operation::Larger],
        Operation::Both | Operation::Above => &[Operation::Larger],
        _ => &[],
    };
    for other in others {
        let sign = is_sum && matches!(other, Operation::Add | Operation::Subtract);
        let kind = if sign { Kind::Sign } else { Kind::Operation };
        add(1, kind, apply(*other, a, b));
    }
    if operation == Operation::Larger {
        add(
            1,
            Kind::Operation,
            Expression::Apply(Operation::Half, vec![apply(Operation::Add, a, b)]),
        );
    }
    found.extend(regrouped(operation, a, b));
    match operation {
        Operation::Dot => found.extend(of_product(a, b)),
        Operation::Divide | Operation::Ratio => {
            found.extend(floored(operation, a, b));
            found.extend(one_sided(a, b));
        }
        Operation::Subtract => found.extend(of_derivative(a, b)),
        _ => {}
    }
    found
}

/// (a + b)·c for a + b·c, and a·(b + c) for a·b + c; f(a − b) for a − f(b).
fn regrouped(operation: Operation, a: &Expression, b: &Expression) -> Vec<Change> {
    let apply = |operation, a: &Expression, b: &Expression| {
        Expression::Apply(operation, vec![a.clone(), b.clone()])
    };
    let mut found = Vec::new();
    let mut add = |formula| found.push(Change { formula, kind: Kind::Grouping, cost: 1 });
    if let Expression::Apply(inner, parts) = a {
        match parts.as_slice() {
            [x, y] => add(apply(*inner, x, &apply(operation, y, b))),
            [x] => add(Expression::Apply(*inner, vec![apply(operation, x, b)])),
            _ => {}
        }
    }
    if let Expression::Apply(inner, parts) = b {
        match parts.as_slice() {
            [x, y] => add(apply(*inner, &apply(operation, a, x), y)),
            [x] => add(Expression::Apply(*inner, vec![apply(operation, a, x)])),
            _ => {}
        }
    }
    found
}

/// Small numbers that keep a divisor from being zero.
const FLOORS: [f64; 9] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12];

fn floored(operation: Operation, a: &Expression, b: &Expression) -> Vec<Change> {
    let with = |how: Operation, floor: f64| {
        let divisor = Expression::Apply(how, vec![b.clone(), Expression::Constant(floor)]);
        let formula = Expression::Apply(operation, vec![a.clone(), divisor]);
        Change { formula, kind: Kind::Floor, cost: 3 }
    };
    let both = |floor: f64| [Operation::Larger, Operation::Add].map(|how| with(how, floor));
    FLOORS.into_iter().flat_map(both).collect()
}

/// (f(θ + ε) − f(θ)) / ε and (f(θ) − f(θ − ε)) / ε for (f(θ + ε) − f(θ − ε)) / 2ε.
fn one_sided(a: &Expression, b: &Expression) -> Vec<Change> {
    let (
        Expression::Apply(Operation::Subtract, sides),
        Expression::Apply(Operation::Multiply, two),
    ) = (a, b)
    else {
        return Vec::new();
    };
    let [Expression::Constant(2.0), step] = two.as_slice() else { return Vec::new() };
    let [ahead, behind] = sides.as_slice() else { return Vec::new() };
    let pairs = [
        unmoved(behind).map(|here| [ahead.clone(), here]),
        unmoved(ahead).map(|here| [here, behind.clone()]),
    ];
    let change = |sides: [Expression; 2]| {
        let difference = Expression::Apply(Operation::Subtract, sides.into());
        let formula = Expression::Apply(Operation::Divide, vec![difference, step.clone()]);
        Change { formula, kind: Kind::OneSided, cost: 1 }
    };
    pairs.into_iter().flatten().map(change).collect()
}

/// A function that is called at θ ± ε, at θ.
fn unmoved(called: &Expression) -> Option<Expression> {
    match called {
        Expression::Call(function, at) => match &**at {
            Expression::Apply(Operation::Add | Operation::Subtract, parts) => {
                Some(Expression::Call(*function, Box::new(parts[0].clone())))
            }
            _ => None,
        },
        Expression::Along(function, vector, _) => {
            let nowhere = Box::new(Expression::Constant(0.0));
            Some(Expression::Along(*function, vector.clone(), nowhere))
        }
        _ => None,
    }
}

/// Where 1 − v² is the derivative of tanh, that of another function.
fn of_derivative(a: &Expression, b: &Expression) -> Vec<Change> {
    let (Expression::Constant(1.0), Expression::Apply(Operation::Square, of)) = (a, b) else {
        return Vec::new();
    };
    let apply = |operation, of: Vec<Expression>| Expression::Apply(operation, of);
    let v = || of[0].clone();
    let logistic = apply(Operation::Multiply, vec![v(), apply(Operation::Complement, vec![v()])]);
    let others = [logistic, apply(Operation::Step, vec![v()])];
    others.map(|formula| Change { formula, kind: Kind::Derivative, cost: 1 }).into()
}

/// A product of matrices after its operands were summed or averaged: right for one sample alone.
fn of_product(a: &Expression, b: &Expression) -> Vec<Change> {
    let one = |operation, a: &Expression| Expression::Apply(operation, vec![a.clone()]);
    let mut found = Vec::new();
    let reductions: [fn(usize) -> Operation; 2] = [Operation::SumAxis, Operation::MeanAxis];
    for first in reductions {
        for second in reductions {
            // An outer product: the column of sums of a times the row of sums of b.
            let formula =
                Expression::Apply(Operation::Outer, vec![one(first(1), a), one(second(0), b)]);
            found.push(Change { formula, kind: Kind::Axis, cost: 3 });
        }
    }
    found
}

fn of_choice(symbol: SymbolId, branches: &[Expression]) -> Vec<Change> {
    let all = |of: Vec<Expression>| Expression::Choice(symbol, of);
    let change = |formula| Change { formula, kind: Kind::Case, cost: 1 };
    let same = branches.iter().map(|branch| change(all(vec![branch.clone(); branches.len()])));
    let mut reversed = branches.to_vec();
    reversed.reverse();
    same.chain([change(all(reversed))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the changes of `y = formula` are written, each with its kind.
    fn written(formula: &str) -> Vec<(String, Kind)> {
        let text = format!(
            "fn f(X: [f64; (B, d)], w: [f64; d], a: f64, b: f64, c: f64) {{ let y = {formula}; }}"
        );
        let formulas = Formulas::read(&text).unwrap();
        let step = &formulas.functions[0].steps[0];
        let scope: Vec<_> = (0..step.symbol).collect();
        let changes = changes(&formulas, &step.formula, &scope);
        changes.iter().map(|it| (formulas.written(&it.formula), it.kind)).collect()
    }

    #[test]
    fn people_take_another_sign_number_symbol_or_function() {
        let found = written("tanh(a * b + 2.0)");
        let [a, c] = [4, 6];
        let expected = [
            ("tanh(a·b − 2)", Kind::Sign),
            ("tanh(a·b + 1)", Kind::Number),
            ("tanh(a·b)", Kind::TermMissing),
            ("tanh(b + 2)", Kind::FactorMissing),
            ("a·b + 2", Kind::FunctionMissing),
            ("sin(a·b + 2)", Kind::Function(Operation::Tanh)),
            ("tanh(a·(b + 2))", Kind::Grouping),
            ("tanh(a·c + 2)", Kind::Another(c)),
            ("tanh(−a·b + 2)", Kind::SignOf(a)),
            ("tanh(|a|·b + 2)", Kind::Magnitude),
        ];
        for (formula, kind) in expected {
            let formulas: Vec<_> = found.iter().filter(|(_, of)| *of == kind).collect();
            assert!(formulas.iter().any(|(text, _)| text == formula), "{formula}: {formulas:?}");
        }
    }

    #[test]
    fn a_magnitude_that_is_not_taken_is_another_mistake_than_one_too_many() {
        let found = written("(a - b).abs() + c");
        let kind_of = |text: &str| found.iter().find(|(formula, _)| formula == text).map(|it| it.1);
        assert_eq!(kind_of("a − b + c"), Some(Kind::MagnitudeMissing), "{found:?}");
        assert_eq!(kind_of("|a − b| + |c|"), Some(Kind::Magnitude), "{found:?}");
    }

    #[test]
    fn people_reduce_another_axis_and_turn_matrices() {
        let found = written("X.dot(w).sum_axis(0) / B");
        let has = |text: &str| found.iter().any(|(formula, _)| formula == text);
        assert!(has("Σ(X·w) / B"), "{found:?}");
        assert!(has("Σ over axis 0 (Xᵀ·w) / B") && has("Σ over axis 0 (X·w) / d"));
    }

    #[test]
    fn people_take_a_difference_to_one_side() {
        let text = "
fn one(f: fn(f64) -> f64, t: f64, h: Positive<1e-8, 0.1>) {
    let y = (f(t + h) - f(t - h)) / (2.0 * h);
}
fn all(F: fn([f64; p]) -> f64, ts: [f64; p], h: Positive<1e-8, 0.1>) {
    let ys = (along(F, ts, h) - along(F, ts, -h)) / (2.0 * h);
}";
        let formulas = Formulas::read(text).unwrap();
        let one_sided = |function: usize| {
            let found = changes(&formulas, &formulas.functions[function].steps[0].formula, &[]);
            let found = found.into_iter().filter(|it| it.kind == Kind::OneSided);
            found.map(|it| formulas.written(&it.formula)).collect::<Vec<_>>()
        };
        assert_eq!(one_sided(0), ["(f(t + h) − f(t)) / h", "(f(t) − f(t − h)) / h"]);
        assert_eq!(one_sided(1), ["(F(ts + h·eₖ) − F(ts)) / h", "(F(ts) − F(ts − h·eₖ)) / h"]);
    }

    #[test]
    fn no_change_is_the_formula_itself() {
        let found = written("a + b");
        assert!(found.iter().all(|(formula, _)| formula != "a + b"));
    }
}
