use crate::{Domain, Expression, Point, Slot, Symbol, SymbolId};

/// The formulas of a lesson.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Formulas {
    /// Every name in them.
    pub symbols: Vec<Symbol>,
    /// What is known before any function is called.
    pub known: Vec<Step>,
    /// The lesson's functions, in the order of their steps.
    pub functions: Vec<Function>,
}

/// What one of the lesson's functions computes.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name in the lesson.
    pub name: String,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// What it computes, one after the other.
    pub steps: Vec<Step>,
}

/// An argument of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A symbol's value.
    Symbol(SymbolId),
    /// A struct with these values as its fields.
    Record(Vec<SymbolId>),
}

/// One value and its formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is computed.
    pub symbol: SymbolId,
    /// From what.
    pub formula: Expression,
}

impl Formulas {
    /// The symbol of this name.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<SymbolId> {
        self.symbols.iter().position(|symbol| symbol.name == name)
    }

    /// The lengths of axes.
    pub fn dimensions(&self) -> impl Iterator<Item = SymbolId> {
        let symbols = self.symbols.iter().enumerate();
        symbols.filter(|(_, symbol)| symbol.domain == Domain::Dimension).map(|(id, _)| id)
    }

    /// Every step, of whatever function, in the order of evaluation.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.known.iter().chain(self.functions.iter().flat_map(|function| &function.steps))
    }

    /// Sets every step that can be evaluated to what its formula gives.
    pub fn complete(&self, point: &mut Point) {
        for Step { symbol, formula } in self.steps() {
            if let Some(value) = formula.evaluate(point) {
                point.set(*symbol, Slot::from(value));
            }
        }
    }
}

impl Function {
    /// The symbols that it is given.
    #[must_use]
    pub fn given(&self) -> Vec<SymbolId> {
        let symbols = self.arguments.iter().flat_map(|argument| match argument {
            Argument::Symbol(symbol) => std::slice::from_ref(symbol),
            Argument::Record(symbols) => symbols,
        });
        symbols.copied().collect()
    }
}
