use std::{fmt, sync::Arc};

use crate::{Computed, SymbolId};

/// A function of a vector; one of a number takes a vector of one.
pub type Callable = Arc<dyn Fn(&[f64]) -> f64 + Send + Sync>;

/// A value of each symbol.
#[derive(Debug, Clone)]
pub struct Point {
    slots: Vec<Slot>,
}

/// What a symbol is at a point.
#[derive(Clone)]
pub enum Slot {
    /// Not known.
    Empty,
    /// A number or an array.
    Value(Arc<Computed>),
    /// The index of a variant.
    Choice(usize),
    /// A function.
    Function(Callable),
}

impl From<Computed> for Slot {
    fn from(value: Computed) -> Self {
        Self::Value(Arc::new(value))
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "?"),
            Self::Value(computed) => write!(f, "{}", computed.value),
            Self::Choice(variant) => write!(f, "variant {variant}"),
            Self::Function(_) => write!(f, "a function"),
        }
    }
}

impl Point {
    /// A point of so many symbols, none of which is known.
    #[must_use]
    pub fn empty(symbols: usize) -> Self {
        Self { slots: vec![Slot::Empty; symbols] }
    }

    /// What a symbol is.
    #[must_use]
    pub fn slot(&self, symbol: SymbolId) -> &Slot {
        &self.slots[symbol]
    }

    /// States what a symbol is.
    pub fn set(&mut self, symbol: SymbolId, slot: Slot) {
        self.slots[symbol] = slot;
    }

    /// The value of a symbol, where it is known and has one.
    #[must_use]
    pub fn value(&self, symbol: SymbolId) -> Option<&Computed> {
        match &self.slots[symbol] {
            Slot::Value(computed) => Some(computed),
            _ => None,
        }
    }

    /// The value of a symbol that is one number.
    #[must_use]
    pub fn number(&self, symbol: SymbolId) -> Option<f64> {
        let value = self.value(symbol).filter(|it| it.is_number())?;
        value.value.first().copied()
    }
}
