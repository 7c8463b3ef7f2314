//! The formulas of a lesson, step by step: what a learner's functions compute.
//!
//! An author writes them once, as functions in the syntax of Rust ([`Formulas::read`]). They are
//! evaluated at [`Point`]s with a bound on the rounding error, changed in the ways that people get
//! them wrong ([`changes`]), and written as mathematics ([`Formulas::written`]).

mod change;
mod computed;
mod draw;
mod expression;
mod formulas;
mod notation;
mod operation;
mod point;
mod reading;
mod symbol;

pub use change::{Change, Kind, changes};
pub use computed::Computed;
pub use draw::{LENGTH_SETS, draw};
pub use expression::Expression;
pub use formulas::{Argument, Formulas, Function, Step};
pub use operation::Operation;
pub use point::{Point, Slot};
pub use reading::ReadError;
pub use symbol::{Domain, Length, Symbol, SymbolId};
