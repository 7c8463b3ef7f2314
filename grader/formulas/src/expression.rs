use ndarray::{ArrayD, IxDyn, arr0};

use crate::{Computed, Operation, Point, Slot, SymbolId, computed::add_error, point::Callable};

/// A formula, as a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A number.
    Constant(f64),
    /// A symbol's value.
    Symbol(SymbolId),
    /// An operation on one or two formulas.
    Apply(Operation, Vec<Expression>),
    /// One formula for each variant of the symbol's enum.
    Choice(SymbolId, Vec<Expression>),
    /// A function that was given, at a number or a vector.
    Call(SymbolId, Box<Expression>),
    /// For each coordinate of a vector: the function, with that coordinate moved by a step.
    Along(SymbolId, Box<Expression>, Box<Expression>),
}

impl Expression {
    /// Its value at a point; `None` where shapes do not fit, or a symbol is not known.
    #[must_use]
    pub fn evaluate(&self, at: &Point) -> Option<Computed> {
        match self {
            Self::Constant(number) => Some(Computed::number(*number)),
            Self::Symbol(symbol) => at.value(*symbol).cloned(),
            Self::Apply(operation, arguments) => {
                let arguments: Option<Vec<_>> =
                    arguments.iter().map(|argument| argument.evaluate(at)).collect();
                operation.apply(&arguments?)
            }
            Self::Choice(symbol, branches) => match at.slot(*symbol) {
                Slot::Choice(variant) => branches.get(*variant)?.evaluate(at),
                _ => None,
            },
            Self::Call(function, argument) => {
                Some(called(callable(at, *function)?, &argument.evaluate(at)?))
            }
            Self::Along(function, vector, step) => {
                let (vector, step) = (vector.evaluate(at)?, step.evaluate(at)?);
                along(callable(at, *function)?, &vector, &step)
            }
        }
    }

    /// The formulas that it is made of.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_) | Self::Symbol(_) => Vec::new(),
            Self::Apply(_, children) | Self::Choice(_, children) => children.iter().collect(),
            Self::Call(_, child) => vec![child],
            Self::Along(_, vector, step) => vec![vector, step],
        }
    }

    /// The same formula with other parts, of which there are as many.
    #[must_use]
    pub fn with_children(&self, mut children: Vec<Self>) -> Self {
        match self {
            Self::Constant(_) | Self::Symbol(_) => self.clone(),
            Self::Apply(operation, _) => Self::Apply(*operation, children),
            Self::Choice(symbol, _) => Self::Choice(*symbol, children),
            Self::Call(function, _) => Self::Call(*function, Box::new(children.remove(0))),
            Self::Along(function, _, _) => {
                let vector = Box::new(children.remove(0));
                Self::Along(*function, vector, Box::new(children.remove(0)))
            }
        }
    }

    /// How many nodes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Constant(_) | Self::Symbol(_) => 1,
            _ => 1 + self.children().into_iter().map(Self::size).sum::<usize>(),
        }
    }

    /// The same formula with another in the place of a symbol, everywhere.
    #[must_use]
    pub fn substitute(&self, symbol: SymbolId, by: &Self) -> Self {
        let within = |child: &Self| child.substitute(symbol, by);
        match self {
            Self::Symbol(it) if *it == symbol => by.clone(),
            Self::Constant(_) | Self::Symbol(_) => self.clone(),
            _ => self.with_children(self.children().into_iter().map(within).collect()),
        }
    }

    /// The symbols in it, each once, in the order of their first place.
    #[must_use]
    pub fn symbols(&self) -> Vec<SymbolId> {
        let mut found = Vec::new();
        self.collect_symbols(&mut found);
        found
    }

    fn collect_symbols(&self, found: &mut Vec<SymbolId>) {
        match self {
            Self::Symbol(symbol) if !found.contains(symbol) => found.push(*symbol),
            _ => self.children().into_iter().for_each(|child| child.collect_symbols(found)),
        }
    }
}

fn callable(at: &Point, function: SymbolId) -> Option<&Callable> {
    match at.slot(function) {
        Slot::Function(callable) => Some(callable),
        _ => None,
    }
}

/// A function at a number or a vector. It is trusted to be right to a few units in the last place of its
/// value; the error of its argument is carried on.
fn called(function: &Callable, argument: &Computed) -> Computed {
    let at = |shift: f64| {
        let moved = &argument.value + &(&argument.error * shift);
        function(&moved.into_iter().collect::<Vec<_>>())
    };
    let value = at(0.0);
    let carried = (at(1.0) - value).abs().max((at(-1.0) - value).abs());
    let rounding = f64::EPSILON * value.abs();
    Computed { value: arr0(value).into_dyn(), error: arr0(carried + rounding).into_dyn() }
}

fn along(function: &Callable, vector: &Computed, step: &Computed) -> Option<Computed> {
    if vector.value.ndim() != 1 {
        return None;
    }
    let steps = step.spread(vector.value.shape())?.value;
    let coordinates = (0..vector.value.len()).map(|k| {
        let mut unit = ArrayD::zeros(vector.value.raw_dim());
        unit[[k]] = steps[[k]];
        let moved = vector.zip(&Computed::exact(unit), |a, b| a + b, add_error)?;
        Some(called(function, &Computed { error: vector.error.clone(), ..moved }))
    });
    let coordinates: Vec<_> = coordinates.collect::<Option<_>>()?;
    let gather = |of: fn(&Computed) -> &ArrayD<f64>| {
        coordinates.iter().map(|it| of(it)[IxDyn(&[])]).collect::<ndarray::Array1<_>>().into_dyn()
    };
    Some(Computed { value: gather(|it| &it.value), error: gather(|it| &it.error) })
}
